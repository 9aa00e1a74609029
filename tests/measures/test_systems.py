"""Stores joined with their backups, and the volumes of one system with each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.model import Failure, Reason

AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
REFUSED = Failure(Reason.PERMISSION_DENIED, "refused", "ec2:DescribeSnapshots")
OLD = AS_OF - timedelta(days=400)
HOURS = st.lists(st.integers(1, 72), max_size=4)


def run(
    name: str, items: list[Item], args: dict[str, Any], *,
    sets: Population | None = None, failure: Failure | None = None,
) -> dict[str, Measured]:  # fmt: skip
    made = registry()[name]
    assert set(made.args) == set(args)
    population = Population(tuple(sorted(items, key=lambda item: item.id)), failure)
    needs = {"backup-set": sets} if sets else {}
    results = list(made.function(Inputs(population, needs, args, AS_OF, ZoneInfo("UTC"))))
    assert [result.resource for result in results] == [item.id for item in population.items]
    for result in results:
        assert set(made.yields) == set(result.facts) | set(result.missing)
    return {result.resource: result for result in results}


def backup_set(
    name: str, ages: list[int], *, system: str = "", form: str = "volume",
    created: datetime | None = OLD, whole: bool = True, state: str = "present",
) -> Item:  # fmt: skip
    rows = [
        {"id": f"{name}-{age}", "started_at": AS_OF - timedelta(hours=age), "completed_at": None,
         "state": "completed", "trigger": "automatic"}
        for age in ages
    ]  # fmt: skip
    points = {"recovery_points": {"items": rows} | ({"complete": True} if whole else {})}
    subject = {"form": form, "state": state, "created_at": created, "system": system}
    return Item(name, {"subject": subject, "points": points}, target="t")


def store(name: str, *, form: str = "volume", created: datetime | None = OLD) -> Item:
    return Item(name, {"nature": {"form": form, "created_at": created}}, target="t")


YOUNG = {"young_hours": 26}


@given(st.dictionaries(st.sampled_from("abc"), HOURS), st.booleans())
def test_a_store_has_the_points_of_the_set_of_its_id(
    known: dict[str, list[int]], listed_all: bool
) -> None:
    sets = [backup_set(name, ages) for name, ages in sorted(known.items())]
    population = Population(tuple(sets), None if listed_all else REFUSED)
    results = run("backed-up", [store(name) for name in "abc"], YOUNG, sets=population)
    for name in "abc":
        if name in known:
            assert results[name].facts == {"usable_points": len(known[name])}
        elif listed_all and known:
            assert results[name].facts == {"usable_points": 0}
        else:
            assert "usable_points" in results[name].missing


def test_nobody_looked_for_backups_of_tables() -> None:
    sets = Population((backup_set("vol", [3]),))
    result = run("backed-up", [store("orders", form="table")], YOUNG, sets=sets)["orders"]
    assert result.missing["usable_points"].reason is Reason.NO_DATA
    assert "table" in result.missing["usable_points"].message


def test_sets_at_another_target_do_not_show_that_this_one_was_looked_at() -> None:
    other = Item("vol", backup_set("vol", [3]).facts, target="elsewhere")
    result = run("backed-up", [store("new")], YOUNG, sets=Population((other,)))["new"]
    assert "usable_points" in result.missing


@given(st.integers(0, 60))
def test_a_store_is_excused_for_its_first_day(hours: int) -> None:
    young = store("vol", created=AS_OF - timedelta(hours=hours))
    result = run("backed-up", [young], YOUNG, sets=Population((backup_set("vol", []),)))["vol"]
    if hours < 26:
        assert result.missing["usable_points"].reason is Reason.TOO_YOUNG
    else:
        assert result.facts == {"usable_points": 0}


def test_half_a_list_shows_what_is_there_but_not_that_nothing_is() -> None:
    half = [backup_set("a", [3], whole=False), backup_set("b", [], whole=False)]
    results = run("backed-up", [store("a"), store("b")], YOUNG, sets=Population(tuple(half)))
    assert results["a"].facts == {"usable_points": 1}
    assert results["b"].missing["usable_points"].reason is Reason.LISTING_INCOMPLETE


TOGETHER = {"within_minutes": 60, "young_hours": 26}


@given(st.lists(HOURS, min_size=1, max_size=4))
def test_every_member_sees_the_same_lacking_volumes(ages: list[list[int]]) -> None:
    items = [backup_set(f"v{n}", row, system="i-1") for n, row in enumerate(ages)]
    results = run("captured-together", items, TOGETHER)
    empty = [f"v{n}" for n, row in enumerate(ages) if not row]
    if empty:
        expected = empty
    else:
        run_at = max(min(row) for row in ages)
        expected = [f"v{n}" for n, row in enumerate(ages) if all(abs(a - run_at) > 1 for a in row)]
    assert {tuple(result.facts["lacking"]) for result in results.values()} == {tuple(expected)}


@given(st.lists(st.integers(1, 72), min_size=1, max_size=4, unique=True), st.integers(1, 4))
def test_volumes_that_are_always_captured_together_lack_none(ages: list[int], count: int) -> None:
    items = [backup_set(f"v{n}", ages, system="i-1") for n in range(count)]
    results = run("captured-together", items, TOGETHER)
    assert all(result.facts == {"lacking": []} for result in results.values())


@given(st.lists(HOURS, min_size=1, max_size=3))
def test_a_machine_of_which_volumes_may_be_unseen_is_undecided(ages: list[list[int]]) -> None:
    items = [backup_set(f"v{n}", row, system="i-1") for n, row in enumerate(ages)]
    for result in run("captured-together", items, TOGETHER, failure=REFUSED).values():
        assert result.missing == {"lacking": REFUSED}


def test_machines_and_targets_are_kept_apart() -> None:
    items = [
        backup_set("a", [2], system="i-1"),
        backup_set("b", [], system="i-2"),
        Item("c", backup_set("c", [], system="i-1").facts, target="elsewhere"),
    ]
    results = run("captured-together", items, TOGETHER)
    assert [results[name].facts["lacking"] for name in "abc"] == [[], ["b"], ["c"]]


def test_what_is_left_of_a_volume_is_no_volume_of_the_machine() -> None:
    gone = backup_set("gone", [400], system="i-1", state="gone")
    results = run("captured-together", [backup_set("a", [2], system="i-1"), gone], TOGETHER)
    assert results["a"].facts == {"lacking": []}


def test_a_database_dump_is_not_the_machine() -> None:
    dump = backup_set("db", [2], system="host-1", form="database")
    assert run("captured-together", [dump], TOGETHER)["db"].facts["lacking"] == [
        "the volumes of host-1"
    ]
    alone = backup_set("db", [2], form="database")
    assert run("captured-together", [alone], TOGETHER)["db"].facts["lacking"] == []


def test_a_new_volume_waits_and_a_new_machine_is_too_young() -> None:
    new = backup_set("new", [], system="i-1", created=AS_OF - timedelta(hours=1))
    results = run("captured-together", [backup_set("a", [2], system="i-1"), new], TOGETHER)
    assert results["new"].facts == {"lacking": []}
    alone = run("captured-together", [new], TOGETHER)["new"]
    assert alone.missing["lacking"].reason is Reason.TOO_YOUNG
