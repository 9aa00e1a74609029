"""Measure what a month of probes costs to judge; prints figures and asserts nothing.

    python -m benchmarks.slo                     a million samples in a month, one series
    python -m benchmarks.slo --samples 100000

Samples come as Prometheus sends them (JSON of the instant query, in pieces), become facts of the
kind, and are held against 99.5 % of the month. CPU is that of the process; making the samples is
not counted. Memory is the process's highest resident set, the made samples not included.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from troth.checkers.probes.prometheus import CHUNK, _values
from troth.checkers.probes.series import joined
from troth.slo.outages import Run, seen
from troth.slo.periods import millis, named
from troth.slo.reckoning import Terms, bounds
from troth.slo.words import percent

WANTED_CPU, WANTED_MIB = 5.0, 200
MONTH = named("2026-10", ZoneInfo("America/New_York"))
TERMS = Terms(0, "excluded-first", "whole", "period-without-exclusions")


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--samples", type=int, default=1_000_000)
    asked.add_argument("--flapping", action="store_true", help="every hundredth probe fails")
    options = asked.parse_args()
    interval = MONTH.span.length / options.samples / 1000
    began = time.process_time()
    made = _Made(options.samples, interval, 100 if options.flapping else 10_000)
    rows = joined(made, interval)
    probes = [
        Run(row["up"], _at(row["first_at"]), _at(row["last_at"]), row["count"]) for row in rows
    ]
    found = bounds(seen(probes, round(interval * 1000), MONTH.span), (), MONTH.span, TERMS)
    spent = time.process_time() - began - made.spent
    share = found.likely.share
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.samples:,} samples, one each {interval:.2f} s, in {len(rows):,} runs")
    print(f"  available {percent(share) if share is not None else '-'} %")
    print(f"  {spent:.2f} s CPU (wanted: {WANTED_CPU}), {used:.0f} MiB (wanted: {WANTED_MIB})")


class _Made:
    """Answers of a server, piece by piece; ``spent`` is the CPU that making them cost."""

    def __init__(self, samples: int, interval: float, failing: int) -> None:
        self._samples, self._interval, self._failing = samples, interval, failing
        self.spent = 0.0

    def __iter__(self) -> Iterator[tuple[int, bool]]:
        for first in range(0, self._samples, CHUNK):
            began = time.process_time()
            body = self._answer(first, min(first + CHUNK, self._samples))
            self.spent += time.process_time() - began
            yield from _values(orjson.loads(body))

    def _answer(self, first: int, last: int) -> bytes:
        begin = MONTH.span.begin / 1000
        values: list[Any] = [
            [round(begin + n * self._interval, 3), "0" if n % self._failing == 0 else "1"]
            for n in range(first, last)
        ]
        return orjson.dumps(
            {"data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}}
        )


def _at(text: str) -> int:
    return millis(datetime.fromisoformat(text).astimezone(UTC))


if __name__ == "__main__":
    main()
