"""Whether a register lists a resource as an approved exception that has not expired."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.measures.reading import rows, today


@measure(
    "listed-exception", per="resource", args=("register", "resource", "until"), yields=("listed",)
)
def listed_exception(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``listed`` per resource: its id is in the register, in a row that still holds.

    ``register`` is the kind of the register, ``resource`` the path of the id in a row and
    ``until`` that of the last date on which the row holds. A row that could not be read may be
    the exception, so without one that holds ``listed`` is then missing, not False.
    """
    resource, until = inputs.args["resource"], inputs.args["until"]
    register = rows(inputs.needs[inputs.args["register"]], resource, until)
    last: dict[str, str] = {}
    for row in register.known:
        last[row[resource]] = max(row[until], last.get(row[resource], ""))
    for item in inputs.population.items:
        ends = last.get(item.id, "")
        listed = ends >= today(inputs).isoformat()
        outcome = register.or_missing({"listed": listed}, definite=listed)
        word = "holds until" if listed else "expired on"
        notes = (f"the exception in the register {word} {ends}",) if ends else ()
        yield Measured(**outcome, notes=notes, resource=item.id)
