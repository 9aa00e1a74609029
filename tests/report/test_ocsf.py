"""OCSF: every event is a Compliance Finding by the official schema, and says the right thing."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.report.accounts import HOSTILE, account, hostile, interrupted
from tests.report.forms import lines, only, written
from troth.report.account import Account
from troth.report.ocsf import VERSION

Event = dict[str, Any]


@cache
def official(version: str) -> Any:
    """Return a validator of OCSF's own schema of a Compliance Finding, which package ships."""
    ocsf = importlib.import_module("ocsf_json_schema")  # it has no types of its own
    embedded = ocsf.OcsfJsonSchemaEmbedded(ocsf.get_ocsf_schema(version=version))
    body = embedded.get_class_schema("compliance_finding", [])
    return jsonschema_rs.Draft202012Validator(body)


def faults(event: Event, version: str = VERSION) -> list[str]:
    return [error.message for error in official(version).iter_errors(event)]


@pytest.fixture
def run(tmp_path: Path) -> Account:
    return account(tmp_path)


def events(run: Account) -> dict[str, Event]:
    """Return the events of a run by verdict, or ``waived``."""
    made = lines(written("ocsf", run))
    names = ["waived" if "waiver" in row else row["verdict"] for row in run.findings]
    return dict(zip(names, made, strict=True))


def test_the_pinned_version_is_stated() -> None:
    assert VERSION == "1.5.0"


@pytest.mark.parametrize("version", ["1.5.0", "1.6.0", "1.7.0", "1.8.0"])
def test_every_event_is_valid_also_in_later_versions(tmp_path: Path, version: str) -> None:
    runs = [account(tmp_path / "a", waived="box-2"), hostile(tmp_path / "b")]
    made = [event for run in runs for event in lines(written("ocsf", run))]
    assert len(made) == 3 + 2 * len(HOSTILE)
    assert [faults(event, version) for event in made] == [[]] * len(made)


def drop(event: Event) -> None:
    del event["compliance"]


def classed(event: Event) -> None:
    event["class_uid"] = 2004


def typed(event: Event) -> None:
    event["type_uid"] = 200399 + 1


def timed(event: Event) -> None:
    event["time"] = "2026-11-21T00:00:00Z"


def judged(event: Event) -> None:
    event["compliance"]["status_id"] = 7


def renamed(event: Event) -> None:
    event["resources"][0]["arn"] = "x"


def nameless(event: Event) -> None:
    del event["finding_info"]["uid"]


@pytest.mark.parametrize(
    "mutate", [drop, classed, typed, timed, judged, renamed, nameless], ids=lambda f: f.__name__
)
def test_the_official_schema_notices_a_fault(run: Account, mutate: Callable[[Event], None]) -> None:
    """Otherwise its silence on our events would say nothing."""
    event = copy.deepcopy(events(run)["fail"])
    assert faults(event) == []
    mutate(event)
    assert faults(event) != []


def test_the_class_is_compliance_finding_create(run: Account) -> None:
    for event in events(run).values():
        assert (event["class_uid"], event["category_uid"]) == (2003, 2)
        # type_uid is class_uid * 100 + activity_id (OCSF, base event).
        assert event["type_uid"] == 2003 * 100 + event["activity_id"]


def test_a_status_is_what_ocsf_means_by_it(run: Account, tmp_path: Path) -> None:
    """Warning: "did not yield a result due to missing information"; suppressed: a waiver."""
    made = events(run) | events(account(tmp_path / "waived", waived="box-2"))
    said = {
        name: (event["compliance"]["status_id"], event["status_id"], event["severity_id"])
        for name, event in made.items()
    }
    assert said == {
        "pass": (1, 4, 1),
        "fail": (3, 1, 4),
        "unknown": (2, 1, 4),
        "waived": (3, 3, 4),
    }
    assert made["waived"]["comment"] == (
        "waived until 2026-12-31: It is on its way to the smith. (Kei)"
    )


def test_an_event_names_the_promise_the_control_and_what_was_found(run: Account) -> None:
    event, finding = events(run)["fail"], next(row for row in run.findings if
                                               row["verdict"] == "fail")  # fmt: skip
    compliance = event["compliance"]
    assert compliance["control"] == "box-locked"
    assert compliance["standards"] == ["What Acme promises"]
    assert compliance["requirements"] == ["acme/1.1"]
    assert {"name": "min_bits", "value": "128"} in compliance["control_parameters"]
    (check,) = compliance["checks"]
    assert (check["uid"], check["status_id"], check["severity_id"]) == ("box-locked/locked", 3, 4)
    assert event["finding_info"]["uid"] == finding["id"]
    (resource,) = event["resources"]
    assert resource == {"uid": "box-2", "name": "box-2", "type": "box", "namespace": "boxes"}
    (evidence,) = event["evidences"]
    assert evidence["data"]["found"] == {"lock.bits": 64}
    assert evidence["data"]["observations"] == finding["observations"]
    fix = run.controls["box-locked"].fix
    assert all(text in event["remediation"]["desc"] for text in fix.values())
    assert "remediation" not in events(run)["pass"]


def test_an_unknown_says_why(run: Account) -> None:
    compliance = events(run)["unknown"]["compliance"]
    assert compliance["status_code"] == "permission-denied"
    assert compliance["status_details"] == ["the guard said no"]


def test_every_event_of_an_interrupted_run_says_so(run: Account) -> None:
    for one, partial in ((run, False), (interrupted(run), True)):
        made = list(events(one).values())
        assert [event["unmapped"]["partial"] for event in made] == [partial] * 3
        assert [faults(event) for event in made] == [[]] * 3


def test_times_are_milliseconds_of_the_run_and_never_now(run: Account) -> None:
    event = events(run)["pass"]
    finished = datetime.fromisoformat(run.envelope["finished_at"])
    assert event["time"] == 1_795_219_200_000  # date -u -d 2026-11-21 +%s
    assert event["metadata"]["logged_time"] == round(finished.timestamp() * 1000)
    assert written("ocsf", run) == written("ocsf", run)


def test_an_event_has_a_uid_of_its_own_and_the_finding_a_lasting_one(tmp_path: Path) -> None:
    one = account(tmp_path / "one")
    other = Account(one.folder, one.summary, one.findings, {**one.envelope, "id": "other"})
    uids = {event["metadata"]["uid"] for run in (one, other) for event in events(run).values()}
    assert len(uids) == 6
    assert {e["finding_info"]["uid"] for e in events(one).values()} == {
        e["finding_info"]["uid"] for e in events(other).values()
    }


def test_a_run_without_findings_is_an_empty_file(run: Account) -> None:
    assert written("ocsf", only(run)) == ""
