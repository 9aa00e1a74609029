from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
ARGS = {
    "documents": ["Rules "], "roles": [],
    "delay": parse_duration("P30D", at_most=True),
    "grace": parse_duration("P30D", at_most=True),
}  # fmt: skip


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def person(**row: Any) -> Item:
    facts = {"person_id": "p", "roles": ["operator"], "start_date": on(900), "end_date": None}
    return item("p", **(facts | {"status": "active"} | row))


def version(number: int, ago: int | None, policy: str = "rules") -> Item:
    effective = None if ago is None else on(ago)
    row = {"policy": policy, "version": str(number), "effective_on": effective}
    return item(f"{policy}-{number}", **row)


def signed(number: int, ago: int = 0, document: str = "rules") -> Item:
    row = {"person_id": "p", "document": document, "version": str(number)}
    return item(f"a-{document}-{number}", **row, acknowledged_on=on(ago))


def judged(
    who: Item, versions: list[Item], acknowledged: list[Item], zone: str = "UTC", **args: Any
) -> Measured:
    needs = {
        "register.policy-versions": population(versions),
        "register.acknowledgements": population(acknowledged),
    }
    name = "acknowledged-versions"
    return measured(name, population([who]), ARGS | args, needs, zone=zone)["p"]


@given(
    st.lists(st.integers(-40, 400), min_size=1, max_size=5, unique=True),
    st.integers(0, 4),
    st.integers(0, 60),
)
def test_a_version_will_do_until_a_newer_one_is_in_force_for_more_than_thirty_days(
    ages: list[int], which: int, started: int
) -> None:
    which %= len(ages)
    versions = [version(n, ago) for n, ago in enumerate(ages)]
    made = judged(person(start_date=on(started)), versions, [signed(which)])
    in_force = [ago for ago in ages if ago >= 0]
    if not in_force:
        assert made.missing["acknowledged"].reason is Reason.NO_DATA
        return
    due = [ago for ago in in_force if ago > 30]
    enough = not due or 0 <= ages[which] <= min(due)
    assert made.facts["acknowledged"] is (enough or started <= 30)


@pytest.mark.parametrize(("ago", "due"), [(30, False), (31, True)])
def test_a_version_is_due_after_thirty_days_in_force(ago: int, due: bool) -> None:
    versions = [version(1, 400), version(2, ago)]
    assert judged(person(), versions, [signed(1)]).facts["acknowledged"] is not due
    assert judged(person(), versions, [signed(2)]).facts["acknowledged"] is True
    assert judged(person(), versions, []).facts["acknowledged"] is False


@pytest.mark.parametrize("versions", [[], [version(1, -1)], [version(1, None)]])
def test_without_a_version_in_force(versions: list[Item]) -> None:
    failure = judged(person(), versions, []).missing["acknowledged"]
    assert failure.reason is Reason.NO_DATA
    assert failure.message.startswith("register.policy-versions has no version of rules in force;")


@pytest.mark.parametrize(("ago", "late"), [(30, False), (31, True)])
def test_who_is_new_has_thirty_days(ago: int, late: bool) -> None:
    made = judged(person(start_date=on(ago)), [version(1, 99)], [])
    assert made.facts["acknowledged"] is not late


@given(st.integers(0, 3), st.sets(st.integers(0, 3)))
def test_one_more_acknowledgement_never_makes_it_worse(more: int, had: set[int]) -> None:
    versions = [version(n, ago) for n, ago in enumerate((300, 200, 100, 10))]
    few = judged(person(), versions, [signed(n) for n in sorted(had)])
    many = judged(person(), versions, [signed(n) for n in sorted(had | {more})])
    assert many.facts["acknowledged"] >= few.facts["acknowledged"]


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        ({}, True),
        ({"status": "leave"}, False),
        ({"status": "ended"}, False),
        ({"end_date": on(0)}, True),
        ({"end_date": on(1)}, False),
        ({"start_date": on(-1)}, False),
        ({"start_date": on(0)}, True),
    ],
)
def test_who_works_here_today(row: dict[str, Any], meant: bool) -> None:
    assert judged(person(**row), [version(1, 99)], []).facts["meant"] is meant


@pytest.mark.parametrize(("roles", "meant"), [([" OPERATOR"], True), (["seller"], False)])
def test_roles_compare_without_case(roles: list[str], meant: bool) -> None:
    made = judged(person(), [version(1, 99)], [], roles=roles)
    assert made.facts == {"meant": meant, "acknowledged": False}


def test_days_are_local() -> None:
    # 12:00 UTC is already tomorrow on the date line
    made = judged(person(), [version(1, 99)], [signed(1, -1)])
    assert made.facts["acknowledged"] is False
    made = judged(person(), [version(1, 99)], [signed(1, -1)], zone="Pacific/Kiritimati")
    assert made.facts["acknowledged"] is True


def test_who_is_not_meant_is_not_unknown() -> None:
    made = judged(person(status="ended"), [], [])
    assert made.facts["meant"] is False
    assert not made.missing


def test_what_was_not_read_accuses_and_excuses_nobody() -> None:
    acknowledged = population([signed(1)], CUT)
    needs = {
        "register.policy-versions": population([version(1, 99)]),
        "register.acknowledgements": acknowledged,
    }
    made = measured("acknowledged-versions", population([person()]), ARGS, needs)["p"]
    assert made.facts["acknowledged"] is True
    needs["register.policy-versions"] = population([version(1, 99), version(2, 50)])
    made = measured("acknowledged-versions", population([person()]), ARGS, needs)["p"]
    assert made.missing == {"acknowledged": CUT}
    needs["register.policy-versions"] = population([version(1, 99)], CUT)
    made = measured("acknowledged-versions", population([person()]), ARGS, needs)["p"]
    assert made.missing == {"acknowledged": CUT}
    made = measured("acknowledged-versions", population([unread("p")]), ARGS, needs)["p"]
    assert set(made.missing) == {"meant", "acknowledged"}


def handler(approved: int, ended: int | None) -> Item:
    until = None if ended is None else on(ended)
    return item("h", person_id="p", approved_on=on(approved), ended_on=until)


@given(st.integers(-5, 5), st.none() | st.integers(-5, 5))
def test_access_holds_through_its_last_day(approved: int, ended: int | None) -> None:
    needs = {"register.acknowledgements": population([])}
    rows = population([handler(approved, ended)])
    made = measured("undertakings", rows, {"documents": ["nda"]}, needs)["h"]
    assert made.facts["current"] is (approved >= 0 and (ended is None or ended <= 0))
    assert made.facts["signed"] is False


@pytest.mark.parametrize(
    ("document", "ago", "held"),
    [("NDA ", 0, True), ("nda", -1, False), ("oath", 9, True), ("rules", 9, False)],
)
def test_one_of_the_undertakings_is_enough(document: str, ago: int, held: bool) -> None:
    needs = {"register.acknowledgements": population([signed(1, ago, document)])}
    args = {"documents": ["nda", "oath"]}
    made = measured("undertakings", population([handler(9, None)]), args, needs)["h"]
    assert made.facts["signed"] is held


def test_an_undertaking_that_was_not_read_may_be_the_one() -> None:
    needs = {"register.acknowledgements": population([], CUT)}
    rows = population([handler(9, None), unread("x")])
    made = measured("undertakings", rows, {"documents": ["nda"]}, needs)
    assert made["h"].missing == {"signed": CUT}
    assert set(made["x"].missing) == {"current", "signed"}
