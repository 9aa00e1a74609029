"""A stored run that was changed is exit 4, however the change breaks its reading."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.measures.test_systems import YOUNG, backup_set, run, store
from troth import record
from troth.cli import main
from troth.measures import Population

CHECK = ["check", "--as-of", "2026-11-21T00:00:00+00:00", "--run", "run", "-q"]


@pytest.fixture
def folder(workspace: Path) -> Path:
    assert main([*CHECK, "--clause", "acme/1.1"]) in (0, 1)
    return workspace / "run"


def replayed(folder: Path, *more: str) -> int:
    return main(["replay", str(folder), "-o", "json=/dev/null", *more])


def test_a_sound_run_replays(folder: Path) -> None:
    assert replayed(folder) == 0


@pytest.mark.parametrize("before", ['"facets":', '"id":', '"observed_at":', '"digest":'])
def test_a_shard_without_what_it_must_have_is_changed_evidence(folder: Path, before: str) -> None:
    """It is no bug of troth (70)."""
    path = next((folder / record.OBSERVATIONS).glob("*box*.jsonl"))
    path.write_text(path.read_text().replace(before, '"other":'))
    assert replayed(folder) == 4


@pytest.mark.parametrize("name", ["policies/acme.yaml", "controls/box-locked.yaml", "troth.yaml"])
def test_an_input_that_no_longer_reads_is_changed_evidence(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no mistake on the command line (2), unless files are changed on purpose."""
    path = folder / record.INPUTS / name
    path.write_text(path.read_text().replace("schema: 1", "schema: 7"))
    assert replayed(folder) == 4
    assert f"inputs/{name} was changed after the run" in capsys.readouterr().err
    assert replayed(folder, "--what-if") == 2


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("report", "files"), ("replay", "files"), ("replay", "clauses"), ("replay", "as_of"),
        ("replay", "state"), ("replay", "results_digest"),
    ],
)  # fmt: skip
def test_an_envelope_without_what_it_must_have_is_no_whole_run(
    folder: Path, command: str, key: str
) -> None:
    path = folder / record.ENVELOPE
    body = json.loads(path.read_text())
    del body[key]
    path.write_text(json.dumps(body))
    assert main([command, str(folder), "-o", "json=/dev/null"]) == 4


def test_the_set_of_the_same_target_decides_where_two_have_one_id() -> None:
    """Two hosts may both have a volume srv:/data; only one of them is copied."""
    lost, kept = backup_set("srv:/data", []), backup_set("srv:/data", [1])
    kept = kept._replace(target="u")
    made = run("backed-up", [store("srv:/data")], YOUNG, sets=Population((lost, kept)))
    assert made["srv:/data"].facts == {"usable_points": 0}


def forged(folder: Path, name: str, before: str, after: str) -> None:
    """Change a file and make the envelope's digest of it right again."""
    path = folder / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    envelope = json.loads((folder / record.ENVELOPE).read_text())
    envelope["files"] = record.manifest(folder)
    (folder / record.ENVELOPE).write_text(json.dumps(envelope))


@pytest.mark.parametrize("name", [record.RESULTS, record.FINDINGS])
def test_results_that_the_facts_do_not_give_are_noticed(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every digest of a file fits; what people read is not what the facts come to."""
    forged(folder, name, '"pass"', '"fail"')
    assert replayed(folder) == 4
    assert f"{name} does not hold the" in capsys.readouterr().err


def test_what_would_change_is_told_against_the_facts(
    folder: Path, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged(folder, record.RESULTS, '"pass"', '"fail"')
    policies = str(workspace / "policies")
    assert main(["replay", str(folder), "--policies", policies]) == 4
    assert "would come out differently" not in capsys.readouterr().out
