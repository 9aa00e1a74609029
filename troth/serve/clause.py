"""The page of a clause: how it went over time, what stands against it now, and who waived it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from troth.errors import UsageError
from troth.history.reading import History, Night, Span, Standing
from troth.report.trend import mending, told
from troth.serve import document, endings, pictures, words
from troth.serve.pictures import Picture

#: How many findings of each state are shown, and how many spans.
FINDINGS = 100
SPANS = 100

#: The states that somebody has to look at: verdict, waived or not.
_LOOKED_AT: Mapping[str, tuple[str, bool]] = {
    "broken": ("fail", False),
    "waived": ("fail", True),
    "unknown": ("unknown", False),
}


class Block(NamedTuple):
    """The findings of one state: the first of them, and how many there are in all."""

    state: str
    total: int
    findings: Sequence[Standing]

    @property
    def rest(self) -> int:
        """Return how many are counted but not shown."""
        return self.total - len(self.findings)


class Page(NamedTuple):
    """All that the template asks for; ``asked`` is None where only earlier runs judged it."""

    policy: str
    number: str
    title: str
    asked: Mapping[str, Any] | None
    night: Night
    nights: Sequence[Night]
    state: str
    told: str
    mending: str
    picture: Picture | None
    spans: Sequence[Span]
    spans_rest: int
    blocks: Sequence[Block]
    others: Mapping[str, int]
    waivers: Sequence[endings.Row]


def page(history: History, policy: str, number: str, today: date) -> Page:
    """Return the page of a clause; raises :class:`~troth.errors.UsageError` for none."""
    nights = history.nights(pictures.NIGHTS)[::-1]
    night = nights[-1]
    spans = history.clause_spans(policy, number).get((policy, number), [])
    about = document.document_of(history, night, policy)
    rows = about["clauses"] if about else []
    asked = next((row for row in rows if row["clause"] == number), None)
    if asked is None and not spans:
        raise UsageError(f"the history has no clause '{policy}/{number}'")
    course = document.course_of(spans, night, history.first)
    tally = history.tally(night, policy, number)
    ends = endings.page(history, night, today)
    return Page(
        policy=policy,
        number=number,
        title=about["title"] if about else policy,
        asked=asked,
        night=night,
        nights=nights,
        state=course.state if course else "",
        told=told(course) if course else "",
        mending=mending(course) if course else "",
        picture=pictures.strip(nights, [(one, one.said[0]) for one in spans]) if spans else None,
        spans=spans[::-1][:SPANS],
        spans_rest=max(len(spans) - SPANS, 0),
        blocks=_blocks(history, night, policy, number, tally),
        others=_others(tally),
        waivers=endings.waivers([*ends.coming, *ends.lapsed], policy, number),
    )


def _blocks(
    history: History, night: Night, policy: str, number: str, tally: Mapping[tuple[str, bool], int]
) -> list[Block]:
    found = []
    for state, (verdict, waived) in _LOOKED_AT.items():
        total = tally.get((verdict, waived), 0)
        if total:
            first = history.standing_first(night, policy, number, verdict, FINDINGS, waived=waived)
            found.append(Block(state, total, first))
    return found


def _others(tally: Mapping[tuple[str, bool], int]) -> dict[str, int]:
    shown = set(_LOOKED_AT.values())
    return {
        words.LABELS[words.VERDICTS[verdict]]: number
        for (verdict, waived), number in sorted(tally.items())
        if (verdict, waived) not in shown
    }
