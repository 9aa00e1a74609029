"""How many people have a role, how many things of a type there are, and at which sites."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.measures.outcomes import nothing, told
from troth.measures.reading import Row, Rows, rows, today

_STAFF = ("person_id", "roles", "start_date", "end_date", "status")


@measure(
    "people-in-role", per="population", args=("role", "least"), yields=("enough",), on_empty=True
)  # fmt: skip
def people_in_role(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``enough``: at least so many people who work here today have a role.

    People on leave, and those whose last day has passed, do not count.
    """
    read = rows(inputs.population, *(f"row.{name}" for name in _STAFF))
    there = [row for row in read.known if _active(row, inputs) and _has(row, inputs.args["role"])]
    yield _enough(len({row["row.person_id"] for row in there}), read, inputs)


@measure(
    "things-of-type", per="population", args=("type", "least"), yields=("enough",), on_empty=True
)  # fmt: skip
def things_of_type(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``enough``: at least so many rows of the assets are active and of a type."""
    read = rows(inputs.population, "row.type", "row.status")
    count = sum(
        _same(row["row.type"]) == _same(inputs.args["type"]) and row["row.status"] == "active"
        for row in read.known
    )
    yield _enough(count, read, inputs)


def _enough(count: int, read: Rows, inputs: Inputs) -> Measured:
    least = inputs.args["least"]
    why = read.failure
    if not read.known:
        why = why or nothing("the register holds no row yet; fill it")
    return told({"enough": count >= least or why or False}, notes=(f"{count} of {least}",))


@measure(
    "sites-staffed", per="population", args=("role", "sites"), yields=("without",), on_empty=True
)  # fmt: skip
def sites_staffed(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``without``: the sites at which nobody works today who has a role, sorted.

    ``register.workplaces`` says who works at which site; names compare without regard to case.
    """
    read = rows(inputs.population, *(f"row.{name}" for name in _STAFF))
    places = rows(inputs.needs["register.workplaces"], "row.person_id", "row.site")
    people = {row["row.person_id"] for row in read.known
              if _active(row, inputs) and _has(row, inputs.args["role"])}  # fmt: skip
    staffed = {_same(row["row.site"]) for row in places.known if row["row.person_id"] in people}
    without = sorted(site for site in inputs.args["sites"] if _same(site) not in staffed)
    why = read.failure or places.failure
    if not read.known or not places.known:
        why = why or nothing("a register holds no row yet; fill staff and workplaces")
    yield told({"without": without and (why or without)})


def _active(row: Row, inputs: Inputs) -> bool:
    now, end = today(inputs).isoformat(), row["row.end_date"]
    here = row["row.start_date"] <= now and (end is None or now <= end)
    return bool(here and row["row.status"] == "active")


def _has(row: Row, role: str) -> bool:
    return _same(role) in {_same(text) for text in row["row.roles"]}


def _same(text: str) -> str:
    return text.strip().casefold()
