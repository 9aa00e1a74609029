"""Planned maintenance against the window that was agreed for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from troth.measures.base import Inputs, Measured, measure
from troth.measures.reading import Row, rows
from troth.slo.periods import millis
from troth.slo.spans import Span, minus
from troth.slo.windows import expand


@measure(
    "stops-in-window",
    per="population",
    args=("window", "length", "lookback"),
    yields=("stops", "outside", "percent"),
)
def stops_in_window(inputs: Inputs) -> Iterator[Measured]:
    """Yield how many stops began in the last ``lookback``, and what share lay in the window.

    ``window`` is a recurrence by the policy's clocks, each time ``length`` long; a stop lies in it
    from its beginning to its end. ``outside`` names the others, ``percent`` is the share of those
    inside (100 without any stop). Rows that cannot be read leave all of it open.
    """
    read = rows(inputs.population, "row.id", "row.starts_at", "row.ends_at")
    first = inputs.args["lookback"].before(inputs.as_of, inputs.zone)
    stops = [row for row in read.known if first <= row["row.starts_at"] <= inputs.as_of]
    outside = sorted(str(row["row.id"]) for row in stops if not _inside(row, inputs))
    share = 100 * (len(stops) - len(outside)) / len(stops) if stops else 100.0
    facts = {"stops": len(stops), "outside": outside, "percent": share}
    notes = tuple(f"{name} was outside of the window" for name in outside)
    made = read.or_missing(facts, definite=False)
    yield Measured(made["facts"], made.get("missing", {}), notes)


def _inside(row: Row, inputs: Inputs) -> bool:
    starts: datetime = row["row.starts_at"]
    ends: datetime = row["row.ends_at"]
    stop = Span(millis(starts), max(millis(starts) + 1, millis(ends)))
    length = timedelta(seconds=inputs.args["length"].seconds)
    return not minus((stop,), expand(inputs.args["window"], length, inputs.zone, stop))
