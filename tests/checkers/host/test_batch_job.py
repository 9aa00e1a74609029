"""Batch work by the journal. Entries were written from systemd's documentation, not recorded."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import batch_lines
from troth.checkers.host.batch_job import MOST, BatchJobs
from troth.checkers.host.batch_lines import FAILED, RESULT, STARTED, STARTING, STOPPED, SUCCESS
from troth.checkers.host.commands import NotInstalled, Ran
from troth.model import Failure, Reason

NOVEMBER_20 = 1795132800
HOUR = 3600


def entry(kind: str, hours: float, words: str = "") -> str:
    micros = int((NOVEMBER_20 + hours * HOUR) * 1_000_000)
    row = {"__REALTIME_TIMESTAMP": str(micros), "MESSAGE_ID": kind, "MESSAGE": words}
    return json.dumps(row)


def told(*entries: str) -> list[tuple[str, str | None, str]]:
    def hour(stamp: str | None) -> str | None:
        return stamp[11:16] if stamp else None

    found = batch_lines.runs("\n".join(entries))
    return [(str(hour(one["started_at"])), hour(one["ended_at"]), one["outcome"]) for one in found]


def test_a_oneshot_begins_when_it_is_started_and_ends_when_it_has_finished() -> None:
    assert told(
        entry(STARTING, 1, "Starting report.service - Nightly report..."),
        entry(SUCCESS, 3, "report.service: Deactivated successfully."),
        entry(STARTED, 3, "Finished report.service - Nightly report."),
        entry(STARTING, 5, "Starting report.service - Nightly report..."),
        entry(RESULT, 6, "report.service: Failed with result 'exit-code'."),
        entry(FAILED, 6, "Failed to start report.service - Nightly report."),
    ) == [("01:00", "03:00", "succeeded"), ("05:00", "06:00", "failed")]


def test_a_oneshot_that_stays_active_ends_when_it_has_finished() -> None:
    assert told(
        entry(STARTING, 1, "Starting x..."),
        entry(STARTED, 2, "Finished x."),
        entry(SUCCESS, 9, "x: Deactivated successfully."),
        entry(STOPPED, 9, "Stopped x."),
    ) == [("01:00", "02:00", "succeeded")]


def test_a_simple_service_begins_when_it_has_started() -> None:
    assert told(
        entry(STARTED, 1, "Started x."),
        entry(SUCCESS, 4, "x: Deactivated successfully."),
        entry(STARTED, 5, "Started x."),
        entry(STOPPED, 6, "Stopped x."),
    ) == [("01:00", "04:00", "succeeded"), ("05:00", "06:00", "failed")]


def test_a_service_that_says_when_it_is_ready_began_before() -> None:
    assert told(
        entry(STARTING, 1, "Starting x..."),
        entry(STARTED, 2, "Started x."),
        entry(SUCCESS, 4, "x: Deactivated successfully."),
    ) == [("01:00", "04:00", "succeeded")]


def test_a_run_that_a_restart_of_the_machine_cut_off_is_lost() -> None:
    assert told(entry(STARTING, 1), entry(STARTING, 3), entry(SUCCESS, 4)) == [
        ("01:00", None, "lost"),
        ("03:00", "04:00", "succeeded"),
    ]


def test_the_last_run_may_go_on() -> None:
    assert told(entry(STARTING, 1)) == [("01:00", None, "running")]


def test_an_end_without_a_beginning_is_of_a_run_before_the_journal() -> None:
    assert told(entry(SUCCESS, 1), entry(FAILED, 2), entry(STOPPED, 3)) == []


class Asked(BatchJobs):
    """A machine whose journal answers."""

    out: str
    begin: str = "1790000000.000000 web1 kernel: x"
    err: str = ""
    status: int = 0

    def run(self, name: str, *arguments: str) -> Ran:
        assert (name, arguments[-1]) == ("journalctl", "UNIT=report.service")
        assert "_PID=1" in arguments
        return Ran(self.status, self.out, self.err)

    def first_line(self, name: str, *arguments: str) -> Ran:
        return Ran(0, self.begin, "")


def seen(tree: Tree, out: str, **how: Any) -> Any:
    checker = type("Asked", (Asked,), {"out": out, **how})
    return tree.only(checker, batch_units=["report.service"])["runs"]


def test_runs_are_known_since_the_journal_begins(tree: Tree) -> None:
    assert seen(tree, f"{entry(STARTING, 1)}\n{entry(SUCCESS, 2)}\n") == {
        "known_since": "2026-09-21T14:13:20+00:00",
        "runs": {
            "items": [
                {
                    "started_at": "2026-11-20T01:00:00+00:00",
                    "ended_at": "2026-11-20T02:00:00+00:00",
                    "outcome": "succeeded",
                }
            ],
            "complete": True,
        },
    }


def test_of_more_entries_than_are_asked_for_the_first_is_where_knowledge_begins(
    tree: Tree,
) -> None:
    out = "\n".join(entry(SUCCESS, hour / 1000) for hour in range(MOST))
    assert seen(tree, out)["known_since"] == "2026-11-20T00:00:00+00:00"


def test_a_unit_that_never_ran_has_no_runs(tree: Tree) -> None:
    assert seen(tree, "")["runs"] == {"items": [], "complete": True}


@pytest.mark.parametrize(
    ("out", "how", "reason"),
    [
        ("", {"err": "Hint: You are currently not seeing messages"}, Reason.PERMISSION_DENIED),
        ("", {"err": "insufficient permissions", "status": 1}, Reason.PERMISSION_DENIED),
        ("", {"err": "broken", "status": 1}, Reason.NO_DATA),
        ("", {"begin": "-- No entries --"}, Reason.NO_DATA),
        ("", {"begin": "4073000000.000000 web1 kernel: x"}, Reason.NO_DATA),
        ("\x1b[31m", {}, Reason.MALFORMED_RESPONSE),
        ("[]", {}, Reason.MALFORMED_RESPONSE),
        ("{}", {}, Reason.MALFORMED_RESPONSE),
        ("[" * 100_000, {}, Reason.MALFORMED_RESPONSE),
        ('{"__REALTIME_TIMESTAMP": [1], "MESSAGE_ID": "x"}', {}, Reason.MALFORMED_RESPONSE),
        ('{"__REALTIME_TIMESTAMP": "9e99", "MESSAGE_ID": "x"}', {}, Reason.MALFORMED_RESPONSE),
        (entry(STARTING, 24 * 365 * 73), {}, Reason.MALFORMED_RESPONSE),
    ],
)
def test_an_odd_answer_proves_nothing(
    tree: Tree, out: str, how: dict[str, Any], reason: Reason
) -> None:
    found = seen(tree, out, **how)
    assert isinstance(found, Failure)
    assert found.reason == reason


def test_words_that_are_no_text_say_nothing(tree: Tree) -> None:
    row = json.loads(entry(STARTED, 1)) | {"MESSAGE": [255, 254]}
    assert seen(tree, json.dumps(row))["runs"]["items"][0]["outcome"] == "running"


def test_a_machine_without_a_journal_is_not_supported(tree: Tree) -> None:
    class Without(Asked):
        def run(self, name: str, *arguments: str) -> Ran:
            raise NotInstalled(name)

    found = tree.only(Without, batch_units=["report.service"])["runs"]
    assert isinstance(found, Failure)
    assert found.reason == Reason.NOT_SUPPORTED


def test_a_file_tree_has_no_journal_to_ask(tree: Tree) -> None:
    found = tree.only(BatchJobs, batch_units=["report.service"])["runs"]
    assert isinstance(found, Failure)
    assert found.reason == Reason.NOT_SUPPORTED


def test_without_units_there_is_no_batch_work(tree: Tree) -> None:
    assert tree.look(BatchJobs) == ([], {})


def test_the_real_journal_can_be_asked() -> None:
    if not shutil.which("journalctl"):
        pytest.skip("missing: journalctl")
    target = {"id": "h", "type": "host", "name": "here", "batch_units": ["none-such.service"]}
    _, found = seen_of(BatchJobs, target)
    runs = found["host:here:batch:none-such.service"]["runs"]
    assert isinstance(runs, Failure) or runs["runs"]["items"] == []
