"""How many things of some types the register of assets has in use."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.measures.outcomes import nothing, told
from troth.measures.people import plain
from troth.measures.reading import rows
from troth.model import Failure


@measure(
    "assets-at-most", per="population", args=("types", "most"), yields=("within",), on_empty=True
)  # fmt: skip
def assets_at_most(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``within``: at most ``most`` assets of ``types`` are there and not retired.

    Spare ones count, since they can be used at any time. A register without a row shows nothing.
    """
    read = rows(inputs.population, "row.id", "row.type", "row.status")
    wanted = plain(inputs.args["types"])
    kept = [row for row in read.known if row["row.status"] != "retired"]
    held = sorted(row["row.id"] for row in kept if plain([row["row.type"]]) & wanted)
    within: bool | Failure = len(held) <= inputs.args["most"]
    if within and read.failure:
        within = read.failure
    elif not read.known:
        within = nothing("the register of assets holds no row yet; fill it")
    yield told({"within": within}, notes=(f"there: {', '.join(held)}",) if held else ())
