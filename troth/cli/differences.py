"""What ``troth diff`` shows: the changes between two runs as text, as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from troth.history.changes import Change, Digest, Event
from troth.model import POPULATION
from troth.notify.phrases import NOTES, counted, heading
from troth.report.brief import NAME, TEXT, cut
from troth.report.html.words import instant
from troth.report.jsontext import indented
from troth.report.marked import code, words
from troth.report.words import harmless, plural

if TYPE_CHECKING:
    from rich.console import Console

    from troth.history.reading import Night

#: How many changes of a sort are told before the rest is counted.
SHOWN = 10
_STYLES = {
    Change.NEW: "bold red", Change.REGRESSED: "bold red", Change.WAIVER_EXPIRED: "bold red",
    Change.COVERAGE_LOST: "bold yellow", Change.FIXED: "bold green", Change.STILL: "bold",
}  # fmt: skip
_NOTHING = "Nothing changed."


class Difference(NamedTuple):
    """Two runs and what changed from one to the other; ``most`` limits what is told, None not."""

    old: Night
    new: Night
    digest: Digest
    most: int | None

    def sections(self) -> Iterator[tuple[Change, Sequence[Event], int]]:
        """Yield each sort of change that there is, its first events, and how many more there are.

        They come in the order of :class:`~troth.history.changes.Change`.
        """
        for change in Change:
            mine = [event for event in self.digest.events if event.change is change]
            if mine:
                first = mine[: self.most]
                yield change, first, len(mine) - len(first)


def show(found: Difference, console: Console) -> None:
    """Write the changes for people, one a line."""
    from rich.text import Text

    for said, night in (("from", found.old), ("to  ", found.new)):
        console.print(Text(f"{said} {harmless(_run(night))}"), soft_wrap=True)
    for change, first, rest in found.sections():
        console.print()
        title = f"{heading(change)}: {len(first) + rest}"
        console.print(Text(title, _STYLES.get(change, "bold")), soft_wrap=True)
        if change in NOTES:
            console.print(Text(NOTES[change]), soft_wrap=True)
        for event in first:
            console.print(Text(f"  {harmless(line(event))}"), soft_wrap=True)
        if rest:
            console.print(Text(f"  … and {rest} more: troth diff --all"), soft_wrap=True)
    console.print()
    console.print(Text(_sum(found)), soft_wrap=True)


def line(event: Event) -> str:
    """Return a change as one line, not made harmless yet."""
    if not event.clause:
        return cut(event.text, TEXT)
    on = _place(event)
    head = f"{event.policy}/{event.clause} {event.severity} {event.control}{on and ': '}{on}"
    named = f"  {event.finding}" if event.finding else ""
    return f"{head}: {cut(event.text, TEXT)}{named}"


def write_json(found: Difference, out: TextIO) -> None:
    """Write all changes as one JSON document; its schema is ``troth schema diff``."""
    digest = found.digest
    counts = {change.value: len(first) + rest for change, first, rest in found.sections()}
    body = {
        "schema": 1,
        "scope": digest.scope,
        "old": _body(found.old),
        "new": _body(found.new),
        "counts": counts,
        "events": [event._asdict() | {"change": event.change.value} for event in digest.events],
    }
    out.write(indented(body) + "\n")


def write_markdown(found: Difference, out: TextIO) -> None:
    """Write the changes as Markdown, for a comment at a pull request."""
    old, new = code(found.old.id), code(found.new.id)
    out.write(f"# What changed\n\nFrom run {old} to run {new}: {words(_sum(found))}\n")
    for change, first, rest in found.sections():
        out.write(f"\n## {heading(change)} ({len(first) + rest})\n\n")
        if change in NOTES:
            out.write(f"{NOTES[change]}\n\n")
        out.writelines(_item(event) for event in first)
        if rest:
            out.write(f"- … and {rest} more: {code('troth diff --all')}\n")


def _item(event: Event) -> str:
    """Return an item of a list, which begins with code so that no list begins in it."""
    text = words(cut(event.text, TEXT))
    if not event.clause:
        return f"- {code(event.policy or event.target or 'troth')} {text}\n"
    place = [code(event.target), code(cut(event.resource, NAME))] if _place(event) else []
    head = [code(f"{event.policy}/{event.clause}"), f"**{event.severity}**", code(event.control)]
    return f"- {' '.join(part for part in (*head, *place) if part)}: {text}\n"


def _place(event: Event) -> str:
    """Return where something was found; a finding on all resources together names none."""
    if event.resource == POPULATION:
        return ""
    return f"{event.target} {cut(event.resource, NAME)}".strip()


def _run(night: Night) -> str:
    partial = ", interrupted" if night.body["state"] == "partial" else ""
    return f"{night.id}, judged at {instant(night.as_of)}{partial}"


def _body(night: Night) -> dict[str, object]:
    said = night.body
    return {
        "run": night.id, "as_of": night.as_of, "state": said["state"],
        "exit_code": said["exit_code"], "counts": dict(night.counts),
    }  # fmt: skip


def _sum(found: Difference) -> str:
    """Return the numbers in one sentence; what is as it was does not count as a change."""
    numbers = dict.fromkeys(Change, 0)
    for event in found.digest.events:
        numbers[event.change] += 1
    told = [counted(change, n) for change, n in numbers.items() if n and change != Change.STILL]
    still = numbers[Change.STILL]
    rest = f" {plural(still, 'finding is', 'findings are')} still broken." if still else ""
    unknown = found.new.counts["unknown"]
    rest += f" {plural(unknown, 'clause is', 'clauses are')} unknown." if unknown else ""
    return (f"{', '.join(told)}.".capitalize() if told else _NOTHING) + rest
