"""What a role of PostgreSQL may, and what a file may that cannot be written: told with a step."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.history.conftest import NOW
from tests.history.server import Server
from tests.history.world import World
from troth.history.reading import History
from troth.history.recording import record
from troth.history.store import Store, StoreError

DOCS = Path(__file__).parents[2] / "docs"


def documented(name: str) -> list[str]:
    """Return the statements that a document has for the role that reads."""
    blocks = re.findall("```sql\n(.*?)```", (DOCS / name).read_text(), re.DOTALL)
    found = [line.rstrip(";") for block in blocks for line in block.splitlines()]
    return [line for line in found if "GRANT" in line and "troth_reader" in line]


@pytest.fixture
def owned(postgres: Server) -> str:
    """Return the URL of a database that its own role fills, with another one that may nothing."""
    for role in ("troth", "troth_reader"):
        postgres.execute("postgres", f"DROP ROLE IF EXISTS {role}_gone")
        made = f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
        postgres.execute("postgres", made)
    url = postgres.database()
    name = _name(url)
    postgres.execute("postgres", f"ALTER DATABASE {name} OWNER TO troth")
    return url


def _name(url: str) -> str:
    return url.removeprefix("postgresql://postgres@/").partition("?")[0]


def _as(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}@")


@pytest.mark.parametrize("document", ["history.md", "serve.md"])
def test_the_documented_grants_are_enough_before_the_first_run(
    postgres: Server, owned: str, world: World, document: str
) -> None:
    statements = documented(document)
    assert len(statements) == 2
    for statement in statements:
        postgres.execute(_name(owned), statement)
    with Store.open(_as(owned, "troth"), create=True) as store:
        record(store, "main", world.night(), 0, NOW)
    with Store.open(_as(owned, "troth_reader")) as store, store.reading() as connection:
        assert len(History(connection, "main").nights()) == 1


def test_a_role_that_may_not_is_told_what_it_lacks(owned: str, world: World) -> None:
    with Store.open(_as(owned, "troth"), create=True) as store:
        record(store, "main", world.night(), 0, NOW)
    with pytest.raises(StoreError) as caught:
        Store.open(_as(owned, "troth_reader"))
    assert "permission denied for table troth_version; grant this role SELECT" in str(caught.value)
    assert "damaged" not in str(caught.value)


_HALF = """
import os, signal, sqlite3, sys
made = sqlite3.connect(sys.argv[1], isolation_level=None)
made.execute("PRAGMA cache_size = 1")
made.execute("BEGIN IMMEDIATE")
made.execute("UPDATE troth_run SET body = body || zeroblob(100000)")
made.execute("CREATE TABLE more (a)")
made.execute("INSERT INTO more VALUES (zeroblob(1000000))")
os.kill(os.getpid(), signal.SIGKILL)
"""

_READ = """
import sys
from troth.history.store import Store
try:
    with Store.open("sqlite:///" + sys.argv[1]) as store, store.reading() as connection:
        print("read")
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_half_written_file_that_may_only_be_read_is_told_with_what_to_do(
    tmp_path: Path, world: World
) -> None:
    path = tmp_path / "shut" / "history.db"
    with Store.open(f"sqlite:///{path}", create=True) as store:
        record(store, "main", world.night(), 0, NOW)
    done = subprocess.run([sys.executable, "-c", _HALF, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.with_name("history.db-journal").stat().st_size > 0
    for one in path.parent.iterdir():
        one.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        said = _read_by_nobody(path)
    finally:
        path.parent.chmod(0o755)
        for one in path.parent.iterdir():
            one.chmod(0o644)
    assert said.startswith("StoreAway ")
    assert "what it left in history.db-journal has to be taken back" in said
    assert "open it once where it may be written: troth history verify" in said
    with Store.open(f"sqlite:///{path}") as store, store.reading() as connection:
        assert len(History(connection, "main").nights()) == 1


def _read_by_nobody(path: Path) -> str:
    """Return what somebody says who may write nothing: root may write everything."""
    if os.geteuid() != 0:
        command = [sys.executable, "-c", _READ, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if shutil.which("setpriv") is None:
        pytest.skip("missing: setpriv")
    # Without the right to pass over permissions; it still owns what it may not write.
    command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c", _READ]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)
    return done.stdout
