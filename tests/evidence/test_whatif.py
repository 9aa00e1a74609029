"""Replay with another policy: which clauses would come out differently, and which would not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.conftest import Sealed
from troth.cli import main
from troth.whatif import changes

Replay = Callable[..., tuple[int, str, str]]


@pytest.fixture
def replay(packed: Sealed, capsys: pytest.CaptureFixture[str]) -> Replay:
    """Return ``replay(*words)``: exit code, stdout and stderr of a replay of the bag."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["replay", str(packed.archive), *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def policy(packed: Sealed, tmp_path: Path) -> Path:
    """Return a copy of the run's policy to be changed."""
    path = tmp_path / "acme.yaml"
    path.write_bytes((packed.run / "inputs/policies/acme.yaml").read_bytes())
    return path


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_the_same_policy_changes_nothing(policy: Path, replay: Replay) -> None:
    for path in (policy, policy.parent):
        code, out, _ = replay("--policies", path)
        assert code == 3
        assert (
            out == "nothing would change: every clause has the same verdict and as many findings\n"
        )


def test_another_value_changes_the_verdict(policy: Path, replay: Replay) -> None:
    edit(policy, "128", "64")
    code, out, _ = replay("--policies", policy)
    assert code == 3
    assert out.splitlines() == [
        "acme/1.1: broken, waived → unknown",
        "1 clause would come out differently",
    ]


def test_the_same_verdict_on_more_resources_is_told(policy: Path, replay: Replay) -> None:
    edit(policy, "128", "512")
    code, out, _ = replay("--policies", policy)
    assert code == 1  # the waiver is for one box only
    assert out.splitlines()[0] == "acme/1.1: broken, waived → broken"


def test_clauses_that_come_and_go(policy: Path, replay: Replay) -> None:
    edit(policy, '"1.1"', '"9.9"')
    code, out, _ = replay("--policies", policy)
    told = out.splitlines()
    assert "acme/9.9: broken; the run did not judge it" in told
    assert "acme/1.1: was broken, waived; the other policy does not have it" in told
    assert code == 1


def test_a_new_document_is_judged_at_all_targets(policy: Path, replay: Replay) -> None:
    other = policy.with_name("umbrella.yaml")
    other.write_text(policy.read_text().replace("id: acme", "id: umbrella", 1))
    code, out, _ = replay("--policies", other)
    assert "umbrella/1.1: broken; the run did not judge it" in out.splitlines()
    assert not any(line.startswith("acme/") for line in out.splitlines())
    assert code == 1


def test_what_nobody_looked_at_is_unknown(policy: Path, replay: Replay) -> None:
    """A control that the run did not use reads a kind and facets that it did not read."""
    text = policy.read_text()
    policy.write_text(
        text
        + '  - id: "2.1"\n    promise: Stores are encrypted.\n    assess: observed\n'
        + "    controls: [{control: encryption-at-rest}]\n"
    )
    code, out, err = replay("--policies", policy)
    assert "acme/2.1: unknown; the run did not judge it" in out.splitlines(), err
    assert code == 3


def test_the_formats_show_the_run_under_the_other_policy(
    policy: Path, replay: Replay, tmp_path: Path
) -> None:
    edit(policy, "128", "512")
    code, out, err = replay("--policies", policy, "-o", "json")
    assert code == 1
    rows = json.loads(out)["findings"]
    assert {row["resource"]: row["verdict"] for row in rows} == {
        "box-1": "fail", "box-2": "fail", "box-3": "unknown"
    }  # fmt: skip
    assert "acme/1.1: broken, waived → broken" in err
    replay("--policies", policy, "-o", f"sarif={tmp_path / 'x.sarif'}")
    results = json.loads((tmp_path / "x.sarif").read_text())["runs"][0]["results"]
    [place] = {
        (where["artifactLocation"]["uri"], where["region"]["startLine"])
        for row in results
        for where in (row["locations"][0]["physicalLocation"],)
    }
    assert place[0].endswith("acme.yaml")
    assert '"1.1"' in policy.read_text().splitlines()[place[1] - 1]


def test_a_policy_that_cannot_be_used_is_an_error(policy: Path, replay: Replay) -> None:
    edit(policy, "box-locked", "box-lokced")
    code, out, err = replay("--policies", policy)
    assert (code, out) == (2, "")
    assert "acme.yaml:" in err
    assert "box-lokced" in err
    (policy.parent / "empty").mkdir()
    assert replay("--policies", policy.parent / "empty")[0] == 2
    assert replay("--policies", policy.parent / "nothing")[0] == 2
    assert replay("--policies", policy, "--what-if")[0] == 2


def test_a_changed_run_is_not_supposed_with(
    packed: Sealed, tmp_path: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    run = Path(shutil.copytree(packed.run, tmp_path / "run"))
    with (run / "plan.json").open("a") as file:
        file.write(" ")
    assert main(["replay", str(run), "--policies", str(policy)]) == 4
    assert "plan.json was changed after the run" in capsys.readouterr().err


def row(clause: str, verdict: str | None, waived: bool = False, **findings: int) -> dict[str, Any]:
    values = {"verdict": verdict, "waived": waived, "findings": findings}
    return {"policy": "p", "clause": clause, **values}


def test_what_counts_as_a_change() -> None:
    before = [row("1", "pass"), row("2", "fail", fail=1), row("3", "fail"), row("4", None)]
    after = [row("1", "pass"), row("2", "fail", fail=2), row("3", "fail", True), row("5", None)]
    found = [(one.clause, one.before is None, one.after is None) for one in changes(before, after)]
    assert found == [
        ("2", False, False), ("3", False, False), ("5", True, False), ("4", False, True)
    ]  # fmt: skip
