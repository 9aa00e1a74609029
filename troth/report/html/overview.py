"""The top of the page: the verdict in one sentence, the numbers, a bar per document, the alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from troth.model import Severity, Verdict
from troth.report.account import Account
from troth.report.brief import is_half_waived
from troth.report.html.tallies import Key, Tally
from troth.report.html.words import LABELS
from troth.report.words import plural

Row = Mapping[str, Any]

#: How many broken promises are named at the top.
ALARMS = 30
_MISSING = Tally()


class Share(NamedTuple):
    """How many clauses have a verdict, and the part of a bar that stands for them, in percent."""

    name: str
    label: str
    number: int
    x: float
    width: float


class Document(NamedTuple):
    """A policy's numbers: ``shares`` in the order of the bar, without those of no clause."""

    id: str
    title: str
    total: int
    counts: Mapping[str, int]
    shares: Sequence[Share]
    said: str


class Alarm(NamedTuple):
    """A broken promise at the top of the page."""

    anchor: str
    policy: str
    clause: str
    promise: str
    severity: str
    broken: int


class Headline(NamedTuple):
    """The verdict: a verdict's name for its colour, one sentence, and what goes with it."""

    name: str
    said: str
    besides: str


def verdict_of(clause: Row) -> str:
    """Return a clause's verdict by the names of the page; a waived fail is ``waived``."""
    if clause["verdict"] == Verdict.FAIL and clause["waived"]:
        return "waived"
    return clause["verdict"] or "informative"


def anchor(policy: str, clause: str) -> str:
    """Return the id of a clause's place on the page."""
    return f"{policy}/{clause}"


def documents(account: Account) -> list[Document]:
    """Return the documents of a run, in its order."""
    found = []
    for policy in account.summary["policies"]:
        rows = [row for row in account.clauses if row["policy"] == policy["id"]]
        counts = Counter(verdict_of(row) for row in rows)
        shares = _shares(counts)
        said = ", ".join(f"{share.number} {share.label}" for share in shares) or "no clause"
        found.append(Document(policy["id"], policy["title"], len(rows), counts, shares, said))
    return found


def _shares(counts: Mapping[str, int]) -> list[Share]:
    found: list[Share] = []
    total = sum(counts.values())
    before = 0
    for name, label in LABELS.items():
        number = counts.get(name, 0)
        if number:
            x, end = (round(100 * part / total, 3) for part in (before, before + number))
            found.append(Share(name, label, number, x, round(end - x, 3)))
        before += number
    return found


def headline(clauses: Iterable[Row]) -> Headline:
    """Return the verdict on the whole run; what is broken comes before what nobody knows."""
    rows = list(clauses)
    counts = Counter(verdict_of(row) for row in rows)
    judged = counts.total() - counts["informative"]
    half = sum(map(is_half_waived, rows))
    besides = _besides(counts, half)
    if counts["fail"]:
        said = f"{counts['fail']} of {plural(judged, 'promise')} {_are(counts['fail'])} broken"
        return Headline("fail", said, besides)
    if counts["unknown"]:
        said = f"{counts['unknown']} of {plural(judged, 'promise')} could not be decided"
        return Headline("unknown", said, f"None is known to be broken. {besides}")
    if not judged:
        return Headline("unknown", "No promise was judged", "")
    if counts["waived"]:
        said = f"{counts['waived']} of {plural(judged, 'promise')} {_are(counts['waived'])} waived"
        if half:
            of = "it" if counts["waived"] == 1 else f"{half} of them"
            return Headline("unknown", f"{said}, but something of {of} is unknown", besides)
        return Headline("waived", said, besides)
    return Headline("pass", "Every promise is kept", besides)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _besides(counts: Mapping[str, int], half: int) -> str:
    said = [
        f"{counts[name]} {LABELS[name]}"
        for name in ("waived", "unknown", "pass", "not-applicable")
        if counts[name]
    ]
    text = ", ".join(said).capitalize() + "." if said else ""
    if half:
        text += f" Of {half} waived something is unknown."
    return text


def alarms(account: Account, tallies: Mapping[Key, Tally]) -> list[Alarm]:
    """Return the broken promises, the severest first, then in the documents' order."""
    found = []
    for row in account.clauses:
        if verdict_of(row) == "fail":
            tally = tallies.get((row["policy"], row["clause"]), _MISSING)
            where = anchor(row["policy"], row["clause"])
            about = (row["policy"], row["clause"], row["promise"], tally.severity, tally.broken)
            found.append(Alarm(where, *about))
    return sorted(found, key=lambda one: -Severity[one.severity.upper()] if one.severity else 0)
