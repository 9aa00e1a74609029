"""Figures of a run as OpenMetrics text, for node_exporter's textfile collector.

The same bytes are OpenMetrics 1.0 and Prometheus' older text format, which node_exporter reads:
gauges only, no time stamps, no type that the older format lacks. Nothing that a scanned system
names becomes a label but the partitions it was looked for in, so the number of series does not grow
with the number of resources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple, TextIO

from troth.collect import shards
from troth.model import Verdict
from troth.report.account import Account
from troth.report.words import harmless


class _Sample(NamedTuple):
    labels: Mapping[str, str]
    value: float


class _Family(NamedTuple):
    """One metric: name, unit (the name's ending, or none), what it says, its samples."""

    name: str
    unit: str
    help: str
    samples: Iterator[_Sample]


def write(account: Account, out: TextIO) -> None:
    """Write every metric with its type and help, and the end mark of OpenMetrics."""
    for family in _families(account):
        out.write(f"# TYPE {family.name} gauge\n")
        if family.unit:
            out.write(f"# UNIT {family.name} {family.unit}\n")
        out.write(f"# HELP {family.name} {family.help}\n")
        for sample in family.samples:
            out.write(f"{family.name}{_labels(sample.labels)} {_number(sample.value)}\n")
    out.write("# EOF\n")


def _families(account: Account) -> Iterator[_Family]:
    yield _Family(
        "troth_version", "", "The version of troth that judged; always 1.", _version(account)
    )
    yield from _run(account)
    yield _Family("troth_clauses", "", "Clauses by document and verdict.", _clauses(account))
    about = "Broken clauses of which every broken finding is waived."
    yield _Family("troth_waived_clauses", "", about, _waived(account))
    about = "Findings by document, control, severity and verdict; waived ones apart."
    yield _Family("troth_findings", "", about, _findings(account))
    about = "Findings that could not be decided, by document and reason."
    yield _Family("troth_unknown_findings", "", about, _unknown(account))
    about = "Whether everything that exists there could be listed: 1 or 0."
    yield _Family("troth_listing_complete", "", about, _listings(account))
    about = "Lists and facts of resources that could not be read, by target, checker and reason."
    yield _Family("troth_collection_errors", "", about, _errors(account))
    about = "When a waiver ends: Unix time of the midnight, UTC, after its last day."
    name = "troth_waiver_expiry_timestamp_seconds"
    yield _Family(name, "seconds", about, _waivers(account))


def _run(account: Account) -> Iterator[_Family]:
    """Return when the run was, how long it took and whether it came to its end."""
    envelope = account.envelope
    as_of = _unix(account.summary["as_of"])
    about = "The time that was judged, as Unix time."
    yield _Family("troth_judged_timestamp_seconds", "seconds", about, _one(as_of))
    if "finished_at" in envelope:
        start, end = _unix(envelope["started_at"]), _unix(envelope["finished_at"])
        about = "When the run ended, as Unix time."
        yield _Family("troth_last_run_timestamp_seconds", "seconds", about, _one(end))
        about = "How long the run took."
        duration = round(end - start, 3)
        yield _Family("troth_run_duration_seconds", "seconds", about, _one(duration))
    complete = not account.summary["partial"]
    about = "Whether the run came to its end: 1, or 0 when it was interrupted."
    yield _Family("troth_run_complete", "", about, _one(complete))


def _one(value: float) -> Iterator[_Sample]:
    yield _Sample({}, value)


def _version(account: Account) -> Iterator[_Sample]:
    version = account.envelope.get("versions", {}).get("troth")
    if version:
        yield _Sample({"version": version}, 1)


def _clauses(account: Account) -> Iterator[_Sample]:
    for policy, counts in account.counts().items():
        for verdict, number in counts.items():
            yield _Sample({"policy": policy, "verdict": verdict or "informative"}, number)


def _waived(account: Account) -> Iterator[_Sample]:
    for policy in account.summary["policies"]:
        rows = [row for row in account.clauses if row["policy"] == policy["id"]]
        yield _Sample({"policy": policy["id"]}, sum(row["waived"] for row in rows))


def _findings(account: Account) -> Iterator[_Sample]:
    names = ("policy", "control", "severity", "verdict", "waived")
    found = Counter(
        (*(row[name] for name in names[:-1]), "true" if "waiver" in row else "false")
        for row in account.findings
    )
    for key, number in sorted(found.items()):
        yield _Sample(dict(zip(names, key, strict=True)), number)


def _unknown(account: Account) -> Iterator[_Sample]:
    found = Counter(
        (row["policy"], row["reason"])
        for row in account.findings
        if row["verdict"] == Verdict.UNKNOWN
    )
    for (policy, reason), number in sorted(found.items()):
        yield _Sample({"policy": policy, "reason": reason}, number)


def _listings(account: Account) -> Iterator[_Sample]:
    for one in account.listings:
        labels = {"target": one.target, "checker": one.checker, "partition": one.partition}
        yield _Sample(labels, one.complete)


def _errors(account: Account) -> Iterator[_Sample]:
    """Count what failed while looking: each once, however many clauses it leaves undecided."""
    found: Counter[tuple[str, str, str]] = Counter()
    for one in account.listings:
        _, lines = shards.read(account.folder / one.file)
        seen = (facet for line in lines for facet in line["facets"].values())
        failures = [one.failure, *(facet.get("failure") for facet in seen)]
        found.update((one.target, one.checker, each["reason"]) for each in failures if each)
    for (target, checker, reason), number in sorted(found.items()):
        yield _Sample({"target": target, "checker": checker, "reason": reason}, number)


def _waivers(account: Account) -> Iterator[_Sample]:
    """Return the end of each waiver; it counts through the whole of its last day."""
    for row in account.summary["waivers"]:
        # By days, because the last day of the calendar has no midnight after it.
        days = (date.fromisoformat(row["expires_on"]) - date(1970, 1, 1)).days + 1
        labels = {name: row[name] for name in ("policy", "clause", "state")}
        yield _Sample({"waiver": row["id"], **labels}, days * 86_400)


def _unix(instant: str) -> float:
    """Return an ISO 8601 instant with offset as seconds since 1970."""
    return datetime.fromisoformat(instant).timestamp()


def _labels(labels: Mapping[str, str]) -> str:
    """Return ``{name="value",…}``, escaped as OpenMetrics 1.0 (ABNF, escaped-string) asks."""
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_text(value)}"' for name, value in labels.items()) + "}"


def _text(value: str) -> str:
    return harmless(value).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    """Return a number as plain digits: whole ones without point, never with an exponent."""
    return str(int(value)) if value == int(value) else f"{value:.3f}"
