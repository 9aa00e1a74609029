"""One digest as a message: a title, plain text, and Markdown.

The worst stands first, names are made harmless (:mod:`troth.notify.names`), and what does not fit
is counted. Nothing that was observed is told beyond the sentence of each event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from troth.history.changes import Change, Digest, Event
from troth.model import Verdict
from troth.notify.names import shown
from troth.notify.phrases import NOTES, counted, grouped, heading
from troth.report.marked import code, words
from troth.report.words import plural

#: Limits of a message: characters of the title, bytes of either body, events told one by one.
TITLE, BODY, ITEMS = 120, 16 * 1024, 40
#: Characters of a name of ours, of a resource, and of a sentence.
_NAME, _RESOURCE, _SENTENCE = 80, 200, 400

#: What clauses are counted by.
COUNTS = ("broken", "waived", "unknown", "kept", "not-applicable")
_PARTIAL = (
    "This run is partial: it ended before it had looked at everything, and what it did not reach "
    "counts neither as fixed nor as broken."
)
_FIRST = "No earlier run is on record."
MORE = "More: troth diff, troth history"


class Message(NamedTuple):
    """What is sent: a title of one line, and the body as plain text and as Markdown."""

    title: str
    text: str
    markdown: str


class _Style(NamedTuple):
    """How a body is written: a heading, a line of prose, an event."""

    heading: Callable[[str], str]
    prose: Callable[[str], str]
    item: Callable[[Event], str]


def message(digest: Digest, most: int = BODY) -> Message:
    """Return the message for a digest; neither body has more than ``most`` bytes of UTF-8.

    Where not even the counts fit into ``most``, as in a text message, the body only says which
    command shows more: the title has the counts.
    """
    groups = grouped(digest.events)
    text, markdown = (_fitting(digest, groups, style, most) for style in (_TEXT, _MARKDOWN))
    return Message(_title(digest, groups), text, markdown)


Groups = dict[Change, list[Event]]


def _title(digest: Digest, groups: Groups) -> str:
    """Return as many counts as a title holds, the worst first; the others are counted."""
    scope = f" ({shown(digest.scope, 40)})" if digest.scope != "main" else ""
    start = f"troth{scope}{', partial run' if digest.state == 'partial' else ''}: "
    pieces = [counted(change, len(events)) for change, events in groups.items()]
    if pieces:
        pieces[0] += _clause(next(iter(groups.values())))
    for kept in range(len(pieces), 0, -1):
        left = sum(map(len, list(groups.values())[kept:]))
        told = ", ".join([*pieces[:kept], *([plural(left, "other change")] if left else [])])
        if len(start + told) <= TITLE:
            return start + told
    return start + plural(sum(map(len, groups.values())), "change")


def _clause(events: Sequence[Event]) -> str:
    """Return the clause in parentheses if all events speak of one."""
    names = {f"{event.policy} {event.clause}" for event in events}
    return f" ({shown(names.pop(), 40)})" if len(names) == 1 and events[0].clause else ""


def _fitting(digest: Digest, groups: Groups, style: _Style, most: int) -> str:
    """Return the body with as many events as fit."""
    for told in range(min(ITEMS, sum(map(len, groups.values()))), -1, -1):
        body = _body(digest, groups, style, told)
        if len(body.encode()) <= most:
            return body
    return MORE


def _body(digest: Digest, groups: Groups, style: _Style, told: int) -> str:
    """Return the body with the first ``told`` events, and the number of the others."""
    blocks = [style.prose(_sum(groups))]
    left: Groups = {}
    for change, events in groups.items():
        some, rest = events[:told], events[told:]
        told -= len(some)
        if rest:
            left[change] = rest
        if some:
            blocks.append("\n".join(_group(change, len(events), some, style)))
    if left:
        number = sum(map(len, left.values()))
        blocks.append(style.prose(f"Not shown here: {number} ({_sum(left)[:-1]})."))
    blocks.append("\n".join(map(style.prose, _about(digest))))
    return "\n\n".join([*blocks, MORE])


def _sum(groups: Groups) -> str:
    told = ", ".join(counted(change, len(events)) for change, events in groups.items())
    return f"{told or 'nothing changed'}."


def _group(change: Change, number: int, some: Sequence[Event], style: _Style) -> list[str]:
    note = [style.prose(NOTES[change])] if change in NOTES else []
    return [style.heading(f"{heading(change)}: {number}"), *note, "", *map(style.item, some)]


def _about(digest: Digest) -> list[str]:
    """Return what a reader has to know of the run: counts, which one, against which, whether whole.

    A run that was stopped is no night that all went well.
    """
    counts = ", ".join(f"{digest.counts.get(name, 0)} {name.replace('-', ' ')}" for name in COUNTS)
    run, since = shown(digest.run, _NAME), shown(digest.since, _NAME)
    lines = [
        f"Clauses now: {counts}.",
        f"Run {run}, judged as of {shown(digest.as_of, _NAME)}, exit code {digest.exit_code}.",
        f"Changes since run {since}." if since else _FIRST,
    ]
    return [*lines, *([_PARTIAL] if digest.state == "partial" else [])]


def _names(event: Event) -> tuple[str, str]:
    """Return what an event concerns, and where: empty where it concerns no single one."""
    clause = shown(f"{event.policy} {event.clause}".strip(), _NAME)
    about = [clause, shown(event.control, _NAME), shown(event.severity, _NAME)]
    place = f"{shown(event.target, _NAME)} {shown(event.resource, _RESOURCE)}".strip()
    return ", ".join(part for part in about if part), place


def _sentence(event: Event) -> str:
    was = event.change == Change.COVERAGE_LOST and event.before == Verdict.FAIL
    return shown(event.text, _SENTENCE) + (" It was broken when it was last seen." if was else "")


def _plain_item(event: Event) -> str:
    head = ": ".join(part for part in _names(event) if part)
    return f"- {head}\n  {_sentence(event)}" if head else f"- {_sentence(event)}"


def _marked_item(event: Event) -> str:
    """Return an item of a Markdown list; it begins with code, so that no list begins in it."""
    head = ", ".join(code(part) for part in _names(event) if part)
    return f"- {head}: {words(_sentence(event))}" if head else f"- {code(_sentence(event))}"


_TEXT = _Style(heading=str, prose=str, item=_plain_item)
_MARKDOWN = _Style(heading=lambda text: f"**{text}**", prose=words, item=_marked_item)
