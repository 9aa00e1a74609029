"""Trials by hand of a limit: a drill shows only what it went up to."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.measures.reading import Row
from troth.measures.trials import Meaning, each_held, parts, read_drills


@measure(
    "lockouts-held", per="population", args=("kind", "of", "within", "attempts", "minutes"),
    yields=("held",), on_empty=True,
)  # fmt: skip
def lockouts_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held`` for each name in ``of``, as ``drills-held``, from rows ``kind:name:number``.

    The number is how many wrong sign-ins came before the right one, and the row's minutes how long
    that stayed refused. A drill that passed with more than ``attempts``, or was not watched for
    ``minutes``, shows nothing; nor does one that failed with fewer.
    """
    attempts, minutes = inputs.args["attempts"], inputs.args["minutes"]

    def shows(row: Row) -> bool:
        lasted = row["row.measured_minutes"]
        tried = 1 <= (_number(row) or 0) <= attempts
        return tried and lasted is not None and lasted >= minutes

    def refutes(row: Row) -> bool:
        number = _number(row)
        return number is None or number >= attempts

    read = read_drills(inputs, "row.measured_minutes")
    yield from each_held(inputs, read, Meaning(_named, shows, refutes))


@measure(
    "sessions-end", per="population", args=("kind", "of", "within", "limit"), yields=("held",),
    on_empty=True,
)  # fmt: skip
def sessions_end(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held`` for each name in ``of``, as ``drills-held``, from the minutes of the rows.

    These are after how long the session was used again: a drill passed if it was refused then. It
    shows nothing if that was more than a minute later than ``limit``, nor does one that failed by
    the limit, when the session might still live.
    """
    limit = inputs.args["limit"].seconds / 60

    def shows(row: Row) -> bool:
        waited = row["row.measured_minutes"]
        return waited is not None and 0 < waited <= limit + 1

    def refutes(row: Row) -> bool:
        waited = row["row.measured_minutes"]
        return waited is None or waited > limit

    read = read_drills(inputs, "row.measured_minutes")
    yield from each_held(inputs, read, Meaning(shows=shows, refutes=refutes))


def _named(text: str) -> str:
    """Return ``name`` of ``name:number``, or the whole text where no number is there."""
    return text.partition(":")[0].strip()


def _number(row: Row) -> int | None:
    text = parts(row)[1].partition(":")[2].strip()
    plain = text.isascii() and text.isdigit() and len(text) < 9
    return int(text) if plain else None
