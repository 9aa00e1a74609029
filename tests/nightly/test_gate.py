"""``--fail-on new`` and ``--baseline``: a backlog ends no pipeline, and nothing new is hidden."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.history.world import FAIL, PASS, UNKNOWN
from tests.nightly.conftest import Nightly
from tests.notify.receiver import Receiver

NEW = ("--fail-on", "new")


def test_a_backlog_is_not_counted_and_nobody_says_that_none_is_broken(nightly: Nightly) -> None:
    nightly.world.people["hr"]["bob"] = FAIL
    assert nightly.night().code == 1
    said = nightly.night(*NEW)
    assert said.code == 0
    assert said.meaning == (
        "every selected clause was evaluated; what is broken is not counted by --fail-on"
    )
    nightly.world.people["shop"]["cid"] = UNKNOWN
    said = nightly.night(*NEW)
    assert said.code == 3
    assert said.meaning == "something is unknown; what is broken is not counted by --fail-on"
    assert [code for _, code in nightly.recorded()] == [1, 0, 3]


def test_what_is_newly_broken_is_counted_once(nightly: Nightly) -> None:
    nightly.world.people["hr"]["bob"] = FAIL
    nightly.night()
    nightly.world.people["hr"]["ann"] = FAIL
    assert nightly.night(*NEW).code == 1
    assert nightly.night(*NEW).code == 0


def test_what_is_broken_again_is_counted(nightly: Nightly) -> None:
    people = nightly.world.people["hr"]
    for status, code in ((FAIL, 1), (PASS, 0), (FAIL, 1), (FAIL, 0)):
        people["bob"] = status
        assert nightly.night(*NEW).code == code


def test_what_was_out_of_sight_and_broken_before_is_not_counted(nightly: Nightly) -> None:
    people = nightly.world.people["hr"]
    for status, code in ((FAIL, 1), (UNKNOWN, 3), (FAIL, 0)):
        people["bob"] = status
        assert nightly.night(*NEW).code == code


def test_a_waiver_that_ended_is_counted(nightly: Nightly) -> None:
    nightly.world.people["hr"]["bob"] = FAIL
    nightly.world.waive("w-1", "bob", until="2026-01-02")
    assert [nightly.night(*NEW).code for _ in range(4)] == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("severity", "least", "code"),
    [("low", "high", 0), ("medium", "high", 0), ("high", "high", 1), ("critical", "high", 1),
     ("low", "low", 1)],
)  # fmt: skip
def test_only_what_is_grave_enough_is_counted(
    nightly: Nightly, severity: str, least: str, code: int
) -> None:
    nightly.world.severity = severity
    nightly.night()
    nightly.world.people["hr"]["bob"] = FAIL
    assert nightly.night("--fail-on", f"new,{least}").code == code


def test_without_anything_to_compare_with_it_says_what_to_do(nightly: Nightly) -> None:
    del nightly.world.more["history"]
    nightly.world._write()
    said = nightly.troth("check", *NEW, "-q")
    assert said.code == 2
    assert said.err == (
        "troth: --fail-on new compares with an earlier run; name a history, or a --baseline\n"
    )
    nightly.world.more["history"] = {"store": "history.db"}
    nightly.world._write()
    assert nightly.troth("check", *NEW, "-q", "--no-history").code == 2
    assert not (nightly.base / "history.db").exists()
    assert not list(nightly.runs.glob("*/run.json"))


@pytest.mark.parametrize("history", [True, False], ids=["with a history", "without a history"])
def test_a_baseline_says_what_was_known(nightly: Nightly, *, history: bool) -> None:
    people = nightly.world.people["hr"]
    people["bob"] = FAIL
    if not history:
        del nightly.world.more["history"]
    base = nightly.night().run
    people["ann"] = FAIL
    # The id of a run, then its folder: both stay newly broken against that run.
    assert nightly.night(*NEW, "--baseline", base).code == 1
    said = nightly.night(*NEW, "--baseline", f"runs/{base}")
    assert said.code == 1
    assert nightly.night(*NEW, "--baseline", said.run).code == 0
    if history:
        assert [code for _, code in nightly.recorded()] == [1, 1, 1, 0]


def test_a_baseline_that_was_changed_or_is_not_there_is_told_before_anything_is_looked_at(
    nightly: Nightly,
) -> None:
    base = nightly.night().run
    path = nightly.runs / base / "results.json"
    path.write_bytes(path.read_bytes().replace(b'"pass"', b'"fail"'))
    said = nightly.night(*NEW, "--baseline", base)
    assert said.code == 4
    (error,) = said.events("error")
    assert "results.json was changed after the run" in error["message"]
    assert nightly.night(*NEW, "--baseline", "nothing").code == 2
    assert len(nightly.recorded()) == 1
    assert len(list(nightly.runs.glob("*/run.json"))) == 1


def test_a_waiver_in_the_baseline_that_is_gone_is_counted(nightly: Nightly) -> None:
    del nightly.world.more["history"]
    nightly.world.people["hr"]["bob"] = FAIL
    nightly.world.waive("w-1", "bob", until="2026-12-31")
    base = nightly.night().run
    assert nightly.night(*NEW, "--baseline", base).code == 0
    nightly.world.waivers.clear()
    assert nightly.night(*NEW, "--baseline", base).code == 1


def test_the_store_may_be_away_and_a_baseline_still_counts(
    nightly: Nightly, while_looking: Callable[..., Receiver]
) -> None:
    people = nightly.world.people["hr"]
    base = nightly.night().run
    people["bob"] = FAIL
    store = nightly.base / "history.db"
    while_looking(lambda: store.write_bytes(b"no database"))
    said = nightly.night(*NEW, "--baseline", base)
    assert said.code == 1
    assert "is damaged or no history" in said.events("not recorded")[0]["message"]
