"""Where the store of a command is: option, environment, troth.yaml; and what is no store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.history.world import World
from tests.history_commands.conftest import Said, Troth
from troth.cli.store import NONE

SECRET = "correct-horse-battery"


@pytest.fixture
def run(world: World, base: Path) -> str:
    """Return the folder of a run of a company without a history."""
    world.more = {}
    return str(world.night().folder)


def test_nothing_names_a_history(troth: Troth, run: str, base: Path) -> None:
    wanted = Said(2, "", f"troth: {NONE}\n")
    for command in (["history"], ["history", "verify"], ["history", "acme/1"]):
        assert troth(*command) == wanted
    assert troth("history", "record", run) == wanted
    assert sorted(path.name for path in base.glob("*.db")) == []


def test_the_option_goes_before_the_environment_and_that_before_the_file(
    world: World, troth: Troth, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = str(world.night().folder)
    troth("history", "record", run)
    assert (base / "history.db").exists()
    monkeypatch.setenv("TROTH_HISTORY", "of-environment.db")
    troth("history", "record", run)
    assert (base / "of-environment.db").exists()
    troth("history", "record", run, "--history", "of-option.db")
    assert (base / "of-option.db").exists()
    # What the command around it was told counts too, and goes before the environment.
    troth("history", "--history", "around.db", "record", run)
    assert (base / "around.db").exists()
    assert troth("history", "--history", "around.db", "--scope", "x", "verify").code == 0
    inner = ("verify", "--history", "around.db")
    assert troth("history", "--history", "nowhere.db", *inner).code == 0, "the nearer one counts"
    assert troth("history", "--scope", "x", "show", "acme").err == (
        "troth: the history has no scope 'x'; it has main\n"
    )


def test_the_scope_of_the_file_counts_for_another_store_too(world: World, troth: Troth) -> None:
    world.more = {"history": {"store": "history.db", "scope": "tokyo"}}
    run = str(world.night().folder)
    troth("history", "record", run, "--history", "other.db")
    assert troth("history", "--history", "other.db").code == 0
    said = troth("history", "--history", "other.db", "--scope", "main")
    assert said.err == "troth: the history has no scope 'main'; it has tokyo\n"


def test_the_store_of_another_file(
    world: World, troth: Troth, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = str(world.night().folder)
    elsewhere = base / "elsewhere"
    elsewhere.mkdir()
    text = (base / "troth.yaml").read_text().replace("history.db", "theirs.db")
    (elsewhere / "troth.yaml").write_text(text)
    troth("history", "record", run, "-c", "elsewhere/troth.yaml")
    assert (elsewhere / "theirs.db").exists(), "a path is relative to the file that names it"
    monkeypatch.setenv("TROTH_CONFIG", "elsewhere/troth.yaml")
    assert "run-001" in troth("history").out
    assert not (base / "history.db").exists()


@pytest.mark.parametrize("scope", ["Team", "a b", "", "../x", "a--b", "x\n"])
def test_a_scope_is_a_plain_name(troth: Troth, run: str, scope: str) -> None:
    said = troth("history", "--history", "h.db", "--scope", scope)
    shown = scope.replace("\n", "")
    assert said.code == 2
    assert said.err.startswith(f"troth: --scope: '{shown}")
    assert "write lower-case letters, digits and single - . _ between them" in said.err
    assert not Path("h.db").exists()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (
            f"mysql://troth:{SECRET}@db.example/h",
            "mysql://troth:***@db.example/h: only SQLite and PostgreSQL keep a history; "
            "write a path or postgresql://",
        ),
        ("nowhere/h.db", "there is no history; troth history record RUN begins one"),
        ("registers", "there is no history; troth history record RUN begins one"),
    ],
    ids=["another database", "no folder", "a folder"],
)
def test_what_is_no_store(troth: Troth, run: str, base: Path, url: str, text: str) -> None:
    (base / "registers").mkdir()
    said = troth("history", "--history", url)
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith(f"{text}\n")
    assert said.err.count("\n") == 1


def test_a_password_is_in_no_message(
    troth: Troth, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROTH_HISTORY", f"postgresql://troth:{SECRET}@127.0.0.1:1/history")
    for command in (["history"], ["history", "record", run], ["diff"], ["history", "verify"]):
        said = troth(*command)
        assert (said.code, said.out) == (2, "")
        assert SECRET not in said.err
        assert "postgresql://troth:***@127.0.0.1:1/history cannot be used" in said.err


def test_a_file_with_faults_is_told_with_its_place(troth: Troth, run: str, base: Path) -> None:
    text = f"history: {{store: 'postgresql://troth:{SECRET}@db.example/h'}}\n"
    with (base / "troth.yaml").open("a") as file:
        file.write(text)
    for command in ("history", "diff"):
        said = troth(command)
        assert (said.code, said.out) == (2, "")
        assert "troth.yaml:" in said.err
        assert ":18 a password stands here" in said.err
        assert SECRET not in said.err


#: Runs the command line in a process in which SQLAlchemy is not there.
_WITHOUT = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "sqlalchemy":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from troth.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_without_the_extra(world: World, base: Path) -> None:
    run = str(world.night().folder)
    for command in (["history"], ["diff"], ["history", "record", run], ["diff", run, run],
                    ["history", "verify"], ["history", "prune", "--keep", "P1Y"]):  # fmt: skip
        ran = subprocess.run(
            [sys.executable, "-c", _WITHOUT, *command], cwd=base, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stdout, ran.stderr) == (
            2, "", "troth: sqlalchemy is not installed; pip install 'troth[history]'\n",
        )  # fmt: skip
    help_ = [[], ["record"], ["verify"], ["prune"], ["show"]]
    for more in help_:
        ran = subprocess.run(
            [sys.executable, "-c", _WITHOUT, "history", *more, "--help"], capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "--history STORE" in ran.stdout


def test_the_report_is_whole_without_the_extra(world: World, base: Path) -> None:
    run = str(world.night().folder)
    ran = subprocess.run(
        [sys.executable, "-c", _WITHOUT, "report", run, "-o", "html=x.html"], cwd=base,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0
    assert ran.stderr == (
        "troth: without earlier runs: sqlalchemy is not installed; pip install 'troth[history]'\n"
    )
    assert (base / "x.html").stat().st_size > 10_000


def test_the_store_and_the_report_import_no_database_before_they_need_it() -> None:
    code = (
        "import sys; import troth.cli.store, troth.cli.history, troth.cli.diff, troth.cli.report; "
        "print(sorted({'sqlalchemy', 'alembic', 'psycopg', 'rich'} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
