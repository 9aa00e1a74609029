"""How long batch work ran, over a window of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.model import Failure, Reason


@measure("runs-within", per="resource", args=("limit", "window"), yields=("late", "whole"))
def runs_within(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``late``: when the runs began that took longer than ``limit``, and ``whole``.

    Runs count that began within the ``window`` before the stated time, or went on in it. One
    without an end took until now. ``late`` is missing where none ran; ``whole`` is true, or missing
    where the window begins before the runs are known.
    """
    for item in inputs.population.items:
        try:
            yield _of(item, inputs)
        except MissingFact as signal:
            names = dict.fromkeys(("late", "whole"), signal.failure)
            yield Measured({}, names, resource=item.id)


def _of(item: Item, inputs: Inputs) -> Measured:
    since = inputs.args["window"].before(inputs.as_of, inputs.zone)
    limit = timedelta(seconds=inputs.args["limit"].seconds)
    rows = [row for row in item.items("runs.runs") if _end(row, inputs) >= since]
    late = [
        row["started_at"].isoformat()
        for row in rows
        if _end(row, inputs) - row["started_at"] > limit
    ]
    failed = [row["started_at"].isoformat() for row in rows if row["outcome"] in ("failed", "lost")]
    found: Any = late
    if not rows:
        found = Failure(Reason.NO_DATA, f"{item.id} did not run in the window; name another job")
    notes = [f"{len(failed)} of {len(rows)} runs failed, the last at {one}" for one in failed[-1:]]
    return told({"late": found, "whole": _whole(item, since)}, item.id, tuple(notes))


def _end(row: Mapping[str, Any], inputs: Inputs) -> Any:
    """Return when a run ended, now where it goes on; raises for one that cannot be."""
    end = row["ended_at"] or inputs.as_of
    if end < row["started_at"]:
        text = f"a run began at {row['started_at'].isoformat()} and ended before that"
        raise MissingFact(Failure(Reason.MALFORMED_RESPONSE, text))
    return end


def _whole(item: Item, since: Any) -> bool | Failure:
    known = item.get("runs.known_since")
    if known <= since:
        return True
    text = f"runs of {item.id} before {known.isoformat()} are not known; keep the journal longer"
    return Failure(Reason.TOO_YOUNG, text)
