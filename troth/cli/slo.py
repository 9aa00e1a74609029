"""``troth slo``: the ledger of a clause about availability, outage by outage."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from troth import canonical
from troth.cli import common, fail
from troth.errors import Exit, UsageError
from troth.ledger import Ledger, ledgers
from troth.measures.availability import Held
from troth.model import Failure
from troth.report.words import harmless
from troth.slo import words
from troth.slo.periods import instant
from troth.slo.reckoning import Bounds, Entry, Reckoned, ledger
from troth.verdicts import first


@click.command("slo")
@click.argument("clause")
@click.option(
    "--period",
    default="",
    metavar="YYYY-MM",
    help="A month or a year; by default the newest that the clause judges.",
)
@click.option("--run", default="", help="Folder or id of a run; by default the newest in runs/.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: seconds, and instants in UTC.")
def command(clause: str, period: str, run: str, as_json: bool) -> None:
    """Show every outage of a period under CLAUSE (POLICY/NUMBER), and what of it counts.

    The facts are those of a run; nothing is asked again. Exit 1 if the figure is broken, 3 if the
    probes leave it open.
    """
    folder = common.run_folder(run) if run else _newest(Path("runs"))
    found = list(ledgers(folder, clause, period))
    if as_json:
        click.echo(canonical.dumps([_json(one) for one in found]).decode())
    else:
        for one in found:
            for line in _lines(one):
                click.echo(harmless(line))
    if not found:
        click.echo(f"no series was found for {clause}; name a target of probes", err=True)
    fail(first([_exit(one) for one in found] or [Exit.INCOMPLETE]))


def _newest(runs: Path) -> Path:
    from troth import record

    envelopes = [
        path / record.ENVELOPE for path in runs.glob("*") if (path / record.ENVELOPE).is_file()
    ]
    if not envelopes:
        raise UsageError("there is no run in runs/; make one with troth check, or name it: --run")
    return max(envelopes, key=lambda path: str(record.get_envelope(path.parent)["as_of"])).parent


def _exit(one: Ledger) -> Exit:
    if one.kept is False:
        return Exit.BROKEN
    return Exit.INCOMPLETE if isinstance(one.kept, Failure) else Exit.OK


def _lines(one: Ledger) -> Iterator[str]:
    if one.held is None:
        yield f"{one.system}: was not installed yet"
        return
    if isinstance(one.held, Failure):
        yield f"{one.system}: {one.held.message} [{one.held.reason.value}]"
        return
    yield from _summary(one, one.held)
    for entry in _entries(one.held):
        yield f"  {words.clock(entry.outage, one.zone)}  {words.told(entry)}"
    yield f"  {_verdict(one)}"


def _summary(one: Ledger, held: Held) -> Iterator[str]:
    known, found = held.known, held.known.bounds
    yield f"{one.system}, {known.period.name} in {one.zone.key}:"
    yield f"  available  {_shares(found)} %"
    yield f"  down       {_between(found)} of {words.length(found.likely.planned)}"
    if known.unwatched:
        yield f"  no probes  {words.length(known.unwatched)}, which may have been downtime"


def _shares(found: Bounds) -> str:
    worst, likely, best = (_percent(one) for one in (found.worst, found.likely, found.best))
    return likely if worst == best else f"{likely} (between {worst} and {best})"


def _percent(one: Reckoned) -> str:
    return words.percent(Fraction(0) if one.share is None else one.share)


def _between(found: Bounds) -> str:
    best, worst = words.length(found.best.down), words.length(found.worst.down)
    likely = words.length(found.likely.down)
    return likely if best == worst else f"{likely} (between {best} and {worst})"


def _verdict(one: Ledger) -> str:
    kept = one.kept
    if kept is None:
        return "the clause promises no figure"
    if isinstance(kept, Failure):
        return f"unknown: {kept.message} [{kept.reason.value}]"
    return "kept" if kept else "broken"


def _entries(held: Held) -> list[Entry]:
    known = held.known
    return list(ledger(known.seen.likely, known.excused, known.period.span, known.terms))


def _json(one: Ledger) -> dict[str, Any]:
    """Return a ledger as JSON; lengths are seconds, instants ISO 8601 in UTC."""
    body: dict[str, Any] = {"system": one.system, "resource": one.resource, "kept": None}
    if one.held is None:
        return body | {"reason": "not-installed"}
    if isinstance(one.held, Failure):
        return body | one.held.as_json()
    known = one.held.known
    kept = one.kept
    body |= kept.as_json() if isinstance(kept, Failure) else {"kept": kept}
    return body | {
        "period": known.period.name,
        "from": instant(known.period.span.begin).isoformat(),
        "until": instant(known.period.span.end).isoformat(),
        "unwatched_seconds": known.unwatched / 1000,
        **{
            name: {"down_seconds": part.down / 1000, "planned_seconds": part.planned / 1000}
            for name, part in known.bounds._asdict().items()
        },
        "outages": [
            {
                "from": instant(entry.outage.begin).isoformat(),
                "until": instant(entry.outage.end).isoformat(),
                "excused_seconds": entry.excused / 1000,
                "counted_seconds": entry.counted / 1000,
            }
            for entry in _entries(one.held)
        ],
    }
