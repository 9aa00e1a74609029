"""What each night tells: by hand, for every change that there is."""

from __future__ import annotations

from tests.history.conftest import Counted, Nights
from tests.history.world import FAIL, NOT_APPLICABLE, PASS, UNKNOWN

ANN, BOB, CID = "staff/ann", "staff/bob", "staff/cid"


def test_the_first_night_tells_what_is_broken_and_nothing_else(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    assert nights.told() == [("new", "1", BOB)]


def test_identical_nights_tell_nothing_and_write_one_row(nights: Nights, rows: Counted) -> None:
    nights.world.people["hr"] |= {"bob": FAIL, "dan": UNKNOWN, "eve": NOT_APPLICABLE}
    nights.passes()
    before = rows()
    assert nights.told() == []
    assert nights.told() == []
    after = rows()
    assert after.pop("troth_run") - before.pop("troth_run") == 2
    # What ends when is said anew each day, if anything ends at all.
    assert after.pop("troth_blob") - before.pop("troth_blob") == 0
    assert after == before


def test_one_new_failure_is_new_once_and_then_still(nights: Nights) -> None:
    nights.passes()
    nights.world.people["hr"]["bob"] = FAIL
    assert nights.told() == [("new", "1", BOB)]
    assert nights.told() == []
    assert nights.between("run-001", "run-002") == [("new", "1", BOB)]
    assert nights.between("run-001", "run-003") == [("new", "1", BOB)]
    assert nights.between("run-002", "run-003") == [("still", "1", BOB)]


def test_what_is_mended_is_fixed_and_broken_again_it_regressed(nights: Nights) -> None:
    people = nights.world.people["hr"]
    people["bob"] = FAIL
    nights.passes()
    people["bob"] = PASS
    assert nights.told() == [("fixed", "1", BOB)]
    people["bob"] = FAIL
    assert nights.told() == [("regressed", "1", BOB)]
    assert nights.between("run-002", "run-003") == [("regressed", "1", BOB)]
    assert nights.between("run-001", "run-003") == [("still", "1", BOB)]


def test_what_is_not_asked_any_more_is_not_told_as_fixed(nights: Nights) -> None:
    people = nights.world.people["hr"]
    people["bob"] = FAIL
    nights.passes()
    people["bob"] = NOT_APPLICABLE
    assert nights.told() == [("no-longer-asked", "1", BOB)]


def test_a_waiver_is_told_when_it_begins_and_when_it_ends(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    nights.world.waive("w-1", "bob", until="2026-01-03")
    assert nights.told() == [("waived", "1", BOB)]
    assert nights.told() == []
    assert nights.told() == [("waiver-expired", "1", BOB)]
    assert nights.told() == []


def test_what_is_waived_and_mended_is_fixed(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    nights.world.waive("w-1", "bob", until="2026-12-31")
    assert nights.told() == [("waived", "1", BOB)]
    nights.world.people["hr"]["bob"] = PASS
    assert nights.told() == [("fixed", "1", BOB)]


def test_another_waiver_for_the_same_is_no_change(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    nights.world.waive("w-1", "bob", until="2026-12-31")
    nights.passes()
    nights.world.waivers.clear()
    nights.world.waive("w-2", "bob", until="2026-12-31")
    assert nights.told() == []


def test_broken_unknown_and_broken_is_nothing_new(nights: Nights) -> None:
    people = nights.world.people["hr"]
    people["bob"] = FAIL
    nights.passes()
    people["bob"] = UNKNOWN
    assert ("coverage-lost", "1", BOB) in nights.told()
    assert nights.told() == []
    people["bob"] = FAIL
    told = nights.told()
    assert ("coverage-regained", "1", BOB) in told
    assert {change for change, _, _ in told} == {"coverage-regained"}
    assert nights.between("run-001", "run-004") == [("still", "1", BOB)]


def test_broken_unknown_and_kept_is_fixed(nights: Nights) -> None:
    people = nights.world.people["hr"]
    for status in (FAIL, UNKNOWN):
        people["bob"] = status
        nights.passes()
    people["bob"] = PASS
    assert ("fixed", "1", BOB) in nights.told()


def test_kept_unknown_and_broken_is_new(nights: Nights) -> None:
    people = nights.world.people["hr"]
    for status in (PASS, UNKNOWN):
        people["bob"] = status
        nights.passes()
    people["bob"] = FAIL
    assert ("new", "1", BOB) in nights.told()


def test_a_list_that_cannot_be_had_ends_nothing(nights: Nights, rows: Counted) -> None:
    world = nights.world
    world.people["hr"]["bob"] = FAIL
    nights.passes()
    facts = rows()["troth_fact_span"]
    world.shut.add("hr")
    told = nights.passes()
    assert {event.change.value for event in told} == {"coverage-lost"}
    # One message for all of a clause, with the list itself; but none hides what was broken.
    assert [(event.clause, event.before) for event in told] == [
        ("1", "pass"), ("1", "fail"), ("2", "pass"),
    ]  # fmt: skip
    assert told[0].text.startswith("2 findings: ")
    assert "staff/ann" in told[0].text
    assert told[1].resource == BOB
    assert told[2].text.startswith("3 findings: ")
    assert nights.told() == []
    assert rows()["troth_fact_span"] == facts
    world.shut.clear()
    told = nights.passes()
    assert {event.change.value for event in told} == {"coverage-regained"}
    assert rows()["troth_fact_span"] == facts
    assert nights.between("run-001", "run-004") == [("still", "1", BOB)]


def test_who_left_while_the_list_could_not_be_had_is_gone_once_it_can(nights: Nights) -> None:
    world = nights.world
    world.people["hr"]["bob"] = FAIL
    nights.passes()
    world.shut.add("hr")
    nights.passes()
    world.shut.clear()
    del world.people["hr"]["bob"]
    told = nights.told()
    assert ("resource-gone", "", BOB) in told
    assert ("no-longer-asked", "1", BOB) in told
    assert not [row for row in told if row[0] == "fixed"]


def test_who_was_mended_while_the_list_could_not_be_had_is_fixed_once_it_can(
    nights: Nights,
) -> None:
    world = nights.world
    world.people["hr"]["bob"] = FAIL
    nights.passes()
    world.shut.add("hr")
    nights.passes()
    world.shut.clear()
    world.people["hr"]["bob"] = PASS
    assert ("fixed", "1", BOB) in nights.told()


def test_resources_come_and_go(nights: Nights) -> None:
    nights.passes()
    nights.world.people["hr"]["dan"] = PASS
    assert nights.told() == [("resource-added", "", "staff/dan")]
    del nights.world.people["hr"]["dan"]
    assert nights.told() == [("resource-gone", "", "staff/dan")]
    assert nights.between("run-001", "run-003") == []


def test_what_is_gone_while_broken_is_told_and_so_is_its_return(nights: Nights) -> None:
    people = nights.world.people["hr"]
    people["bob"] = FAIL
    nights.passes()
    del people["bob"]
    told = nights.passes()
    assert [(event.change.value, event.resource) for event in told] == [
        ("no-longer-asked", BOB), ("resource-gone", BOB),
    ]  # fmt: skip
    assert told[0].text == "was broken, and the resource is gone"
    assert nights.told() == []
    people["bob"] = FAIL
    assert nights.told() == [("regressed", "1", BOB), ("resource-added", "", BOB)]
    assert nights.between("run-003", "run-004") == [
        ("regressed", "1", BOB), ("resource-added", "", BOB),
    ]  # fmt: skip
    assert nights.between("run-001", "run-004") == [("still", "1", BOB)]


def test_what_was_kept_when_it_went_is_new_if_it_comes_back_broken(nights: Nights) -> None:
    people = nights.world.people["hr"]
    nights.passes()
    del people["bob"]
    nights.passes()
    people["bob"] = FAIL
    assert nights.told() == [("new", "1", BOB), ("resource-added", "", BOB)]


def test_a_clause_that_is_dropped_is_lost_and_not_fixed(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    del nights.world.clauses["1"]
    told = nights.passes()
    lost = [(e.change.value, e.clause, e.resource) for e in told if e.clause]
    assert lost == [("coverage-lost", "1", one) for one in (ANN, BOB, CID)]
    assert [(e.change.value, e.policy) for e in told if not e.clause] == [
        ("policy-changed", "acme"), ("control-changed", ""), ("scope-changed", ""),
    ]  # fmt: skip
    nights.world.clauses["1"] = "present"
    back = [(e.change.value, e.clause, e.resource) for e in nights.passes() if e.clause]
    assert back == [("coverage-regained", "1", one) for one in (ANN, BOB, CID)]


def test_a_policy_that_is_dropped_is_lost(nights: Nights) -> None:
    nights.world.policies = ("acme", "other")
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    nights.world.policies = ("acme",)
    told = nights.told()
    assert {row for row in told if row[1] == "9"} == {
        ("coverage-lost", "9", one) for one in (ANN, BOB, CID)
    }  # fmt: skip
    assert ("policy-changed", "other", "") in told
    assert ("scope-changed", "", "") in told
    assert {row for row in told if row[1] == "1"} == set()


def test_a_target_that_is_dropped_is_lost_and_its_resources_are_not_gone(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    people = nights.world.people.pop("hr")
    told = nights.passes()
    assert [(e.change.value, e.clause, e.before) for e in told] == [
        ("coverage-lost", "1", "pass"), ("coverage-lost", "1", "fail"),
        ("coverage-lost", "2", "pass"), ("scope-changed", "", ""),
    ]  # fmt: skip
    compared = nights.between("run-001", "run-002")
    assert {change for change, _, _ in compared} == {"coverage-lost", "scope-changed"}
    nights.world.people["hr"] = people
    told = nights.passes()
    assert {(e.change.value, e.clause) for e in told if e.clause} == {
        ("coverage-regained", "1"), ("coverage-regained", "2"),
    }  # fmt: skip


def test_what_the_verdicts_rest_on_is_told_by_name(nights: Nights) -> None:
    nights.passes()
    nights.world.document = "sha256:" + "2" * 64
    assert nights.told() == [("document-changed", "acme", ""), ("policy-changed", "acme", "")]
    nights.world.title = "everybody is really here"
    told = nights.passes()
    assert [(event.change.value, event.text) for event in told] == [
        ("control-changed", "controls changed: present")
    ]
    nights.world.more = {"classes": {"critical": 'tag("tier") == "critical"'}}
    assert nights.told() == [("scope-changed", "", "")]
    assert nights.told() == []


def test_a_graver_severity_is_no_new_failure(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    nights.world.severity = "critical"
    assert [change for change, _, _ in nights.told()] == ["control-changed"]


def test_a_run_that_was_stopped_loses_coverage_and_mends_nothing(nights: Nights) -> None:
    nights.world.people["hr"]["bob"] = FAIL
    nights.passes()
    told = nights.passes(stopped=True)
    assert {event.change.value for event in told} == {"coverage-lost"}
    assert {event.target for event in told} == {"hr", "shop"}
    assert {event.change.value for event in nights.passes()} == {"coverage-regained"}
    assert nights.between("run-001", "run-003") == [("still", "1", BOB)]
