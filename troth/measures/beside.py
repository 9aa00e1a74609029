"""A measure for what another kind of thing says beside the part's own, where there is any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth.measures.base import Inputs, Measured, measure
from troth.measures.coverage import listed
from troth.model import Failure, Reason


@measure(
    "said-beside", per="population", args=("kind", "field"), yields=("asked", "rows", "whole"),
    on_empty=True,
)  # fmt: skip
def said_beside(inputs: Inputs) -> Iterator[Measured]:
    """Yield all items of the list fact ``field`` of every ``kind``, each with ``at`` beside it.

    ``asked`` is false where no target looks for that kind, or none of it is there: then it has
    nothing to say, and a rule asks for ``asked`` first. ``rows`` are the items that were read and
    ``at`` the resource; ``whole`` is true, or missing with the reason why there may be more.
    """
    seen = inputs.needs[inputs.args["kind"]]
    failure = seen.failure
    rows: list[dict[str, Any]] = []
    for item in seen.items:
        found, unread = listed(item, inputs.args["field"])
        failure = failure or unread
        rows += [{"at": item.id, **one} for one in found]
    if _nobody_looks(seen.failure) or (not seen.items and failure is None):
        yield Measured({"asked": False, "rows": [], "whole": True})
    elif failure:
        yield Measured({"asked": True, "rows": rows}, {"whole": failure})
    else:
        yield Measured({"asked": True, "rows": rows, "whole": True})


def _nobody_looks(failure: Failure | None) -> bool:
    return failure is not None and failure.reason is Reason.NO_TARGET
