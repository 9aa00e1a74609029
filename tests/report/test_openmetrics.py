"""OpenMetrics: two other parsers read the same figures, and they are the run's."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as old_families

from tests.report.accounts import account, hostile
from tests.report.forms import written
from troth.report.account import Account

Labels = tuple[tuple[str, str], ...]


def new_families(text: str) -> Any:
    return openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]


@pytest.fixture
def run(tmp_path: Path) -> Account:
    return account(tmp_path, waived="box-2")


def samples(text: str) -> dict[str, dict[Labels, float]]:
    """Return name → labels → value, after both formats' parsers have read the same."""
    found = []
    for families in (new_families(text), old_families(text)):
        made: dict[str, dict[Labels, float]] = {}
        for family in families:
            assert family.type == "gauge"
            assert family.documentation
            for sample in family.samples:
                assert sample.timestamp is None  # node_exporter refuses time stamps
                made.setdefault(sample.name, {})[tuple(sample.labels.items())] = sample.value
        found.append(made)
    assert found[0] == found[1]
    return found[0]


def unix(instant: str) -> float:
    return round(datetime.fromisoformat(instant).timestamp(), 3)


def test_the_run_tells_when_it_was_and_how_long_it_took(run: Account) -> None:
    found = samples(written("openmetrics", run))
    start, end = unix(run.envelope["started_at"]), unix(run.envelope["finished_at"])
    assert found["troth_last_run_timestamp_seconds"] == {(): end}
    assert found["troth_run_duration_seconds"][()] == pytest.approx(end - start, abs=0.001)
    assert found["troth_judged_timestamp_seconds"] == {(): 1_795_219_200}
    assert found["troth_run_complete"] == {(): 1}
    assert found["troth_version"] == {(("version", run.envelope["versions"]["troth"]),): 1}


def test_an_interrupted_run_is_not_complete(run: Account) -> None:
    cut = Account(run.folder, {**run.summary, "partial": True}, run.findings, run.envelope)
    assert samples(written("openmetrics", cut))["troth_run_complete"] == {(): 0}


def test_clauses_are_counted_by_document_and_verdict(run: Account) -> None:
    found = samples(written("openmetrics", run))
    counts = {dict(labels)["verdict"]: n for labels, n in found["troth_clauses"].items()}
    assert counts == {"pass": 0, "fail": 1, "unknown": 0, "not-applicable": 0, "informative": 1}
    assert {dict(labels)["policy"] for labels in found["troth_clauses"]} == {"acme"}
    assert found["troth_waived_clauses"] == {(("policy", "acme"),): 1}


def test_findings_are_counted_with_waived_ones_apart(run: Account) -> None:
    found = samples(written("openmetrics", run))["troth_findings"]
    by = {tuple(dict(labels)[name] for name in ("verdict", "waived")): n
          for labels, n in found.items()}  # fmt: skip
    assert by == {("pass", "false"): 1, ("fail", "true"): 1, ("unknown", "false"): 1}
    assert {dict(labels)["control"] for labels in found} == {"box-locked"}


def test_what_is_unknown_is_counted_by_reason(run: Account) -> None:
    found = samples(written("openmetrics", run))["troth_unknown_findings"]
    assert found == {(("policy", "acme"), ("reason", "permission-denied")): 1}


def test_a_list_says_whether_it_is_complete(run: Account) -> None:
    labels = (("target", "boxes"), ("checker", "toy.box"), ("partition", "boxes"))
    assert samples(written("openmetrics", run))["troth_listing_complete"] == {labels: 1}
    (shard,) = (run.folder / "observations").iterdir()
    head, _, rest = shard.read_text().partition("\n")
    body = json.loads(head)
    body["listing"] |= {"complete": False, "failure": {"reason": "throttled", "message": "slow"}}
    shard.write_text(f"{json.dumps(body)}\n{rest}")
    cut = Account(run.folder, run.summary, run.findings, run.envelope)
    assert samples(written("openmetrics", cut))["troth_listing_complete"] == {labels: 0}


