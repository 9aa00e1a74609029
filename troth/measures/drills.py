"""Exercises in the register of drills: the newest of a kind that passed, and what came after."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.measures.reading import Row, after, day, rows, today


@measure(
    "newest-drill", per="population", args=("kind", "of", "within"), yields=("overdue", "failed"),
    on_empty=True,
)  # fmt: skip
def newest_drill(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``overdue`` and ``failed``: drills not passed in time, and those that failed since.

    ``kind`` is the kind of drill; with names in ``of``, each needs a drill of its own kind
    ``kind:name``, or one of ``kind``, which speaks for all. The newest that passed may lie
    ``within`` back, counted in local days; a failure on that day or later counts. Drills with a
    date to come do not count, and capitals make no difference.
    """
    read = rows(inputs.population, "row.kind", "row.held_on", "row.result")
    kind = inputs.args["kind"].casefold()
    overdue, failed, notes = [], [], []
    for name in [f"{kind}:{one.casefold()}" for one in inputs.args["of"]] or [kind]:
        newest, bad = _newest(inputs, read.known, {kind, name})
        late = not newest or after(day(newest), inputs.args["within"]) < today(inputs)
        overdue += [name] if late else []
        failed += [name] if bad else []
        notes += [f"the newest {name} that passed was held on {newest}"] if newest else []
    # A row that could not be read may be a pass in time, or a failure after it.
    first = read.or_missing({"overdue": overdue}, definite=not overdue)
    second = read.or_missing({"failed": failed}, definite=False)
    missing = first.get("missing", {}) | second.get("missing", {})
    yield Measured(first["facts"] | second["facts"], missing, tuple(notes))


def _newest(inputs: Inputs, known: tuple[Row, ...], kinds: set[str]) -> tuple[str, bool]:
    """Return the date of the newest pass, empty without one, and whether a failure followed."""
    now = today(inputs).isoformat()
    held = [
        (row["row.held_on"], row["row.result"])
        for row in known
        if row["row.kind"].strip().casefold() in kinds and row["row.held_on"] <= now
    ]
    newest = max((date for date, result in held if result == "pass"), default="")
    return newest, any(result == "fail" and date >= newest for date, result in held)
