"""The page's contents in order; the clauses are made while the page is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from troth.report.account import Account
from troth.report.html import clauses, limits, looked, nights, overview, tallies, timeline, words
from troth.report.html.found import Titles
from troth.report.html.gaps import Gap
from troth.report.html.looked import Looked
from troth.report.words import taken_over

#: How many gaps of each sort are listed before the rest is counted.
GAPS = 200


class Chapter(NamedTuple):
    """A document with its clauses; these can be gone through once."""

    document: overview.Document
    timezone: str
    digest: str
    clauses: Iterator[clauses.View]


class Reads(NamedTuple):
    """How many reads were planned, and how many of them their targets do not allow."""

    planned: int
    refused: int


class Page(NamedTuple):
    """All that the template asks for."""

    summary: Mapping[str, Any]
    headline: overview.Headline
    totals: Mapping[str, int]
    awaiting: int
    documents: Sequence[overview.Document]
    alarms: Sequence[overview.Alarm]
    most_alarms: int
    facts: Sequence[tuple[str, str]]
    digests: Sequence[tuple[str, str]]
    versions: Mapping[str, str]
    reads: Reads
    targets: Sequence[str]
    looked: Looked
    gaps: Sequence[tuple[str, Sequence[Gap], int]]
    timeline: timeline.Timeline
    nights: nights.Nights | None
    limits: limits.Limits
    cut: bool
    findings: int
    labels: Mapping[str, str]
    chapters: Iterator[Chapter]


def of(account: Account) -> Page:
    """Return the page of a run; raises :class:`~troth.errors.IntegrityError` for a broken one."""
    counted = tallies.of(account.findings)
    bounds = limits.of(account.clauses)
    documents = overview.documents(account)
    seen = looked.at(account)
    return Page(
        summary=account.summary,
        headline=overview.headline(account.clauses),
        totals={name: sum(one.counts.get(name, 0) for one in documents) for name in words.LABELS},
        awaiting=sum(_awaits(row) for row in account.clauses),
        documents=documents,
        alarms=overview.alarms(account, counted),
        most_alarms=overview.ALARMS,
        facts=_facts(account),
        digests=_digests(account),
        versions=account.envelope.get("versions", {}),
        reads=_reads(account),
        targets=sorted({listed.target for listed in account.listings}),
        looked=seen,
        gaps=_gaps(seen),
        timeline=timeline.of(seen.expiries),
        nights=nights.of(account.trend),
        limits=bounds,
        cut=limits.cut(account.clauses, bounds),
        findings=len(account.findings),
        labels=words.LABELS,
        chapters=_chapters(account, documents, bounds, counted),
    )


def _chapters(
    account: Account,
    documents: Sequence[overview.Document],
    bounds: limits.Limits,
    counted: Mapping[tallies.Key, tallies.Tally],
) -> Iterator[Chapter]:
    titles = Titles(account)
    for document in documents:
        policy = account.policies[document.id]
        views = clauses.of(account, titles, document.id, bounds, counted)
        yield Chapter(document, policy.timezone, policy.digest, views)


def _gaps(seen: Looked) -> list[tuple[str, Sequence[Gap], int]]:
    """Return what went wrong, then what a system does not offer: title, the first, the rest."""
    found: list[tuple[str, Sequence[Gap], int]] = []
    for title, mine in (("", seen.gaps.errors), ("Not offered there", seen.gaps.others)):
        if mine:
            found.append((title, mine[:GAPS], max(len(mine) - GAPS, 0)))
    return found


def _awaits(clause: Mapping[str, Any]) -> bool:
    """Tell whether a clause is unknown because no control that decides it is written yet."""
    return clause["verdict"] == "unknown" and bool(clause["awaits"]) and not clause["controls"]


def _facts(account: Account) -> list[tuple[str, str]]:
    """Return who and when, as far as the envelope knows."""
    envelope = account.envelope
    times = (("Started", "started_at"), ("Finished", "finished_at"), ("Judged as of", "as_of"))
    found = [("Run", envelope["id"])] if "id" in envelope else []
    found += [("State", envelope["state"])] if "state" in envelope else []
    found += [(label, words.instant(envelope[key])) for label, key in times if envelope.get(key)]
    older = taken_over(envelope, words.instant)
    return found + ([("Taken over", older)] if older else [])


def _digests(account: Account) -> list[tuple[str, str]]:
    """Return what the run's files are known by; results judged anew have no stored digest."""
    found = []
    if "results_digest" in account.envelope:
        found.append(("results.json", account.envelope["results_digest"]))
    if "findings" in account.summary:
        found.append(("findings.jsonl", account.summary["findings"]["digest"]))
    return found


def _reads(account: Account) -> Reads:
    planned = account.plan["reads"]
    return Reads(len(planned), sum(not read["allowed"] for read in planned))
