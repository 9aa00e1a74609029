"""The page of a document: its clauses, how each stands, since when, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from troth.errors import UsageError
from troth.history import trend
from troth.history.reading import History, Night, Span
from troth.report.trend import Course, told
from troth.serve import pictures, words
from troth.serve.pictures import Picture


class Clause(NamedTuple):
    """A clause in one line; ``state`` is empty for one that is not judged."""

    number: str
    promise: str
    assess: str
    state: str
    told: str
    picture: Picture | None


class Page(NamedTuple):
    """All that the template asks for; ``asked`` is false for a document of earlier runs only."""

    policy: str
    title: str
    asked: bool
    night: Night
    nights: Sequence[Night]
    counts: Mapping[str, int]
    clauses: Sequence[Clause]


def page(history: History, policy: str) -> Page:
    """Return the page of a document; raises :class:`~troth.errors.UsageError` for none."""
    nights = history.nights(pictures.NIGHTS)[::-1]
    night = nights[-1]
    spans = {number: held for (_, number), held in history.clause_spans(policy).items()}
    asked = document_of(history, night, policy)
    if asked is None and not spans:
        raise UsageError(f"the history has no document '{policy}'")
    first = history.first
    rows: Sequence[Mapping[str, Any]] = asked["clauses"] if asked else []
    clauses = [_clause(row, spans.pop(row["clause"], []), nights, first) for row in rows]
    for number, held in spans.items():  # only earlier runs judged these
        clauses.append(_clause({"clause": number}, held, nights, first))
    counts = {state: sum(one.state == state for one in clauses) for state in words.CLASSES}
    title = asked["title"] if asked else policy
    return Page(policy, title, asked is not None, night, nights, counts, clauses)


def document_of(history: History, night: Night, policy: str) -> Mapping[str, Any] | None:
    """Return a document with its clauses as a run told them, None if the run had it not."""
    return next((one for one in history.promises(night) if one["policy"] == policy), None)


def course_of(spans: Sequence[Span], night: Night, first: int) -> Course | None:
    """Return how a clause went until the last run, None if it was never judged."""
    return trend.course(spans, night.as_of, first) if spans else None


def _clause(
    row: Mapping[str, Any], spans: Sequence[Span], nights: Sequence[Night], first: int
) -> Clause:
    course = course_of(spans, nights[-1], first)
    picture = pictures.strip(nights, [(span, span.said[0]) for span in spans]) if spans else None
    return Clause(
        row["clause"],
        row.get("promise", ""),
        row.get("assess", ""),
        course.state if course else "",
        told(course) if course else "",
        picture,
    )
