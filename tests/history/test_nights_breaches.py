"""When a breach ends, and whether it was mended: real nights, and what the history says then."""

from __future__ import annotations

import pytest

from tests.history.conftest import NOW, Nights
from tests.history.world import FAIL, NOT_APPLICABLE, PASS, UNKNOWN
from troth.history import trend
from troth.history.prune import prune
from troth.history.reading import History
from troth.history.verify import verify
from troth.report.trend import Course

BOB = "staff/bob"


@pytest.fixture
def broken(nights: Nights) -> Nights:
    """Return a history of one night, in which the promise "1" is broken by bob alone."""
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    return nights


def course(nights: Nights, clause: str = "1") -> Course:
    """Return how a clause went until now."""
    with nights.store.reading() as connection:
        history = History(connection, nights.scope)
        ((_, spans),) = history.clause_spans("acme", clause).items()
        return trend.course(spans, history.nights(1)[0].as_of, history.first)


def went(nights: Nights) -> tuple[str, int, int, bool]:
    """Return state, breaches, how many were mended, and whether one goes on."""
    found = course(nights)
    return found.state, found.times, found.mended, bool(found.failing)


def test_what_passes_is_mended(broken: Nights) -> None:
    broken.world.people["hr"]["bob"] = PASS
    broken.passes()
    assert went(broken) == ("kept", 1, 1, False)


def test_a_target_taken_out_mends_nothing(broken: Nights) -> None:
    people = broken.world.people.pop("hr")
    told = [(e.change.value, e.resource, e.text) for e in broken.passes() if e.clause == "1"]
    assert ("coverage-lost", BOB, "is not looked at any more") in told
    assert went(broken) == ("unknown", 1, 0, True)
    assert broken.told() == []
    assert went(broken) == ("unknown", 1, 0, True)
    broken.world.people["hr"] = people
    assert ("coverage-regained", "1", BOB) in broken.told()
    assert went(broken) == ("broken", 1, 0, True), "the same breach"
    broken.world.people["hr"]["bob"] = PASS
    broken.passes()
    assert went(broken) == ("kept", 1, 1, False)
    assert verify(broken.store).problems == ()


def test_a_target_taken_out_while_it_could_not_be_read_is_told_as_lost(broken: Nights) -> None:
    broken.world.shut.add("hr")
    broken.passes()
    del broken.world.people["hr"]
    lost = [row for row in broken.told() if row[0] == "coverage-lost"]
    assert lost == [("coverage-lost", "1", BOB)]
    assert ("coverage-lost", "1", BOB) in broken.between("latest~1", "latest")
    assert went(broken) == ("unknown", 1, 0, True)
    assert broken.told() == []


def test_a_target_that_came_back_without_the_resource_ends_the_breach_unmended(
    broken: Nights,
) -> None:
    people = broken.world.people.pop("hr")
    broken.passes()
    del people["bob"]
    broken.world.people["hr"] = people
    assert ("no-longer-asked", "1", BOB) in broken.told()
    assert went(broken) == ("kept", 1, 0, False)


@pytest.mark.parametrize("how", ["gone", "not-applicable", "control"])
def test_what_is_gone_or_not_asked_any_more_was_not_mended(broken: Nights, how: str) -> None:
    if how == "gone":
        del broken.world.people["hr"]["bob"]
    elif how == "not-applicable":
        broken.world.people["hr"]["bob"] = NOT_APPLICABLE
    else:
        broken.world.clauses["1"] = "employed"
    assert ("no-longer-asked", "1", BOB) in broken.told()
    assert went(broken) == ("kept", 1, 0, False)
    since = course(broken).since
    broken.passes()
    assert went(broken) == ("kept", 1, 0, False), "and it stays so"
    assert course(broken).since == since


def test_one_that_passes_does_not_mend_another_that_is_gone(broken: Nights) -> None:
    people = broken.world.people["hr"]
    people["ann"] = FAIL
    broken.passes()
    people["ann"] = PASS
    del people["bob"]
    broken.passes()
    assert went(broken) == ("kept", 1, 0, False)


def test_what_passed_while_the_rest_was_unknown_is_mended_once_that_is_known(
    broken: Nights,
) -> None:
    people = broken.world.people["hr"]
    people |= {"bob": PASS, "ann": UNKNOWN}
    broken.passes()
    assert went(broken) == ("unknown", 1, 0, True)
    people["ann"] = PASS
    broken.passes()
    assert went(broken) == ("kept", 1, 1, False)


def test_what_is_gone_while_the_rest_was_unknown_is_not_mended_once_that_is_known(
    broken: Nights,
) -> None:
    people = broken.world.people["hr"]
    del people["bob"]
    people["ann"] = UNKNOWN
    broken.passes()
    people["ann"] = PASS
    broken.passes()
    assert went(broken) == ("kept", 1, 0, False)


def test_what_nobody_looks_at_holds_a_breach_that_others_leave(broken: Nights) -> None:
    broken.world.people["shop"]["cid"] = FAIL
    broken.passes()
    del broken.world.people["hr"]
    broken.passes()
    assert went(broken) == ("broken", 1, 0, True)
    broken.world.people["shop"]["cid"] = PASS
    assert ("fixed", "1", "staff/cid") in broken.told()
    assert went(broken) == ("unknown", 1, 0, True)


def test_a_clause_that_was_dropped_and_is_back_fixed_is_mended(broken: Nights) -> None:
    control = broken.world.clauses.pop("1")
    broken.passes()
    broken.world.clauses["1"] = control
    broken.world.people["hr"]["bob"] = PASS
    assert ("fixed", "1", BOB) in broken.told()
    assert went(broken) == ("kept", 1, 1, False)


def test_the_numbers_of_a_run_stay_its_own(broken: Nights) -> None:
    del broken.world.people["hr"]
    broken.passes()
    with broken.store.reading() as connection:
        history = History(connection, "main")
        night = history.night("latest")
        assert (night.counts["kept"], night.counts["unknown"]) == (2, 0)
        assert history.clauses(night) == {("acme", "1"): "unknown", ("acme", "2"): "kept"}


@pytest.mark.parametrize("pruned", [False, True], ids=["whole", "pruned"])
def test_what_was_not_asked_in_between_is_broken_again_and_was_never_mended(
    broken: Nights, pruned: bool
) -> None:
    people = broken.world.people["hr"]
    people["bob"] = NOT_APPLICABLE
    broken.passes()
    broken.passes()
    if pruned:
        assert prune(broken.store, "main", broken.world.as_of, NOW).horizon
    people["bob"] = FAIL
    assert broken.told() == [("regressed", "1", BOB)]
    assert went(broken) == ("broken", 2, 0, True)


def test_what_is_broken_when_sight_is_back_is_told_apart(broken: Nights) -> None:
    broken.world.people["hr"] |= {"zed": FAIL, "eve": PASS}
    broken.passes()
    broken.world.shut.add("hr")
    broken.passes()
    broken.world.shut.clear()
    told = [(e.now, e.text) for e in broken.passes() if e.clause == "1"]
    why = "expected everybody is here; found row.status = leave"
    assert told == [
        ("pass", "2 findings: staff/ann, staff/eve; can be judged again"),
        ("fail", f"2 findings: staff/bob, staff/zed; can be judged again; still broken: {why}"),
    ]
    compared = broken.between("latest~1", "latest")
    assert [row for row in compared if row[0] == "still"] == [
        ("still", "1", BOB), ("still", "1", "staff/zed"),
    ]  # fmt: skip
