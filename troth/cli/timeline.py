"""What ``troth history`` shows: the runs, a document, a clause or a finding over time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from troth.errors import UsageError
from troth.history import trend
from troth.history.changes import Change
from troth.history.reading import History, Night, Span, Standing
from troth.report.brief import NAME, TEXT, cut
from troth.report.trend import STATES, lasted, mending, told
from troth.report.words import LABELS, harmless

if TYPE_CHECKING:
    from rich.console import Console

#: How many runs, spans or findings are shown unless everything is wanted.
SHOWN = 20
_FINDING = re.compile(r"f-[0-9a-f]{20}")
_STYLES = {"broken": "bold red", "waived": "cyan", "unknown": "yellow", "kept": "green"}
#: Changes that are not counted in the list of runs: they come and go by day, or concern no promise.
_QUIET = frozenset({Change.RESOURCE_ADDED, Change.RESOURCE_GONE})
_CLAUSES = "troth history shows the runs, and troth list clauses the clauses"


def runs(history: History, console: Console, *, whole: bool) -> None:
    """Write the recorded runs, the last one first, each with its numbers and changes."""
    nights = history.nights(None if whole else SHOWN + 1)
    shown = nights if whole else nights[:SHOWN]
    changes = history.changes(shown)
    table = Table(box=None, pad_edge=False)
    for title in ("run", "judged at", "exit"):
        table.add_column(title, no_wrap=True)
    _states(table)
    table.add_column("changes")
    for night in shown:
        table.add_row(*_row(night, changes[night.seq]))
    console.print(table)
    if len(nights) > len(shown):
        _say(console, "… and earlier ones: troth history --all")


def _row(night: Night, changes: Mapping[Change, int]) -> list[Text]:
    partial = " (interrupted)" if night.body["state"] == "partial" else ""
    cells = [f"{night.id}{partial}", _minute(night.as_of), str(night.body["exit_code"])]
    cells += [str(night.counts[state] or "") for state in STATES]
    numbers = [f"{changes[one]} {one}" for one in Change if one in changes and one not in _QUIET]
    return [Text(harmless(cell)) for cell in (*cells, ", ".join(numbers))]


def of(history: History, name: str, console: Console, *, whole: bool) -> None:
    """Write how a clause, a document or a finding stood; raises :class:`UsageError` for none."""
    policy, slash, clause = name.partition("/")
    if _FINDING.fullmatch(name):
        _finding(history, name, console, whole=whole)
        return
    spans = history.clause_spans(policy, clause)
    if not spans:
        text = f"the history knows no clause or document '{name}'"
        raise UsageError(f"{text}; {_CLAUSES}, and troth diff the findings")
    last = history.nights(1)[0]
    if slash:
        _clause(history, last, spans, console, whole=whole)
    else:
        _document(history, last, spans, console, whole=whole)


def _clause(
    history: History, last: Night, spans: Mapping[tuple[str, str], Sequence[Span]],
    console: Console, *, whole: bool,
) -> None:  # fmt: skip
    ((policy, clause), held), *_ = spans.items()
    course = trend.course(held, last.as_of, history.first)
    _say(console, f"{policy}/{clause}  {_promise(history, last, policy, clause)}", "bold")
    _say(console, f"Now      {told(course)}", _STYLES.get(course.state, ""))
    _say(console, f"In all   {mending(course)}")
    rows = [(span, span.said[0]) for span in held]
    _spans(console, rows, last.as_of, whole=whole)
    numbers = history.tally(last, policy, clause)
    for title, verdict in (("broken", "fail"), ("unknown", "unknown")):
        number = numbers.get((verdict, False), 0) + numbers.get((verdict, True), 0)
        most = number if whole else SHOWN
        first = history.standing_first(last, policy, clause, verdict, most) if number else []
        _standing(console, first, title, number)


def _title(history: History, last: Night, policy: str) -> str:
    titles = {row["policy"]: str(row["title"]) for row in history.promises(last)}
    return cut(titles.get(policy, ""), TEXT)


def _promise(history: History, last: Night, policy: str, clause: str) -> str:
    for document in history.promises(last):
        for row in document["clauses"]:
            if (document["policy"], row["clause"]) == (policy, clause):
                return cut(str(row["promise"]), TEXT)
    return ""


def _document(
    history: History, last: Night, spans: Mapping[tuple[str, str], Sequence[Span]],
    console: Console, *, whole: bool,
) -> None:  # fmt: skip
    nights = history.nights(None if whole else SHOWN)
    ((policy, counts),) = trend.by_document(nights, spans).items()
    _say(console, f"{policy}  {_title(history, last, policy)}", "bold")
    table = Table(box=None, pad_edge=False)
    table.add_column("judged at")
    _states(table)
    for night, counted in zip(nights, counts, strict=True):
        if counted:
            numbers = [str(counted[state] or "") for state in STATES]
            table.add_row(_minute(night.as_of), *numbers)
    console.print(table)
    console.print()
    for (_, clause), held in sorted(spans.items(), key=lambda one: one[1][0].first):
        course = trend.course(held, last.as_of, history.first)
        if course.state != "kept" or course.times or whole:
            _say(console, f"{policy}/{clause}  {told(course)}", _STYLES.get(course.state, ""))


def _finding(history: History, name: str, console: Console, *, whole: bool) -> None:
    about, held = history.finding_spans(name)
    last = history.nights(1)[0]
    _say(console, f"{about.policy}/{about.clause}  {about.control}", "bold")
    _say(console, f"{about.target} {cut(about.resource, NAME)}".strip())
    _spans(console, [(span, _verdict(span)) for span in held], last.as_of, whole=whole)


def _verdict(span: Span) -> str:
    """Return what a finding's span says: verdict, reason, waiver."""
    verdict, reason, waiver, severity, looked = span.said
    said = LABELS[verdict]
    if verdict == "fail":
        said += f" ({severity})" + (f", waived by {waiver}" if waiver else "")
    return said + (f" ({reason})" if reason else "") + ("" if looked else ", nobody could look")


