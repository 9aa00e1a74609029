from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
ARGS = {"types": ["Laptop"], "within": parse_duration("P12M", at_most=True)}
YEAR = 365  # from 21 November 2025 to that of 2026


def on(ago: int | None) -> str | None:
    return None if ago is None else (TODAY - timedelta(days=ago)).isoformat()


def asset(name: str = "a", **row: Any) -> Item:
    facts = {"id": name, "type": "laptop", "ownership": "own", "label": name, "status": "active"}
    return item(name, **(facts | {"installed_on": on(900), "last_inventoried_on": on(100)} | row))


def inventoried(assets: list[Item], counts: Any = (), cut: Failure | None = None) -> Any:
    needs = {"register.counts": population(counts)}
    return measured("devices-inventoried", population(assets, cut), ARGS, needs)


def count(ago: int, sheet: str) -> Item:
    return item(f"c-{ago}", counted_on=on(ago), sheet_ref=sheet)


AGES = st.none() | st.sampled_from([0, 1, YEAR - 1, YEAR, YEAR + 1, 900])


@given(AGES, AGES)
def test_counted_or_new_within_a_year(counted: int | None, installed: int | None) -> None:
    made = inventoried([asset(installed_on=on(installed), last_inventoried_on=on(counted))])["a"]
    ages = [age for age in (counted, installed) if age is not None]
    if ages:
        assert made.facts["counted"] is (min(ages) <= YEAR)
    else:
        assert made.missing["counted"].reason is Reason.NO_DATA


@pytest.mark.parametrize(
    ("row", "judged"),
    [({}, True), ({"type": " LAPTOP"}, True), ({"type": "remote_access"}, True),
     ({"type": "server"}, False), ({"status": "spare"}, False), ({"ownership": "rented"}, True),
     ({"ownership": "Customer"}, False), ({"ownership": "employee"}, False)],
)  # fmt: skip
def test_who_is_judged(row: dict[str, Any], judged: bool) -> None:
    assert inventoried([asset(**row)])["a"].facts["judged"] is judged


@given(st.lists(st.sampled_from(["x", "X ", "y", "", "-"]), min_size=1, max_size=4))
def test_a_label_says_something_and_stands_once(labels: list[str]) -> None:
    made = inventoried([asset(f"a-{at}", label=text) for at, text in enumerate(labels)])
    plain = [text.strip().casefold() for text in labels]
    for at, text in enumerate(plain):
        good = text in ("x", "y") and plain.count(text) == 1
        assert made[f"a-{at}"].facts["labelled"] is good


@pytest.mark.parametrize(
    ("ago", "counts", "reason"),
    [(35, [], Reason.UNPROVEN), (36, [], None), (0, [count(0, "IN-1")], None),
     (5, [count(5, "n/a")], Reason.UNPROVEN), (5, [count(4, "IN-1")], Reason.UNPROVEN),
     (5, [unread("c-x")], Reason.MALFORMED_RESPONSE)],
)  # fmt: skip
def test_a_day_that_may_be_the_export_needs_its_sheet(
    ago: int, counts: list[Item], reason: Reason | None
) -> None:
    made = inventoried([asset(n, last_inventoried_on=on(ago)) for n in "ab"], counts)["a"]
    if reason is None:
        assert made.facts["counted"] is True
    else:
        assert made.missing["counted"].reason is reason


def test_no_doubt_where_days_differ_or_one_device_is_alone() -> None:
    alone = [asset(last_inventoried_on=on(1)), asset("b", type="server", last_inventoried_on=on(1))]
    assert inventoried(alone)["a"].facts["counted"] is True
    two = [asset(last_inventoried_on=on(1)), asset("b", last_inventoried_on=on(2))]
    assert inventoried(two)["a"].facts["counted"] is True


def test_what_was_not_read() -> None:
    made = inventoried([asset(), unread("b")])
    assert set(made["a"].missing) == {"labelled"}
    assert set(made["b"].missing) == {"judged", "labelled", "counted"}
    assert inventoried([asset(label="")], cut=CUT)["a"].facts["labelled"] is False
    bad = inventoried([asset(n, last_inventoried_on="2026-02-30") for n in "ab"])["a"]
    assert bad.missing["counted"].reason is Reason.MALFORMED_RESPONSE


def seen(ago: int, of: str | None, assets: list[Item], cut: Failure | None = None) -> Measured:
    device = item("d", device="d", asset_id=of, last_seen_at=AS_OF - timedelta(days=ago))
    needs = {"register.assets": population(assets, cut)}
    args = {"within": ARGS["within"]}
    return measured("devices-registered", population([device]), args, needs)["d"]


@given(st.integers(YEAR - 2, YEAR + 2))
def test_a_device_counts_for_a_year(ago: int) -> None:
    assert seen(ago, None, []).facts["judged"] is (ago <= YEAR)


def test_a_device_is_an_active_asset() -> None:
    assert seen(1, " a", [asset()]).facts["registered"] is True
    assert seen(1, "b", [asset()]).facts["registered"] is False
    assert seen(1, None, [asset()], CUT).facts["registered"] is False
    assert seen(1, "b", [asset()], CUT).missing["registered"] is CUT
    assert seen(1, "a", [asset(status="spare")]).missing["registered"].reason is Reason.UNPROVEN


def test_a_count_to_come_hides_the_last() -> None:
    made = inventoried([asset(last_inventoried_on=on(-1))])["a"]
    assert {failure.reason for failure in made.missing.values()} == {Reason.UNPROVEN}
