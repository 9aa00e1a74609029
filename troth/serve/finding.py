"""The page of a finding: what it is about, how it stands, and how it stood over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from troth.history.about import About
from troth.history.compare import State
from troth.history.reading import History, Night, Span, Standing
from troth.serve import pictures, words
from troth.serve.pictures import Picture

#: How many spans are shown.
SPANS = 200


class Held(NamedTuple):
    """A span of a finding, with its state taken apart and in the words of clauses."""

    span: Span
    state: State
    name: str


class Page(NamedTuple):
    """All that the template asks for; ``now`` is None where nothing asks this any more."""

    about: About
    night: Night
    nights: Sequence[Night]
    now: Standing | None
    state: str
    picture: Picture
    spans: Sequence[Held]
    rest: int


def page(history: History, key: str) -> Page:
    """Return the page of a finding; raises :class:`~troth.errors.UsageError` for none."""
    nights = history.nights(pictures.NIGHTS)[::-1]
    night = nights[-1]
    about, spans = history.finding_spans(key)
    held = [_held(span) for span in spans]
    now = history.standing_one(night, key)
    return Page(
        about=about,
        night=night,
        nights=nights,
        now=now,
        state=words.state_of(now.state) if now else "",
        picture=pictures.strip(nights, [(one.span, one.name) for one in held]),
        spans=held[::-1][:SPANS],
        rest=max(len(held) - SPANS, 0),
    )


def _held(span: Span) -> Held:
    state = State(*span.said)
    return Held(span, state, words.state_of(state))
