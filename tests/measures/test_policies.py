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
YEAR = parse_duration("P365D", at_most=True)
QUARTER = parse_duration("P90D", at_most=True)
WEEK = parse_duration("P7D")


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def review(ago: int, outcome: str = "unchanged", policy: str = "a") -> Item:
    return item(f"{policy}-{ago}", policy=policy, reviewed_on=on(ago), outcome=outcome)


def version(ago: int | None, policy: str = "a") -> Item:
    effective = None if ago is None else on(ago)
    return item(f"v-{policy}-{ago}", policy=policy, effective_on=effective)


def reviewed(reviews: list[Item], versions: list[Item], **more: Any) -> dict[str, Measured]:
    needs = {"register.policy-versions": population(versions, more.get("gap"))}
    args = {"policies": more.get("policies", []), "within": YEAR}
    return measured("policies-reviewed", population(reviews, more.get("cut")), args, needs)


@given(st.sets(st.integers(-50, 800), min_size=1, max_size=6))
def test_the_newest_review_that_was_held_decides(ages: set[int]) -> None:
    made = reviewed([review(ago) for ago in ages], [], policies=["A "])["a"]
    held = [ago for ago in ages if ago >= 0]
    assert made.facts["reviewed"] is (bool(held) and min(held) <= 365)


@pytest.mark.parametrize(("ago", "good"), [(0, True), (365, True), (366, False), (-1, False)])
def test_the_last_day_of_a_review(ago: int, good: bool) -> None:
    assert reviewed([review(ago)], [], policies=["a"])["a"].facts["reviewed"] is good


def test_a_policy_of_today_and_one_that_is_retired_on_its_first_day() -> None:
    made = reviewed([review(1), review(5, "retired", "b")], [version(0, "c"), version(5, "b")])
    assert set(made) == {"a", "c"}


def test_every_policy_that_has_a_review_or_a_version_in_force() -> None:
    reviews = [review(1), review(2, "retired", "b"), review(3, "retired", "c")]
    versions = [version(9, "b"), version(1, "c"), version(5, "d"), version(-1, "e")]
    made = reviewed(reviews, [*versions, version(None, "f")])
    assert {name: one.facts["reviewed"] for name, one in made.items()} == {
        "a": True, "c": True, "d": False,
    }  # fmt: skip


def test_what_was_not_read_may_be_a_review_or_a_policy() -> None:
    made = reviewed([review(400)], [], cut=CUT)
    assert made["a"].missing == made[""].missing == {"reviewed": CUT}
    assert reviewed([review(1)], [], cut=CUT, policies=["a"])["a"].facts["reviewed"] is True
    made = reviewed([review(1)], [], gap=CUT)
    assert made["a"].facts["reviewed"] is True
    assert made[""].missing == {"reviewed": CUT}
    assert set(reviewed([review(1)], [], gap=CUT, policies=["a"])) == {"a"}
    assert reviewed([], [])[""].missing["reviewed"].reason is Reason.NOTHING_FOUND
    assert reviewed([], [], policies=["a"])["a"].facts["reviewed"] is False


def followed(one: Item, versions: list[Item], **more: Any) -> Measured:
    needs = {"register.policy-versions": population(versions, more.get("gap"))}
    args = {"policies": more.get("policies", []), "since": YEAR, "within": QUARTER}
    return measured("review-followed", population([one]), args, needs)[one.id]


@given(st.integers(0, 400), st.none() | st.integers(-20, 500))
def test_a_version_follows_within_ninety_days(ago: int, version_ago: int | None) -> None:
    made = followed(review(ago, "change_needed"), [version(version_ago)])
    came = version_ago is not None and version_ago >= 0 and 0 <= ago - version_ago <= 90
    assert made.facts == {"asks": ago <= 365, "followed": came or ago <= 90}


