"""Vendors: whether a published list names those that process personal data, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told
from troth.measures.pages import named
from troth.measures.reading import rows, today
from troth.model import Failure


@measure(
    "listed-vendors", per="population", args=("topic",), yields=("unpublished", "unregistered"),
    on_empty=True,
)  # fmt: skip
def listed_vendors(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``unpublished`` and ``unregistered`` names, sorted.

    The first are vendors of ``register.vendors`` that process personal data under a contract of
    today and that a page named for ``topic`` does not name; the second are names on such a page
    without such a vendor. Names compare without regard to case and spaces, and in nothing else.
    """
    pages, failure = named(inputs.population, inputs.args["topic"])
    lists, unread = _lists(pages)
    failure = failure or unread
    if not pages and failure is None:
        failure = nothing(f"no web address is named for {inputs.args['topic']}")
    vendors, gap = _processors(inputs)
    if failure is None and gap is None and not vendors and not any(lists):
        failure = nothing("neither the page nor the register names a vendor")
    unpublished = sorted(v for key, v in vendors.items() if any(key not in one for one in lists))
    strange = sorted({v for one in lists for key, v in one.items() if key not in vendors})
    yield told(
        {
            "unpublished": unpublished or failure or gap or [],
            "unregistered": failure or ((gap or strange) if strange else []),
        }
    )


def _lists(pages: list[Item]) -> tuple[list[dict[str, str]], Failure | None]:
    """Return the names of each page by how they compare."""
    found, failure = [], None
    for page in pages:
        try:
            found.append({_folded(name): name for name in page.items("page.names")})
        except MissingFact as signal:
            failure = failure or signal.failure
    return found, failure


def _processors(inputs: Inputs) -> tuple[dict[str, str], Failure | None]:
    """Return who processes personal data today, by how the names compare."""
    paths = ("row.name", "row.personal_data", "row.contracted_on", "row.contract_ends_on")
    read = rows(inputs.needs["register.vendors"], *paths)
    now = today(inputs).isoformat()
    current = [
        row["row.name"]
        for row in read.known
        if row["row.personal_data"]
        and row["row.contracted_on"] <= now
        and (row["row.contract_ends_on"] or now) >= now
    ]
    return {_folded(name): name for name in current}, read.failure


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
