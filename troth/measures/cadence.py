"""How releases follow each other while somebody waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.outcomes import told, unproven
from troth.measures.reading import Row, rows
from troth.model import Failure

_YIELDS = ("asked", "waits")
_COLUMNS = ("id", "type", "requested_at", "withdrawn_at", "deployed_at")
#: An open request: from its instant, to the release or the end of the wish for it.
Span = tuple[datetime, datetime]


@measure("release-gaps", per="population", args=("type", "longest", "shortest"), yields=_YIELDS)
def release_gaps(inputs: Inputs) -> Iterator[Measured]:
    """Yield of the changes of one ``type`` whether any was ``asked`` for, and the ``waits``.

    While a request is open, the next release comes at most ``longest`` after the last one, or
    after the instant at which somebody began to wait. ``waits`` tells of each time that took
    longer; the one that lasts ends at the judged time. Without an open request nobody waits.
    Releases closer to each other than ``shortest`` are told in a note and decide nothing.
    """
    read = rows(inputs.population, *(f"row.{name}" for name in _COLUMNS))
    meant = [row for row in read.known
             if row["row.type"] == inputs.args["type"]
             and row["row.requested_at"] <= inputs.as_of]  # fmt: skip
    try:
        stretches = _merged(_open(row, inputs.as_of) for row in meant)
        releases = sorted({at for row in meant if (at := _released(row, inputs.as_of))})
        waits = [text for stretch in stretches for text in _waits(stretch, releases, inputs)]
    except MissingFact as signal:
        yield told(dict.fromkeys(_YIELDS, signal.failure))
        return
    close = sum(inputs.args["shortest"].after(one, inputs.zone) > two
                for one, two in pairwise(releases))  # fmt: skip
    notes = (f"releases: {len(releases)}; sooner after the one before than promised: {close}",)
    # A change that was not read may be a release inside a wait, or a request that still waits.
    facts: dict[str, bool | list[str] | Failure] = {
        "asked": bool(meant) or read.failure or False,
        "waits": read.failure or waits,
    }
    yield told(facts, notes=notes if meant else ())


def _released(row: Row, as_of: datetime) -> datetime | None:
    at: datetime | None = row["row.deployed_at"]
    return at if at is not None and at <= as_of else None


def _open(row: Row, as_of: datetime) -> Span:
    begun, withdrawn = row["row.requested_at"], row["row.withdrawn_at"]
    ends = [as_of, *(at for at in (_released(row, as_of), withdrawn) if at is not None)]
    if min(ends) < begun:
        raise unproven(f"{row.id} was over before it was asked for; correct the dates")
    return begun, min(ends)


def _merged(spans: Iterator[Span]) -> list[Span]:
    """Return the stretches in which at least one request is open."""
    made: list[Span] = []
    for begun, ended in sorted(spans):
        if made and begun <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], ended))
        else:
            made.append((begun, ended))
    return made


def _waits(stretch: Span, releases: list[datetime], inputs: Inputs) -> Iterator[str]:
    begun, ended = stretch
    inside = [at for at in releases if begun < at < ended]
    for one, two in pairwise([begun, *inside, ended]):
        if two > inputs.args["longest"].after(one, inputs.zone):
            yield f"from {one.isoformat()} to {two.isoformat()}"
