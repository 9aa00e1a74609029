"""Insurances: whether those of today pay for what was promised."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, measure
from troth.measures.outcomes import told
from troth.measures.people import plain
from troth.measures.reading import rows, today


@measure(
    "covers-in-force", per="population", args=("covers",), yields=("uncovered",), on_empty=True
)
def covers_in_force(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``uncovered``: which of ``covers`` no insurance pays for today, sorted.

    An insurance is in force from its first local day through its last. One that was not read may
    be the one that lacks.
    """
    read = rows(inputs.population, "row.covers", "row.starts_on", "row.expires_on")
    now = today(inputs).isoformat()
    held = [row for row in read.known if row["row.starts_on"] <= now <= row["row.expires_on"]]
    paid = plain(word for row in held for word in row["row.covers"])
    uncovered = sorted(plain(inputs.args["covers"]) - paid)
    ends = max((row["row.expires_on"] for row in held), default="")
    notes = (f"the last one in force expires on {ends}",) if ends else ()
    yield told({"uncovered": (read.failure or uncovered) if uncovered else []}, notes=notes)