@pytest.mark.parametrize(
    ("ago", "version_ago", "done"),
    [
        (90, None, True), (91, None, False), (91, 91, True), (91, 92, False),
        (91, 1, True), (92, 1, False), (91, -1, False), (90, 0, True), (91, 0, False),
        (200, 110, True), (200, 109, False),
    ],
)  # fmt: skip
def test_the_days_at_both_ends(ago: int, version_ago: int | None, done: bool) -> None:
    made = followed(review(ago, "change_needed"), [version(version_ago)])
    assert made.facts["followed"] is done


@pytest.mark.parametrize(("ago", "asks"), [(365, True), (366, False), (0, True), (-1, False)])
def test_the_reviews_that_are_looked_at(ago: int, asks: bool) -> None:
    assert followed(review(ago, "change_needed"), []).facts["asks"] is asks


@pytest.mark.parametrize(
    ("outcome", "asks"),
    [("Change needed", True), (" change-needed", True), ("changed", False), ("retired", False)],
)
def test_the_outcome_says_what_is_needed(outcome: str, asks: bool) -> None:
    assert followed(review(1, outcome), []).facts["asks"] is asks


def test_an_outcome_that_nobody_knows_says_nothing() -> None:
    made = followed(review(1, "so so"), [])
    assert made.missing["asks"].reason is Reason.UNPROVEN
    assert followed(review(1, "so so"), [], policies=["b"]).facts["asks"] is False
    assert followed(review(366, "so so"), []).facts["asks"] is False
    assert followed(review(1, "change_needed"), [], policies=[" A"]).facts["asks"] is True


def test_versions_of_other_policies_and_unread_ones() -> None:
    late = review(200, "change_needed")
    assert followed(late, [version(150, "b")]).facts["followed"] is False
    assert followed(late, [], gap=CUT).missing == {"followed": CUT}
    assert followed(late, [version(150)], gap=CUT).facts["followed"] is True
    assert set(followed(unread("x"), []).missing) == {"asks", "followed"}


def notified(notified_on: str | None, effective: str | None, **more: Any) -> Measured:
    row = {"policy": "a", "notified_on": notified_on, "effective_on": effective}
    rows = population([item("v", **row, audience=more.get("audience", ["all_staff"]))])
    args = {"policies": more.get("policies", []), "notice": WEEK}
    return measured("version-notified", rows, args)["v"]


@given(st.none() | st.integers(-20, 60), st.integers(-40, 60))
def test_notice_is_given_seven_days_before(told: int | None, effective: int) -> None:
    made = notified(None if told is None else on(told), on(effective))
    given = told is not None and told >= 0
    early = told - effective if given and told is not None else -effective
    assert made.facts["in_time"] is (early >= 7)


@pytest.mark.parametrize(
    ("told", "effective", "in_time"),
    [(9, 2, True), (8, 2, False), (0, -7, True), (-1, -7, True), (-1, -6, False), (None, -7, True)],
)
def test_the_last_day_for_a_notice(told: int | None, effective: int, in_time: bool) -> None:
    made = notified(None if told is None else on(told), on(effective))
    assert made.facts["in_time"] is in_time


@pytest.mark.parametrize(
    ("audience", "everybody"),
    [(["all staff"], True), (["x", "All-Staff"], True), (["employees"], False), ([], False)],
)
def test_all_staff_is_everybody(audience: list[str], everybody: bool) -> None:
    assert notified(on(9), on(1), audience=audience).facts["everybody"] is everybody
    assert notified(None, on(1), audience=audience).facts["everybody"] is True


def test_what_is_meant() -> None:
    assert notified(on(9), on(1), policies=["A"]).facts["meant"] is True
    assert notified(on(9), on(1), policies=["b"]).facts["meant"] is False
    assert notified(on(9), None).facts["meant"] is False


def test_what_could_not_be_read() -> None:
    args = {"policies": [], "notice": WEEK}
    made = measured("version-notified", population([unread("v")]), args)["v"]
    assert set(made.missing) == {"meant", "in_time", "everybody"}
    assert set(notified(on(9), "2026-02-30").missing) == {"meant", "in_time", "everybody"}
