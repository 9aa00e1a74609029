"""Trials by hand of a limit: a drill shows only what it went up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from troth.measures.base import Inputs, Measured, Population, measure
from troth.measures.reading import Row, Rows, rows
from troth.measures.trials import Meaning, each_held, parts, read_drills

#: Whose settings tell of a sign-in that has another name in the register of drills.
_PLACES = {"server_programs": "servers"}


@measure(
    "lockouts-held", per="population", args=("kind", "of", "within", "attempts", "minutes"),
    yields=("held", "asked"), on_empty=True,
)  # fmt: skip
def lockouts_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held`` for each name in ``of``, as ``drills-held``, from rows ``kind:name:number``.

    ``asked`` is False where nobody tried, but the place's own settings are judged.

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
    yield from _asked(inputs, read, each_held(inputs, read, Meaning(_named, shows, refutes)))


@measure(
    "sessions-end", per="population", args=("kind", "of", "within", "limit"),
    yields=("held", "asked"), on_empty=True,
)  # fmt: skip
def sessions_end(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held`` for each name in ``of``, as ``drills-held``, from the minutes of the rows.

    These are after how long the session was used again: a drill passed if it was refused then. It
    shows nothing if that was more than a minute later than ``limit``, nor does one that failed by
    the limit, when the session might still live. ``asked`` is False where nobody tried, but the
    place's own settings are judged.
    """
    limit = inputs.args["limit"].seconds / 60

    def shows(row: Row) -> bool:
        waited = row["row.measured_minutes"]
        return waited is not None and 0 < waited <= limit + 1

    def refutes(row: Row) -> bool:
        waited = row["row.measured_minutes"]
        return waited is None or waited > limit

    read = read_drills(inputs, "row.measured_minutes")
    yield from _asked(inputs, read, each_held(inputs, read, Meaning(shows=shows, refutes=refutes)))


def _asked(inputs: Inputs, read: Rows, made: Iterable[Measured]) -> Iterator[Measured]:
    """Yield the trials with ``asked``: whether one is needed to decide about the place.

    It is not where settings of that place are judged beside (the population ``sign-in`` among the
    needs) and no trial shows more than they do. A row that could not be read may be a failure.
    """
    seen = inputs.needs.get("sign-in", Population(()))
    judged = {row["place.where"] for row in rows(seen, "place.where").known}
    for one in made:
        name = one.resource.partition(":")[2].casefold()
        beside = _PLACES.get(name, name) in judged and not read.failure
        if beside and one.missing:
            yield Measured({"held": False, "asked": False}, resource=one.resource)
        else:
            yield one._replace(facts={**one.facts, "asked": True})


def _named(text: str) -> str:
    """Return ``name`` of ``name:number``, or the whole text where no number is there."""
    return text.partition(":")[0].strip()


def _number(row: Row) -> int | None:
    text = parts(row)[1].partition(":")[2].strip()
    plain = text.isascii() and text.isdigit() and len(text) < 9
    return int(text) if plain else None
