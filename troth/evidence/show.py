"""What a bag says of itself, in a few lines; nothing is proved by reading it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from troth import canonical, record
from troth.errors import IntegrityError
from troth.evidence import archive, bag, population, sigstore, unpack, verify
from troth.model import Verdict
from troth.report.words import LABELS, harmless, plural, taken_over

_ORDER = (Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE, None)


def lines(path: Path) -> list[str]:
    """Return the description of a bag or its archive, a line each, harmless to a terminal.

    Raises :class:`~troth.errors.IntegrityError` if it cannot be read as a bag.
    """
    try:
        with archive.opened(path) as folder:
            bag.check_plain(folder)
            return [harmless(line) for line in _lines(folder)]
    except (AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        text = f"{path} cannot be read as a bag: {error!r:.200}"
        raise IntegrityError(f"{text}; troth evidence verify says more") from error


def _lines(folder: Path) -> Iterator[str]:
    data, info, envelope = folder / bag.DATA, bag.read_info(folder), unpack.envelope_of(folder)
    summary = record.get_json(data / record.RESULTS)
    for label, value in info.items():
        yield f"{label}: {value}"
    yield f"Looked at: {envelope['started_at']} to {envelope['finished_at']}"
    if older := taken_over(envelope):
        yield f"Taken over: {older}"
    yield f"Judged as of: {summary['as_of']}"
    yield f"Tag-Manifest: {bag.sha256(folder / bag.TAGMANIFEST)}"
    for policy in summary["policies"]:
        rows = [row for row in summary["clauses"] if row["policy"] == policy["id"]]
        yield f"{policy['id']}: {counts(rows)}"
    yield f"findings: {summary['findings']['count']}"
    yield _population(data / population.FOLDER)
    yield from _signatures(folder)


def counts(rows: list[Mapping[str, Any]]) -> str:
    """Return how many clauses have which verdict, in words."""
    found = Counter(row["verdict"] for row in rows)
    told = [f"{found[verdict]} {LABELS[verdict]}" for verdict in _ORDER if found[verdict]]
    waived = sum(bool(row.get("waived")) for row in rows)
    return ", ".join(told) + (f"; {waived} of the broken ones waived" if waived else "")


def _population(folder: Path) -> str:
    units = [canonical.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    listed, read = (sum(unit[key] for unit in units) for key in ("listed", "observed"))
    partial = sum(not unit["complete"] for unit in units)
    return (
        f"population: {plural(listed, 'resource')} in {plural(len(units), 'list')}, "
        f"{read} read whole; {partial} of the lists not complete"
    )


def _signatures(folder: Path) -> Iterator[str]:
    names = verify.signature_names(folder)
    for name in names:
        made = sigstore.read((folder / name).read_bytes())
        stamped = "with a timestamp" if made.token else "without a timestamp"
        yield f"signature: {name}, said to be by key {made.keyid}, {stamped}"
    told = "not checked here; troth evidence verify does" if names else "none; it is not signed"
    yield f"signatures: {told}"
