"""Sets of time, against plain sets of instants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from troth.slo.spans import Span, Spans, clip, minus, overlap, total, union

_SPAN = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda two: Span(*two))
_MANY = st.lists(_SPAN, max_size=8)


def _instants(spans: Spans) -> set[int]:
    return {at for begin, end in spans for at in range(begin, end)}


def _is_normal(spans: Spans) -> bool:
    ends = [at for span in spans for at in span]
    return ends == sorted(set(ends))


@given(_MANY, _MANY)
def test_they_are_what_sets_of_instants_are(one: list[Span], other: list[Span]) -> None:
    ours, theirs = union(one), union(other)
    assert _instants(ours) == {at for begin, end in one for at in range(begin, end)}
    assert _instants(minus(ours, theirs)) == _instants(ours) - _instants(theirs)
    assert _instants(overlap(ours, theirs)) == _instants(ours) & _instants(theirs)
    assert total(ours) == len(_instants(ours))
    for found in (ours, minus(ours, theirs), overlap(ours, theirs)):
        assert _is_normal(found)


@given(_MANY, _SPAN)
def test_clipping_is_overlap_with_one(many: list[Span], period: Span) -> None:
    assert _instants(clip(union(many), period)) == _instants(union(many)) & _instants((period,))


def test_touching_spans_are_joined_and_empty_ones_vanish() -> None:
    assert union([Span(5, 7), Span(0, 5), Span(9, 9), Span(12, 10)]) == (Span(0, 7),)
