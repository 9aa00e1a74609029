"""Replay: the same bytes from the same facts, offline; a changed fact or parameter shows."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.run.conftest import AS_OF, Check, Checked
from tests.run.test_faults import ARN, bucket, only
from troth import record
from troth.cli import main
from troth.offline import Refused, allow_sockets

Target = dict[str, Any]


@pytest.fixture(autouse=True)
def _online() -> Iterator[None]:
    yield
    allow_sockets()


@pytest.fixture
def run(aws: Callable[..., Any], target: Target, check: Check) -> Checked:
    bucket(aws, "one")
    bucket(aws, "two", encrypted=False)
    return check(only(target, "aws.s3"), "1", "--as-of", AS_OF)


def replayed(folder: Path, *options: str) -> int:
    return main(["replay", str(folder), "-o", "json=/dev/null", "-o", "text=/dev/null", *options])


def results(folder: Path) -> bytes:
    return (folder / record.FINDINGS).read_bytes() + (folder / record.RESULTS).read_bytes()


def edit(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_replay_is_byte_identical_with_sockets_refused(
    run: Checked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = results(run.folder)
    capsys.readouterr()
    code = main(["replay", str(run.folder), "-o", "json"])
    replay = json.loads(capsys.readouterr().out)
    with pytest.raises(Refused):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    assert code == run.code == 1
    findings = b"".join(
        json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        for row in replay["findings"]
    )
    summary = json.dumps(
        replay["summary"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert findings + summary.encode() + b"\n" == stored


def test_two_runs_over_the_same_facts_have_the_same_digest(
    run: Checked, target: Target, check: Check
) -> None:
    again = check(only(target, "aws.s3"), "1", "--as-of", AS_OF)
    assert again.envelope["results_digest"] == run.envelope["results_digest"]
    assert results(again.folder) == results(run.folder)
    assert again.envelope["id"] != run.envelope["id"]


def test_another_time_gives_another_digest(run: Checked, target: Target, check: Check) -> None:
    later = check(only(target, "aws.s3"), "1", "--as-of", "2026-11-21T00:00:01+00:00")
    assert later.envelope["results_digest"] != run.envelope["results_digest"]


def test_changed_fact_changes_the_verdict_and_is_called_tampering(
    run: Checked, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = next((run.folder / record.OBSERVATIONS).glob("*.jsonl")).name
    edit(run.folder, f"{record.OBSERVATIONS}/{shard}", '"unencrypted"', '"encrypted"')
    assert replayed(run.folder, "--what-if") == 0
    capsys.readouterr()
    assert replayed(run.folder) == 4
    assert f"{record.OBSERVATIONS}/{shard} was changed after the run" in capsys.readouterr().err


def test_changed_parameter_changes_the_verdict(
    aws: Callable[..., Any], target: Target, check: Check
) -> None:
    client = aws("logs")
    client.create_log_group(logGroupName="/app")
    client.put_retention_policy(logGroupName="/app", retentionInDays=30)
    run = check(only(target, "aws.logs.group"), "2", "--as-of", AS_OF)
    assert run.code == 0
    edit(run.folder, "inputs/policies/small.yaml", "P30D", "P31D")
    assert replayed(run.folder, "--what-if") == 1
    assert replayed(run.folder) == 4


@pytest.mark.parametrize("name", [record.FINDINGS, record.RESULTS, record.PLAN])
def test_changed_results_are_found(
    run: Checked, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (run.folder / name).open("ab") as file:
        file.write(b" ")
    assert replayed(run.folder) == 4
    assert f"{name} was changed after the run" in capsys.readouterr().err
    assert main(["report", str(run.folder)]) == 4


def test_missing_and_added_files_are_found(
    run: Checked, capsys: pytest.CaptureFixture[str]
) -> None:
    (run.folder / record.PLAN).unlink()
    (run.folder / "note.txt").write_text("hello")
    assert main(["report", str(run.folder)]) == 4
    said = capsys.readouterr().err
    assert "plan.json is missing" in said
    assert "note.txt was added after the run" in said


def test_replay_needs_nothing_but_the_folder(run: Checked, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "run"
    shutil.copytree(run.folder, elsewhere)
    (tmp_path / "troth.yaml").unlink()
    (tmp_path / "small.yaml").unlink()
    shutil.rmtree(tmp_path / "controls")
    assert replayed(elsewhere) == run.code


def test_run_folder_is_for_its_owner_only(run: Checked) -> None:
    paths = [run.folder, *run.folder.rglob("*")]
    modes = {oct(path.stat().st_mode & 0o777) for path in paths if path.is_dir()}
    assert modes == {"0o700"}
    assert {oct(p.stat().st_mode & 0o777) for p in paths if p.is_file()} == {"0o600"}


def test_facts_are_judged_by_what_was_recorded(run: Checked) -> None:
    told = {row["resource"]: row["verdict"] for row in run.findings}
    assert told == {f"{ARN}one": "pass", f"{ARN}two": "fail"}
    ids = [row["id"] for row in run.findings]
    assert len(set(ids)) == len(ids)