def test_what_failed_while_looking_is_counted_where_it_failed(tmp_path: Path) -> None:
    """Two boxes that nobody may see, which one clause or twenty may ask for, are two errors."""
    rows: list[dict[str, Any]] = [{"id": "b1", "bits": 64}]
    rows += [{"id": name, "failure": "no"} for name in ("b2", "b3")]
    run = account(tmp_path, rows)
    labels = {"target": "boxes", "checker": "toy.box", "reason": "permission-denied"}
    found = samples(written("openmetrics", run))["troth_collection_errors"]
    assert found == {tuple(labels.items()): 2}
    (shard,) = (run.folder / "observations").iterdir()
    head, _, rest = shard.read_text().partition("\n")
    body = json.loads(head)
    body["listing"] |= {"complete": False, "failure": {"reason": "throttled", "message": "slow"}}
    shard.write_text(f"{json.dumps(body)}\n{rest}")
    cut = Account(run.folder, run.summary, run.findings, run.envelope)
    found = samples(written("openmetrics", cut))["troth_collection_errors"]
    slow = {**labels, "reason": "throttled"}
    assert found == {tuple(labels.items()): 2, tuple(slow.items()): 1}


def test_a_run_that_saw_everything_has_no_collection_error(tmp_path: Path) -> None:
    found = samples(written("openmetrics", account(tmp_path, [{"id": "box-1", "bits": 64}])))
    assert "troth_collection_errors" not in found


def test_a_waiver_ends_when_its_last_day_has_ended(run: Account) -> None:
    (row,) = samples(written("openmetrics", run))["troth_waiver_expiry_timestamp_seconds"].items()
    labels, value = row
    assert dict(labels) == {"waiver": "w-1", "policy": "acme", "clause": "1.1", "state": "used"}
    assert value == datetime(2027, 1, 1, tzinfo=UTC).timestamp()


def test_the_last_day_of_the_calendar_can_be_told(run: Account) -> None:
    waivers = [{**row, "expires_on": "9999-12-31"} for row in run.summary["waivers"]]
    late = Account(run.folder, {**run.summary, "waivers": waivers}, run.findings, run.envelope)
    found = samples(written("openmetrics", late))["troth_waiver_expiry_timestamp_seconds"]
    assert list(found.values()) == [253_402_300_800]  # one day after 9999-12-31T00:00:00Z


def test_labels_come_back_as_they_are(run: Account) -> None:
    said = 'a "quoted" \\ back\\nslash'
    waivers = [{**row, "clause": said} for row in run.summary["waivers"]]
    odd = Account(run.folder, {**run.summary, "waivers": waivers}, run.findings, run.envelope)
    found = samples(written("openmetrics", odd))["troth_waiver_expiry_timestamp_seconds"]
    assert [dict(labels)["clause"] for labels in found] == [said]


def test_the_number_of_series_does_not_grow_with_the_resources(tmp_path: Path) -> None:
    few = account(tmp_path / "few", [{"id": f"crate-{n}", "bits": 64} for n in range(2)])
    many = account(tmp_path / "many", [{"id": f"crate-{n}", "bits": 64} for n in range(40)])
    sizes = [{name: len(rows) for name, rows in samples(written("openmetrics", run)).items()}
             for run in (few, many)]  # fmt: skip
    assert sizes[0] == sizes[1]


def test_names_of_scanned_things_are_no_labels(tmp_path: Path) -> None:
    text = written("openmetrics", hostile(tmp_path))
    samples(text)
    assert not re.search("script|cmd|SUM|xxxx", text)


def test_what_a_metric_is_called_ends_with_its_unit(run: Account) -> None:
    """OpenMetrics 1.0: a unit is the name's last part, and time is in seconds."""
    families = list(new_families(written("openmetrics", run)))
    for family in families:
        assert (family.unit == "seconds") == ("_seconds" in family.name)
        assert not family.unit or family.name.endswith(f"_{family.unit}")


def test_the_docs_name_every_metric_with_its_labels(run: Account) -> None:
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    told = {row[0]: set(re.findall(r"`(\w+)`", row[1]))
            for row in re.findall(r"^\| `(troth_\w+)` \|(.*?)\|", text, re.MULTILINE)}  # fmt: skip
    found = samples(written("openmetrics", run))
    assert told == {name: set(dict(next(iter(rows)))) for name, rows in found.items()}
