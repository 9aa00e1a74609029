"""The share of incidents of one level that were resolved within a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from troth.measures.base import Inputs, Measured, measure
from troth.measures.outcomes import told, unproven
from troth.measures.reading import Row, rows


@measure(
    "resolved-share", per="population", args=("severity", "within", "window", "share"),
    yields=("counted", "enough"),
)  # fmt: skip
def resolved_share(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``counted``, the incidents that count, and whether ``enough`` were resolved in time.

    They were detected within ``window`` and have held the level ``severity`` as their highest
    (1 is above 2), by their row or by one of ``register.incident-gradings``. The clock runs from
    detection. An open one is a miss once ``within`` is over and does not count before. Rows that
    were not read may turn the share.
    """
    read = rows(
        inputs.population, *(f"row.{name}" for name in ("id", "severity", "detected_at",
                                                        "resolved_at"))
    )  # fmt: skip
    paths = ("row.incident_id", "row.graded_at", "row.severity")
    graded = rows(inputs.needs["register.incident-gradings"], *paths)
    failure = read.failure or graded.failure
    levels = _levels(graded.known, inputs)
    judged = [_met(row, inputs) for row in read.known if _counts(row, levels, inputs)]
    decided = [met for met in judged if met is not None]
    share = Fraction(str(inputs.args["share"]))
    enough = 100 * sum(decided) >= share * len(decided)
    notes = (_words(sum(decided), len(decided)),) if decided else ()
    yield told({"counted": failure or len(decided), "enough": failure or enough}, notes=notes)


def _levels(graded: tuple[Row, ...], inputs: Inputs) -> Mapping[str, set[int]]:
    levels: dict[str, set[int]] = defaultdict(set)
    for row in graded:
        if row["row.graded_at"] <= inputs.as_of:
            levels[row["row.incident_id"]].add(row["row.severity"])
    return levels


def _counts(row: Row, levels: Mapping[str, set[int]], inputs: Inputs) -> bool:
    begin = inputs.args["window"].before(inputs.as_of, inputs.zone)
    highest = min({row["row.severity"], *levels.get(row["row.id"], set())})
    inside = begin < row["row.detected_at"] <= inputs.as_of
    return bool(inside and highest == inputs.args["severity"])


def _met(row: Row, inputs: Inputs) -> bool | None:
    """Return whether an incident was resolved in time; nothing while there is time."""
    found, resolved = row["row.detected_at"], row["row.resolved_at"]
    if resolved is not None and resolved < found:
        raise unproven(f"{row.id} was resolved before it was detected; correct the instants")
    limit = inputs.args["within"].after(found, inputs.zone)
    if resolved is not None and resolved <= inputs.as_of:
        return bool(resolved <= limit)
    return False if inputs.as_of > limit else None


def _words(met: int, counted: int) -> str:
    return f"{met} of {counted} resolved in time, {float(Fraction(100 * met, counted)):.1f} percent"