def _spans(
    console: Console, rows: Sequence[tuple[Span, str]], now: str, *, whole: bool
) -> None:  # fmt: skip
    """Write how something stood, the latest first."""
    console.print()
    latest = list(reversed(rows))
    for span, said in latest if whole else latest[:SHOWN]:
        end = span.until or now
        ended = f"to {_minute(span.until)}" if span.until else "and still"
        lasts = lasted(trend.between(span.at, end))
        _say(console, f"from {_minute(span.at)} {ended}  {said}, {lasts}")
    if not whole and len(latest) > SHOWN:
        _say(console, f"… and {len(latest) - SHOWN} earlier: --all")


def _standing(console: Console, rows: Sequence[Standing], title: str, number: int) -> None:
    """Write the first of a number of findings."""
    if not number:
        return
    console.print()
    _say(console, f"{title.capitalize()} now: {number}", _STYLES[title])
    for one in rows:
        about = one.about
        place = f"{about.target} {cut(about.resource, NAME)}".strip()
        why = cut(str(one.detail.get("why", "")), TEXT)
        waived = f" (waived by {one.state.waiver})" if one.state.waiver else ""
        said = f"{about.control}: {place}: {why}{waived}"
        _say(console, f"  {about.key} since {one.at[:10]}  {said}")
    if number > len(rows):
        _say(console, f"  … and {number - len(rows)} more: --all")


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text(harmless(text), style), soft_wrap=True)


def _states(table: Table) -> None:
    for state in STATES:
        label = "n/a" if state == "not-applicable" else state
        table.add_column(label, justify="right", no_wrap=True, style=_STYLES.get(state, ""))


def _minute(moment: str) -> str:
    """Return an instant to the minute, in UTC: ``2026-11-22 04:11Z``."""
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%MZ}"
