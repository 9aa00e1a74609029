"""Sentences about downtime, for people: lengths, shares, and the ledger of a period."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from troth.slo.periods import instant
from troth.slo.reckoning import Entry
from troth.slo.spans import Span

#: Most outages that a note names; the ledger of ``troth slo`` has all.
MOST = 12


def length(millis: int) -> str:
    """Return a length in hours, minutes and seconds: ``1 h 4 min``, ``30 s``, ``0 s``."""
    seconds = Decimal(millis) / 1000
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{hours:f} h"] if hours else []
    parts += [f"{minutes:f} min"] if minutes else []
    if rest or not parts:
        parts.append(f"{rest.normalize():f} s")
    return " ".join(parts)


def percent(share: Fraction) -> str:
    """Return a share in per cent with four digits, cut and not rounded: 99.99999 is not 100."""
    exact = Decimal(share.numerator * 100) / Decimal(share.denominator)
    return f"{exact.quantize(Decimal('0.0001'), ROUND_DOWN).normalize():f}"


def clock(span: Span, zone: ZoneInfo) -> str:
    """Return a span in local time: ``2026-10-12 03:10:00 to 03:18:00``."""
    begin, end = (instant(at).astimezone(zone) for at in span)
    ends = f"{end:%H:%M:%S}" if begin.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{begin:%Y-%m-%d %H:%M:%S} to {ends}"


def sentences(entries: tuple[Entry, ...], zone: ZoneInfo) -> Iterator[str]:
    """Yield a sentence per outage, the longest first, and one about those that are left out."""
    ordered = sorted(entries, key=lambda entry: (-entry.outage.length, entry.outage))
    for entry in ordered[:MOST]:
        yield f"down {clock(entry.outage, zone)} ({length(entry.outage.length)}): {told(entry)}"
    if len(ordered) > MOST:
        counted = sum(entry.counted for entry in ordered[MOST:])
        yield f"{len(ordered) - MOST} shorter outages: {length(counted)} of them count"


def told(entry: Entry) -> str:
    """Return what became of an outage: how much of it counts, and how much was announced."""
    counts = f"{length(entry.counted)} of it count" if entry.counted else "it does not count"
    return f"{counts}, {length(entry.excused)} were announced" if entry.excused else counts
