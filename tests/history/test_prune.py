"""Old spans go; what remains still verifies, and tells the same as if nothing had gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.history.conftest import NOW, Counted, Nights
from tests.history.world import FAIL, FIRST, PASS, UNKNOWN, World
from troth.errors import IntegrityError, UsageError
from troth.history import schema
from troth.history.prune import Pruned, prune
from troth.history.reading import History
from troth.history.store import Store
from troth.history.verify import verify

BOB, DAN = "staff/bob", "staff/dan"


def day(number: int) -> datetime:
    """Return the judged time of a night, counted from 1."""
    return FIRST + timedelta(days=number - 1)


def before(nights: Nights, number: int) -> Pruned:
    """Take out what ended before the last run that was judged before a night."""
    found = prune(nights.store, nights.scope, day(number), NOW)
    assert verify(nights.store).problems == ()
    return found


def test_old_spans_go_and_what_holds_stays(nights: Nights, rows: Counted) -> None:
    people = nights.world.people["hr"]
    people["dan"] = PASS
    nights.passes()
    for status in (FAIL, PASS, FAIL):
        people["bob"] = status
        nights.passes()
    del people["dan"]
    nights.passes()
    nights.passes()
    counted = rows()
    found = before(nights, 7)
    left = rows()
    assert found.horizon == "run-006"
    assert left["troth_run"] == 7
    assert counted["troth_resource"] - left["troth_resource"] == 1
    # bob's facts: active, leave, active, leave; dan's.
    assert counted["troth_fact_span"] - left["troth_fact_span"] == 4
    assert found.events == counted["troth_event"]
    assert left["troth_event"] == 0
    # Of bob's first promise pass, fail and pass ended: the last that was known and the last that
    # failed stay. Both of dan's go.
    assert counted["troth_finding_span"] - left["troth_finding_span"] == 3
    assert found.spans > 0
    assert found.contents > 0
    assert left["troth_clause_span"] == counted["troth_clause_span"]
    assert before(nights, 7) == Pruned("", 0, 0, 0, 0, found.head)
    assert nights.told() == []


def test_nothing_is_old_enough(nights: Nights, rows: Counted) -> None:
    nights.passes()
    nights.passes()
    counted = rows()
    head = verify(nights.store).head
    assert before(nights, 1) == Pruned("", 0, 0, 0, 0, head)
    assert rows() == counted


def test_a_scope_that_there_is_not_is_told(store: Store) -> None:
    with pytest.raises(UsageError, match="no scope 'main'"):
        prune(store, "main", NOW, NOW)


def test_the_states_from_the_horizon_on_are_what_they_were(nights: Nights) -> None:
    people = nights.world.people["hr"]
    states = [PASS, FAIL, UNKNOWN, FAIL, PASS, FAIL, UNKNOWN, PASS]
    for status in states:
        people["bob"] = status
        nights.passes()
    names = [f"run-{number:03}" for number in range(5, 9)]
    was = {name: _standing(nights, name) for name in names}
    compared = {(a, b): nights.between(a, b) for a in names for b in names if a < b}
    before(nights, 6)
    assert {name: _standing(nights, name) for name in names} == was
    assert {(a, b): nights.between(a, b) for a in names for b in names if a < b} == compared


def test_a_night_from_before_the_horizon_is_told_to_be_taken_out(nights: Nights) -> None:
    for status in (PASS, FAIL, PASS, FAIL):
        nights.world.people["hr"]["bob"] = status
        nights.passes()
    before(nights, 4)
    with pytest.raises(UsageError, match=r"run-002 .*taken out"):
        _standing(nights, "run-002")
    with pytest.raises(UsageError, match=r"run-001 .*taken out"):
        nights.between("run-001", "run-004")
    with nights.store.reading() as connection:
        assert len(History(connection, "main").nights()) == 4


@pytest.mark.parametrize(
    ("states", "now", "told"),
    [
        ([FAIL, PASS, PASS, PASS, PASS], FAIL, "regressed"),
        ([PASS, PASS, PASS, PASS, PASS], FAIL, "new"),
        ([FAIL, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN], FAIL, "coverage-regained"),
        ([FAIL, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN], PASS, "fixed"),
        ([FAIL, PASS, UNKNOWN, UNKNOWN, UNKNOWN], FAIL, "regressed"),
        ([FAIL, PASS, UNKNOWN, UNKNOWN, UNKNOWN], PASS, "coverage-regained"),
        ([PASS, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN], FAIL, "new"),
        ([FAIL, PASS, FAIL, FAIL, FAIL], PASS, "fixed"),
        ([FAIL, PASS, FAIL, UNKNOWN, UNKNOWN], FAIL, "coverage-regained"),
    ],
)
def test_the_next_step_is_told_as_if_nothing_had_gone(
    nights: Nights, states: list[str], now: str, told: str
) -> None:
    for status in states:
        nights.world.people["hr"]["bob"] = status
        nights.passes()
    assert before(nights, 5).horizon == ("" if set(states) == {PASS} else "run-004")
    nights.world.people["hr"]["bob"] = now
    assert (told, "1", BOB) in nights.told()
    assert verify(nights.store).problems == ()


def test_since_when_a_clause_is_broken_is_still_known(nights: Nights) -> None:
    for status in (FAIL, PASS, FAIL, UNKNOWN, FAIL, FAIL):
        nights.world.people["hr"]["bob"] = status
        nights.passes()
    with nights.store.reading() as connection:
        was = History(connection, "main").clause_spans()
    before(nights, 6)
    with nights.store.reading() as connection:
        assert History(connection, "main").clause_spans() == was


def test_a_history_is_pruned_again_and_again(nights: Nights) -> None:
    people = nights.world.people["hr"]
    for number in range(1, 13):
        people["bob"] = FAIL if number % 2 else PASS
        people[f"p{number}"] = PASS
        people.pop(f"p{number - 2}", None)
        nights.passes()
        if number % 3 == 0:  # on the third there is nothing old yet
            assert bool(before(nights, number - 1).horizon) is (number > 3)
    people["bob"] = FAIL
    assert ("regressed", "1", BOB) in nights.told()
    assert verify(nights.store).links == 13 + 3


def test_another_scope_is_left_alone(nights: Nights, tmp_path: Path, rows: Counted) -> None:
    other = Nights(nights.store, World(tmp_path / "other"), "other")
    for status in (PASS, FAIL, PASS, FAIL):
        nights.world.people["hr"]["bob"] = other.world.people["hr"]["bob"] = status
        nights.passes()
        other.passes()
    was = {name: _standing(other, name) for name in ("run-001", "run-002", "run-003")}
    told = other.between("run-001", "run-004")
    before(nights, 4)
    assert {name: _standing(other, name) for name in was} == was
    assert other.between("run-001", "run-004") == told
    assert before(other, 4).horizon == "run-003"


def test_runs_recorded_out_of_order_keep_what_is_young(nights: Nights) -> None:
    world = nights.world
    for begun, status in ((10, PASS), (1, FAIL), (1, PASS)):
        world.begun = day(begun)
        world.people["hr"]["bob"] = status
        nights.passes()
    assert before(nights, 5).horizon == ""
    assert before(nights, 30).horizon == "run-003"


EDITS = (
    "UPDATE troth_finding_span SET verdict = 'pass' WHERE verdict = 'fail' AND last < 4",
    "UPDATE troth_finding_span SET last = 3 WHERE verdict = 'fail' AND last < 4",
    "DELETE FROM troth_finding_span WHERE verdict = 'fail' AND last < 4",
    "UPDATE troth_clause_span SET state = 'kept' WHERE state = 'broken' AND last < 4",
    "UPDATE troth_fact_span SET first = 2 WHERE first = 1",
    "UPDATE troth_fact_span SET last = 5 WHERE last > 99 AND first = 1",
    "UPDATE troth_finding_span SET verdict = 'pass' WHERE verdict = 'fail' AND first > 4",
    "UPDATE troth_finding SET policy = 'x'",
    "INSERT INTO troth_clause_span (clause_id, first, last, state)"
    " SELECT clause_id, 0, 0, 'kept' FROM troth_clause_span WHERE first = 1",
    "UPDATE troth_run SET body = replace(body, 'prune', 'prune2') WHERE sort = 'prune'",
    "DELETE FROM troth_run WHERE sort = 'prune'",
    "DELETE FROM troth_run WHERE seq = 1",
    "UPDATE troth_run SET sort = 'run' WHERE sort = 'prune'",
)


@pytest.mark.parametrize("statement", EDITS)
def test_an_edit_after_a_prune_is_found(nights: Nights, statement: str) -> None:
    _pruned(nights)
    with nights.store.writing() as connection:
        assert connection.execute(sa.text(statement)).rowcount
    assert verify(nights.store).problems


def test_an_end_of_a_kept_span_that_is_moved_is_found(nights: Nights) -> None:
    people = nights.world.people["hr"]
    for there in (True, False, False, True, True, True):
        people["bob"] = FAIL
        if not there:
            del people["bob"]
        nights.passes()
    assert before(nights, 6).horizon == "run-005"
    statement = "UPDATE troth_finding_span SET last = 2 WHERE verdict = 'fail' AND last = 1"
    with nights.store.writing() as connection:
        assert connection.execute(sa.text(statement)).rowcount == 1
    assert "what it kept from before" in verify(nights.store).problems[0]


def test_events_that_are_put_back_are_found(nights: Nights) -> None:
    _pruned(nights)
    row = dict.fromkeys(schema.event.c.keys(), "")
    with nights.store.writing() as connection:
        connection.execute(sa.insert(schema.event), row | {"seq": 2, "ordinal": 0})
    assert "events of number 2, for which none are kept" in verify(nights.store).problems[0]


def test_nothing_is_taken_out_of_a_history_that_was_edited(nights: Nights, rows: Counted) -> None:
    for status in (FAIL, PASS, FAIL):
        nights.world.people["hr"]["bob"] = status
        nights.passes()
    with nights.store.writing() as connection:
        connection.execute(sa.text("UPDATE troth_clause_span SET state = 'kept'"))
    counted = rows()
    with pytest.raises(IntegrityError, match="nothing is taken out of it"):
        prune(nights.store, "main", day(3), NOW)
    assert rows() == counted


def test_vacuum_gives_space_back_where_that_is_ours_to_do(nights: Nights, url: str) -> None:
    people = nights.world.people["hr"]
    people |= {f"person-{number}": PASS for number in range(500)}
    nights.passes()
    for number in range(500):
        del people[f"person-{number}"]
    nights.passes()
    nights.passes()
    before(nights, 4)
    assert nights.store.vacuum() is url.startswith("sqlite")
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        assert path.stat().st_size < 250_000
        assert path.stat().st_mode & 0o777 == 0o600
    assert verify(nights.store).problems == ()
    assert nights.told() == []


def _pruned(nights: Nights) -> None:
    for status in (FAIL, PASS, PASS, PASS, FAIL):
        nights.world.people["hr"]["bob"] = status
        nights.passes()
    assert before(nights, 5).horizon == "run-004"


def _standing(nights: Nights, name: str) -> list[tuple[str, str, str, int]]:
    with nights.store.reading() as connection:
        history = History(connection, nights.scope)
        found = history.standing(history.night(name), ("pass", "fail", "unknown"))
        return [
            (one.about.clause, one.about.resource, one.state.verdict, one.since) for one in found
        ]
