"""The first page: how the promises stand, whether troth still looks, what changed last night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from troth.history import trend
from troth.history.reading import History, Night
from troth.report.trend import lasted
from troth.report.words import plural
from troth.serve import changes, endings, pictures, words
from troth.serve.pictures import Picture

#: A night that is later than this is missing: a day, and half a day for slow ones.
STALE = timedelta(hours=36)
#: How many days and sorts of endings the first page names.
ENDINGS = 8
_TALL, _LOW = 96, 28


class Document(NamedTuple):
    """A document of the last run: how many of its clauses stand how, and how that went."""

    policy: str
    title: str
    counts: Mapping[str, int]
    total: int
    picture: Picture


class Page(NamedTuple):
    """All that the template asks for."""

    name: str
    said: str
    night: Night
    age: str
    stale: bool
    nights: Sequence[Night]
    picture: Picture
    documents: Sequence[Document]
    dropped: Sequence[str]
    since: Night | None
    changes: Sequence[changes.Group]
    soon: Sequence[endings.Row]
    soon_rest: int
    lapsed: int


def page(history: History, now: datetime) -> Page:
    """Return the first page as of ``now``, which is aware."""
    nights = history.nights(pictures.NIGHTS)[::-1]
    night = nights[-1]
    name, said = headline(night.counts)
    age = now - datetime.fromisoformat(night.body["finished_at"] or night.body["recorded_at"])
    ends = endings.page(history, night, now.date())
    spans = history.clause_spans()
    documents = _documents(history, night, nights)
    known = {document.policy for document in documents}
    return Page(
        name=name,
        said=said,
        night=night,
        age=lasted(age),
        stale=age > STALE,
        nights=nights,
        picture=pictures.columns(nights, [one.counts for one in nights], _TALL, _went(nights)),
        documents=documents,
        dropped=sorted({policy for policy, _ in spans} - known),
        since=history.before(night),
        changes=changes.of(history, night, changes.OVERVIEW),
        soon=ends.soon[:ENDINGS],
        soon_rest=max(len(ends.soon) - ENDINGS, 0),
        lapsed=len(ends.lapsed),
    )


def headline(counts: Mapping[str, int]) -> tuple[str, str]:
    """Return the class and the sentence for the counts of a run.

    What is broken comes before what nobody knows.
    """
    judged = sum(counts.values())
    for state, said in (("broken", "broken"), ("unknown", "unknown"), ("waived", "waived")):
        number = counts.get(state, 0)
        if number:
            are = "is" if number == 1 else "are"
            text = f"{number:,} of {plural(judged, 'promise')} {are} {said}"
            return words.CLASSES[state], text
    if not judged:
        return "unknown", "No promise was judged"
    return "pass", "Every promise is kept"


def _went(nights: Sequence[Night]) -> str:
    """Return the first and the last night in numbers."""
    ends = (nights[0], nights[-1]) if len(nights) > 1 else (nights[0],)
    return "; ".join(f"{night.as_of[:10]}: {_counted(night.counts)}" for night in ends)


def _counted(counts: Mapping[str, int]) -> str:
    said = [f"{counts[one]:,} {words.LABELS[one]}" for one in words.CLASSES if counts.get(one)]
    return ", ".join(said) or "nothing was judged"


def _documents(history: History, night: Night, nights: Sequence[Night]) -> list[Document]:
    went: Mapping[str, Sequence[Mapping[str, int]]] = trend.by_document(
        nights, history.clause_spans()
    )
    found = []
    for document in history.promises(night):
        counts = went.get(document["policy"], [{} for _ in nights])
        said = (
            f"broken in each night: {', '.join(str(one.get('broken', 0)) for one in counts[-14:])}"
        )
        found.append(
            Document(
                document["policy"], document["title"], counts[-1], sum(counts[-1].values()),
                pictures.columns(nights, counts, _LOW, said),
            )
        )  # fmt: skip
    return found
