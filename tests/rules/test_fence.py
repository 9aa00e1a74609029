"""The fence: each form that is refused with its words, each that is allowed, and no crash."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.rules.boxes import AROUND, WHOLE
from troth.rules.fence import fence

KEYS = "facts.lock.keys"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("facts.lock.bit > 1", "facts.lock.bit: unknown fact 'bit'; did you mean 'bits'?"),
        ("facts.lok.bits > 1", "facts.lok.bits: unknown facet 'lok'; did you mean 'lock'?"),
        ("facts.lock", "facts.lock names no fact; write facts.<facet>.<fact>"),
        ("facts", "facts names no fact; write facts.<facet>.<fact>"),
        ("facts.place.room == 'a'",
         "facts.place.room: facet 'place' is not read; add it to reads:"),
        ("facts.lock.bits.size > 1",
         "facts.lock.bits.size: there is nothing below the value before 'size'"),
        ("facts.lock.owner.nam == ''",
         "facts.lock.owner.nam: unknown member 'nam'; did you mean 'name'?"),
        ("params.leest < 1", "unknown parameter 'leest'; did you mean 'least'?"),
        ("params.least.days < 1", "params.least is a plain value; drop '.days'"),
        ("params.within < 1", "params.within has several readings; choose one of "
         ".text, .days, .seconds, .ago, .ahead, .holds_leap_day"),
        ("params.within.day < 1", "params.within: unknown reading 'day'; did you mean 'days'?"),
        ("measured.shar > 1", "unknown measured fact 'shar'; did you mean 'share'?"),
        ("now > as_of", "unknown name 'now'; there is: as_of, facts, measured, params, today"),
        ("lower(today) == ''", "unknown function 'lower'; there is: contains, double, duration, "
         "endsWith, getDayOfMonth, getDayOfWeek, getFullYear, getHours, getMinutes, getMonth, "
         "getSeconds, int, matches, size, startsWith, string, timestamp"),
        ("has(facts.lock.bits)",
         "has() hides a fact that could not be read; compare the fact itself"),
        ("!(has(facts.lock.bits) && facts.lock.closed)",
         "has() hides a fact that could not be read; compare the fact itself"),
        (f"{KEYS}.complete && {KEYS}.items.all(k, k.bits > 1)",
         f"{KEYS}.items.all(…) is true of an empty list; add '{KEYS}.items.size() > 0 &&' before "
         f"it, or '{KEYS}.items.size() == 0 ||' if empty is fine"),
        # a guard of another list, or one that is not always true, guards nothing
        (f"params.rooms.size() > 0 && {KEYS}.complete && {KEYS}.items.all(k, k.bits > 1)",
         f"{KEYS}.items.all(…) is true of an empty list; add '{KEYS}.items.size() > 0 &&' before "
         f"it, or '{KEYS}.items.size() == 0 ||' if empty is fine"),
        (f"{KEYS}.items.size() >= 0 && {KEYS}.complete && {KEYS}.items.all(k, k.bits > 1)",
         f"{KEYS}.items.all(…) is true of an empty list; add '{KEYS}.items.size() > 0 &&' before "
         f"it, or '{KEYS}.items.size() == 0 ||' if empty is fine"),
        (f"{KEYS}.items.size() > -1 && {KEYS}.complete && {KEYS}.items.all(k, k.bits > 1)",
         f"{KEYS}.items.all(…) is true of an empty list; add '{KEYS}.items.size() > 0 &&' before "
         f"it, or '{KEYS}.items.size() == 0 ||' if empty is fine"),
        (f"(facts.lock.closed || {KEYS}.items.size() > 0) && {KEYS}.complete && "
         f"{KEYS}.items.all(k, k.bits > 1)",
         f"{KEYS}.items.all(…) is true of an empty list; add '{KEYS}.items.size() > 0 &&' before "
         f"it, or '{KEYS}.items.size() == 0 ||' if empty is fine"),
        (f"{KEYS}.items.filter(k, k.bits > 1).all(k, k.id != '') && {KEYS}.complete",
         "the list.all(…) is true of an empty list; add 'the list.size() > 0 &&' before it, "
         "or 'the list.size() == 0 ||' if empty is fine"),
        (f"{KEYS}.items.size() > 0",
         f"{KEYS}.items may be incomplete; the rule must read {KEYS}.complete too"),
        (f"{KEYS}.complete && {KEYS}.items.exists(k, k.bit > 1)",
         "k.bit: unknown member 'bit'; did you mean 'bits'?"),
        ("facts.lock.bits >", "not CEL: the expression ends where more is expected"),
        ("facts.lock.bits > 1 1", "not CEL: '1' is not expected at character 21"),
        ("facts.lock.bits > #", "not CEL: '#' at character 19 is not known"),
        ("today == 'now", "not CEL: the text that starts at character 10 does not end; "
         "close its quote"),
        ("facts.lock.closed & true",
         "not CEL: '&' at character 19 is not known; did you mean '&&'?"),
        ("facts.lock['bits'] > 1", "[…] takes a number here; write .name instead of ['name']"),
        ("facts[today] == ''", "[…] takes a number here; write .name instead of ['name']"),
        (f"{KEYS}['items'].size() > 0",
         "[…] takes a number here; write .name instead of ['name']"),
        (f"{KEYS}.size() > 0",
         f"{KEYS} is a list that may be incomplete; read .items and .complete"),
        (f"'items' in {KEYS}",
         f"{KEYS} is a list that may be incomplete; read .items and .complete"),
        (f"{KEYS}.complete && {KEYS}.items.exists(k)",
         "exists() takes a variable and a condition, as (k, k.on)"),
        (f"{KEYS}.complete && {KEYS}.items.exists('k', true)",
         "exists() takes a variable and a condition, as (k, k.on)"),
        ("facts.lock.closed ? true : has(facts.lock.bits)",
         "has() hides a fact that could not be read; compare the fact itself"),
        ("", "not CEL: the expression ends where more is expected"),
    ],
)  # fmt: skip
def test_what_is_refused(source: str, told: str) -> None:
    _, wrong = fence(source, AROUND)
    assert wrong == [told]


@pytest.mark.parametrize(
    "source",
    [
        "facts.lock.closed",
        "!facts.lock.closed || facts.lock.bits >= params.least",
        "facts.lock.opened_at != null && facts.lock.opened_at >= params.within.ago",
        "as_of - facts.lock.opened_at <= duration('24h')",
        "facts.lock.owner.name.startsWith('r')",
        "measured.share > 0.5",
        "today >= '2026-01-01'",
        "size(params.rooms) > 0",
        f"{KEYS}.complete && {KEYS}.items.exists(k, k.bits > 1 && 'sign' in k.uses)",
        f"{KEYS}.items.size() > 0 && {KEYS}.complete && {KEYS}.items.all(k, k.bits > 1)",
        f"{KEYS}.items.size() >= 1 && {KEYS}.complete && {KEYS}.items.all(k, k.bits > 1)",
        f"{KEYS}.complete && ({KEYS}.items.size() == 0 || {KEYS}.items.all(k, k.bits > 1))",
        f"size({KEYS}.items) > 0 && {KEYS}.complete && {KEYS}.items.all(k, k.bits > 1)",
        f"{KEYS}.complete && {KEYS}.items.exists(k, true) && {KEYS}.items.all(k, k.bits > 1)",
        f"{KEYS}.complete && {KEYS}.items.filter(k, k.bits > 1).size() == 2",
    ],
)
def test_what_is_allowed(source: str) -> None:
    _, wrong = fence(source, AROUND)
    assert wrong == []


def test_what_an_expression_reads() -> None:
    source = (
        f"facts.lock.bits >= params.least && facts.place.room in params.rooms "
        f"&& measured.share > 0.5 && {KEYS}.complete && {KEYS}.items.exists(k, k.id == today)"
    )
    reading, wrong = fence(source, WHOLE)
    assert wrong == []
    assert reading.facts == (
        ("lock", "bits"),
        ("lock", "keys", "complete"),
        ("lock", "keys", "items"),
        ("place", "room"),
    )
    assert reading.params == ("least", "rooms")
    assert reading.measured == ("share",)
    assert reading.iterates


def test_a_loop_variable_hides_a_root_of_the_same_name() -> None:
    source = f"{KEYS}.complete && {KEYS}.items.exists(params, params.bits > 1)"
    reading, wrong = fence(source, AROUND)
    assert (wrong, reading.params) == ([], ())


WORDS = st.sampled_from(
    ["facts", "lock", "keys", "items", "all", "exists", "filter", "map", "has", "size", "k", "0",
     "1", "'a'", ".", "(", ")", ",", "&&", "||", "!", "-", "==", ">", ">=", "in", "?", ":", "[",
     "]", "{", "}", "params", "measured", "true", "null"]
)  # fmt: skip


@given(st.text() | st.lists(WORDS, max_size=14).map("".join) | st.lists(WORDS).map(" ".join))
@example("size(facts)")
@example("facts.lock.keys.items.all()")
@example("facts.lock.keys.items.all(k)")
@example("facts.lock.keys.items.exists(1, true)")
@example("size() > 0 && true")
@example("size(1)")
@example("x.size(1, 2) > 0 && true")
@example("(" * 3000)
@example("!" * 3000)
@example("a" + ".b" * 3000)
@example("a" + "&&a" * 3000)
@example("[" * 500 + "]" * 500)
def test_no_text_makes_the_fence_raise(source: str) -> None:
    reading, wrong = fence(source, AROUND)
    assert all(isinstance(text, str) and text for text in wrong)
    assert all(chain[0] in ("lock", "place") for chain in reading.facts)
