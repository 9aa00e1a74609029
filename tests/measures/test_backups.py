"""Recovery points: which count, which are odd, and what an incomplete list can still prove."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.measures.backups import usable
from troth.model import Failure, Reason
from troth.params import parse_duration

AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
REFUSED = Failure(Reason.PERMISSION_DENIED, "refused", "ec2:DescribeSnapshots")
DAY = {"max_age": parse_duration("PT26H", at_most=True)}
Point = dict[str, Any]


def run(name: str, item: Item, args: dict[str, Any]) -> Measured:
    made = registry()[name]
    assert set(made.args) == set(args)
    inputs = Inputs(Population((item,)), {}, args, AS_OF, ZoneInfo("Asia/Tokyo"))
    (result,) = made.function(inputs)
    assert result.resource == item.id
    assert set(made.yields) == set(result.facts) | set(result.missing)
    return result


@st.composite
def points(draw: st.DrawFn) -> Point:
    started = AS_OF - timedelta(minutes=draw(st.integers(-600, 3600)))
    state = draw(st.sampled_from(["completed", "running", "failed", "suspect"]))
    after = draw(st.one_of(st.none(), st.integers(0, 300)))
    ended = None if after is None or state == "running" else started + timedelta(minutes=after)
    point: Point = {"id": "p", "started_at": started, "completed_at": ended, "state": state}
    if draw(st.booleans()):
        point["encrypted"] = draw(st.booleans())
    return point | {"trigger": "automatic"}


def backups(found: list[Point], *, whole: bool = True, created: datetime | None = None) -> Item:
    rows: dict[str, Any] = {"items": [{**p, "id": f"p{n}"} for n, p in enumerate(found)]}
    facts: dict[str, Any] = {
        "subject": {"created_at": created},
        "points": {"recovery_points": rows | ({"complete": True} if whole else {})},
    }
    return Item("vol", facts, {} if whole else {"points.recovery_points": REFUSED})


@given(points())
def test_a_usable_point_is_completed_and_not_of_the_future(point: Point) -> None:
    if usable(point, AS_OF):
        assert point["state"] == "completed"
        assert max(point["started_at"], point["completed_at"] or point["started_at"]) <= AS_OF
    else:
        late = max(point["started_at"], point["completed_at"] or point["started_at"]) > AS_OF
        assert late or point["state"] != "completed"


@given(st.lists(points(), max_size=5))
def test_the_newest_backup_is_the_newest_usable_start(found: list[Point]) -> None:
    starts = [p["started_at"] for p in found if usable(p, AS_OF)]
    result = run("newest-backup", backups(found), DAY)
    assert result.facts == {"newest_started_at": max(starts, default=None)}


@given(st.lists(points(), max_size=5), st.data())
def test_points_that_were_not_listed_can_only_make_it_unknown(
    found: list[Point], data: st.DataObject
) -> None:
    kept = [point for point in found if data.draw(st.booleans())]
    result = run("newest-backup", backups(kept, whole=False), DAY)
    if result.facts:
        assert AS_OF - result.facts["newest_started_at"] <= timedelta(hours=26)
    else:
        assert result.missing == {"newest_started_at": REFUSED}


@given(st.integers(0, 200))
def test_a_store_is_too_young_only_while_no_backup_is_due(hours: int) -> None:
    item = backups([], created=AS_OF - timedelta(hours=hours))
    result = run("newest-backup", item, DAY)
    if hours < 26:
        assert result.missing["newest_started_at"].reason is Reason.TOO_YOUNG
    else:
        assert result.facts == {"newest_started_at": None}


def test_a_backup_of_exactly_the_limit_needs_no_whole_list() -> None:
    started = AS_OF - timedelta(hours=26)
    point = {"id": "p", "started_at": started, "completed_at": started, "state": "completed"}
    result = run("newest-backup", backups([point], whole=False), DAY)
    assert result.facts == {"newest_started_at": started}


ODD = {"field": "encrypted", "allowed": [True], "told_by": ""}


@given(st.lists(points(), max_size=5), st.booleans())
def test_plain_points_are_named_and_unread_ones_never_pass(found: list[Point], whole: bool) -> None:
    result = run("points-with", backups(found, whole=whole), ODD)
    holding = {f"p{n}": p for n, p in enumerate(found) if p["state"] != "failed"}
    plain = [f"{name}: false" for name, p in holding.items() if p.get("encrypted") is False]
    if plain:
        assert result.facts["others"] == sorted(plain)
    elif whole and all("encrypted" in p for p in holding.values()):
        assert result.facts == {"judged": len(holding), "others": []}
    else:
        assert "others" in result.missing
    assert result.facts.get("judged", 1) > 0 or whole


@given(
    st.sampled_from(["aws:eu-west-1", "aws:eu-west-1:vault", "aws:eu-west-10", "nas:/a", "nas:/ab"])
)
def test_a_place_covers_itself_and_what_lies_inside(place: str) -> None:
    point = {"started_at": AS_OF, "completed_at": AS_OF, "state": "completed", "place": place}
    allowed = ["aws:eu-west-1", "nas:/a/"]
    args = {"field": "place", "allowed": allowed, "told_by": "allowed_locations"}
    outside = place in ("aws:eu-west-10", "nas:/ab", "nas:/a")
    result = run("points-with", backups([{**point, "id": "p"}]), args)
    assert result.facts["others"] == ([f"p0: {place}"] if outside else [])


def test_without_designated_places_the_next_step_is_told() -> None:
    point = {"started_at": AS_OF, "completed_at": AS_OF, "state": "completed", "place": "aws:x"}
    args: dict[str, Any] = {"field": "place", "allowed": [], "told_by": "allowed_locations"}
    result = run("points-with", backups([point]), args)
    assert result.facts == {"judged": 1}
    assert result.missing["others"].reason is Reason.NO_DATA
    assert "set allowed_locations in troth.yaml" in result.missing["others"].message


def test_points_that_could_not_be_read_leave_everything_open() -> None:
    item = Item("vol", {"subject": {"created_at": None}}, {"points": REFUSED})
    assert run("points-with", item, ODD).missing == {"judged": REFUSED, "others": REFUSED}
    assert run("newest-backup", item, DAY).missing == {"newest_started_at": REFUSED}
