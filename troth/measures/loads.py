"""Trials of the load that a service bears, in the register of drills."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.measures.outcomes import told
from troth.measures.reading import Row
from troth.measures.trials import Meaning, held, parts, read_drills


@measure(
    "load-held", per="population", args=("kind", "users", "within"), yields=("held",), on_empty=True
)
def load_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held``: whether the newest trial ``kind:number`` passed with ``users`` or more.

    It may lie ``within`` back, in local days. One that passed with fewer users shows nothing, nor
    does one that failed with more; one that failed with as many or fewer, on the day of the newest
    that passed or later, makes it False, and so does one that failed and names no number. Without
    any that speaks it is missing: nobody tried, or not with as many.
    """
    users = inputs.args["users"]

    def shows(row: Row) -> bool:
        return (_number(row) or 0) >= int(users)

    def refutes(row: Row) -> bool:
        number = _number(row)
        return number is None or number <= int(users)

    read = read_drills(inputs)
    meaning = Meaning(lambda name: "", shows, refutes)
    yield told({"held": held(inputs, read, inputs.args["kind"], "", meaning)})


def _number(row: Row) -> int | None:
    name = parts(row)[1]
    return int(name) if name.isascii() and name.isdigit() and len(name) < 10 else None
