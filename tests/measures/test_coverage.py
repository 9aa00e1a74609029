"""Coverage of values: right on what is fully seen, and never changed by what was hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.model import Failure, Reason
from troth.params import parse_duration

AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
HIDDEN = Failure(Reason.PERMISSION_DENIED, "refused", "logs:DescribeLogGroups")
KINDS = ["access", "error", "login"]
HOURS = st.one_of(st.none(), st.integers(-2, 60))


def run(name: str, items: list[Item], args: dict[str, Any], failure: Failure | None) -> Measured:
    made = registry()[name]
    assert set(made.args) == set(args)
    population = Population(tuple(sorted(items, key=lambda item: item.id)), failure)
    inputs = Inputs(population, {}, args, AS_OF, ZoneInfo("UTC"))
    (result,) = made.function(inputs)
    assert set(made.yields) == set(result.facts) | set(result.missing)
    return result


def log(number: int, target: str, kinds: frozenset[str], age: int | None) -> Item:
    newest = None if age is None else AS_OF - timedelta(hours=age)
    content = {"log_kinds": {"items": sorted(kinds), "complete": True}}
    facts: dict[str, Any] = {"content": content, "extent": {"newest_event_at": newest}}
    return Item(f"log-{number}", facts, target=target, partition=target)


def without(item: Item, facet: str) -> Item:
    facts = {name: values for name, values in item.facts.items() if name != facet}
    return Item(item.id, facts, {facet: HIDDEN}, target=item.target, partition=item.partition)


@st.composite
def logs(draw: st.DrawFn) -> list[Item]:
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from("ab"), st.frozensets(st.sampled_from(KINDS)), HOURS),
            max_size=5,
        )
    )
    return [log(number, *row) for number, row in enumerate(rows)]


def held(item: Item) -> set[str]:
    return set(item.facts["content"]["log_kinds"]["items"])


@given(logs(), st.frozensets(st.sampled_from(KINDS)))
def test_what_nobody_has_is_missing(items: list[Item], wanted: frozenset[str]) -> None:
    args = {"field": "content.log_kinds", "wanted": sorted(wanted)}
    everything = set().union(*(held(item) for item in items))
    result = run("covered-values", items, args, None)
    assert result.facts == {"missing": sorted(wanted - everything)}


@given(logs(), st.data())
def test_hiding_stores_never_makes_a_kind_missing(items: list[Item], data: st.DataObject) -> None:
    args = {"field": "content.log_kinds", "wanted": KINDS}
    kept = [item for item in items if data.draw(st.booleans())]
    truth, seen = (
        run("covered-values", items, args, None),
        run("covered-values", kept, args, HIDDEN),
    )
    if seen.facts:
        assert seen.facts == {"missing": []} == truth.facts
    else:
        assert seen.missing == {"missing": HIDDEN}


def test_half_a_list_gives_what_it_has_and_hides_the_rest() -> None:
    content = {"log_kinds": {"items": ["access"]}}
    item = Item("log", {"content": content}, {"content.log_kinds": HIDDEN})
    have = {"field": "content.log_kinds", "wanted": ["access"]}
    lack = {"field": "content.log_kinds", "wanted": ["error"]}
    assert run("covered-values", [item], have, None).facts == {"missing": []}
    assert run("covered-values", [item], lack, None).missing == {"missing": HIDDEN}


UNDECLARED = Failure(Reason.NO_DATA, "what /var/log/app.log receives is not declared")


def undeclared(target: str = "a") -> Item:
    """Return a store of which nobody said what it receives."""
    facts: dict[str, Any] = {"content": {"log_kinds": {"items": []}}}
    facts |= {"extent": {"newest_event_at": AS_OF}}
    missing = {"content.log_kinds": UNDECLARED}
    return Item("undeclared", facts, missing, target=target, partition=target)


@given(logs(), st.frozensets(st.sampled_from(KINDS)))
def test_a_store_that_nobody_declared_may_receive_what_is_missing(
    items: list[Item], wanted: frozenset[str]
) -> None:
    args = {"field": "content.log_kinds", "wanted": sorted(wanted)}
    covered = wanted <= set().union(*(held(item) for item in items))
    result = run("covered-values", [*items, undeclared()], args, None)
    if covered:
        assert result.facts == {"missing": []}
    else:
        assert result.missing == {"missing": UNDECLARED}


FRESH = {
    "field": "content.log_kinds",
    "wanted": KINDS,
    "instant": "extent.newest_event_at",
    "max_age": parse_duration("PT24H", at_most=True),
}


def test_a_store_that_nobody_declared_leaves_a_missing_kind_open() -> None:
    items = [log(0, "a", frozenset({"access", "error"}), 1), undeclared("a")]
    result = run("fresh-values", items, FRESH, None)
    assert (result.facts, set(result.missing)) == ({}, {"missing", "stale"})
    assert set(result.missing.values()) == {UNDECLARED}


def test_what_a_declared_store_covers_needs_no_other_at_its_system() -> None:
    items = [log(0, "a", frozenset({"access", "error"}), 1)]
    args = FRESH | {"wanted": ["access", "error"]}
    beside = run("fresh-values", [*items, undeclared("a")], args, None)
    assert (beside.facts, beside.missing) == ({"missing": [], "stale": []}, {})
    # Another system's store may receive such events too, and no longer.
    elsewhere = run("fresh-values", [*items, undeclared("b")], args, None)
    assert (elsewhere.facts, elsewhere.missing) == ({"missing": []}, {"stale": UNDECLARED})


@given(logs())
def test_a_kind_is_stale_where_no_store_has_a_recent_event(items: list[Item]) -> None:
    result = run("fresh-values", items, FRESH, None)
    expected = []
    for system in "ab":
        for kind in KINDS:
            ages = [
                item.facts["extent"]["newest_event_at"]
                for item in items
                if item.target == system and kind in held(item)
            ]
            recent = [at for at in ages if at is not None and AS_OF - at <= timedelta(hours=24)]
            if ages and not recent:
                expected.append(f"{kind} at {system}")
    assert result.facts["stale"] == sorted(expected)
    assert result.facts["missing"] == sorted(set(KINDS) - set().union(*map(held, items)))


@given(logs(), st.data())
def test_what_is_hidden_never_changes_a_decided_answer(
    items: list[Item], data: st.DataObject
) -> None:
    truth = run("fresh-values", items, FRESH, None)
    seen, hidden = [], False
    for item in items:
        how = data.draw(st.sampled_from(["seen", "gone", "content", "extent"]))
        hidden = hidden or how == "gone"
        if how != "gone":
            seen.append(item if how == "seen" else without(item, how))
    result = run("fresh-values", seen, FRESH, HIDDEN if hidden else None)
    if "missing" in result.facts:
        assert result.facts["missing"] == truth.facts["missing"]
    if result.facts.get("stale"):
        assert set(result.facts["stale"]) <= set(truth.facts["stale"])
    elif "stale" in result.facts:
        assert truth.facts["stale"] == []


def test_systems_are_partitions_and_a_fresh_neighbour_does_not_help() -> None:
    items = [log(0, "a", frozenset({"access"}), 1), log(1, "a", frozenset({"access"}), 30)]
    hosts = [
        Item(item.id, item.facts, target="fleet", partition=name)
        for item, name in zip(items, ("web-1", "web-2"), strict=True)
    ]
    args = FRESH | {"wanted": ["access"]}
    assert run("fresh-values", items, args, None).facts["stale"] == []
    assert run("fresh-values", hosts, args, None).facts["stale"] == ["access at web-2"]


def trail(number: int, target: str, regions: bool, data_events: str) -> Item:
    coverage = {"every_region": regions, "data_events": data_events}
    return Item(f"trail-{number}", {"coverage": coverage}, target=target)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.booleans(), st.sampled_from(["all", "none"])),
        max_size=5,
    ),
    st.data(),
)
def test_each_target_needs_one_resource_with_everything(
    rows: list[tuple[str, bool, str]], data: st.DataObject
) -> None:
    args = {"wanted": {"coverage.every_region": True, "coverage.data_events": "all"}}
    items = [trail(number, *row) for number, row in enumerate(rows)]
    good = {target for target, regions, events in rows if regions and events == "all"}
    truth = sorted({target for target, _, _ in rows} - good)
    assert run("each-target-has", items, args, None).facts == {"without": truth}
    seen = [without(item, "coverage") if data.draw(st.booleans()) else item for item in items]
    result = run("each-target-has", seen, args, None)
    if result.facts.get("without"):
        assert set(result.facts["without"]) <= set(truth)
    elif result.facts:
        assert truth == []


def test_a_target_without_the_facts_in_half_a_list_is_undecided() -> None:
    args = {"wanted": {"coverage.every_region": True}}
    items = [trail(1, "a", False, "all")]
    assert run("each-target-has", items, args, HIDDEN).missing == {"without": HIDDEN}


def test_one_fact_that_differs_settles_a_resource_whose_others_are_unread() -> None:
    item = Item(
        "t", {"coverage": {"every_region": False}}, {"coverage.data_events": HIDDEN}, target="a"
    )
    args = {"wanted": {"coverage.every_region": True, "coverage.data_events": "all"}}
    assert run("each-target-has", [item], args, None).facts == {"without": ["a"]}
