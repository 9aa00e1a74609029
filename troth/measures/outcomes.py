"""What measures say when some of it could not be found out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troth.measures.base import Measured, MissingFact
from troth.model import Failure, Reason


def told(facts: Mapping[str, Any], resource: str = "", notes: tuple[str, ...] = ()) -> Measured:
    """Return what was measured; a value that is a failure is missing with that reason."""
    missing = {name: value for name, value in facts.items() if isinstance(value, Failure)}
    known = {name: value for name, value in facts.items() if name not in missing}
    return Measured(known, missing, notes, resource)


def unproven(text: str) -> MissingFact:
    """Return what to raise where something was looked at and shows nothing."""
    return MissingFact(Failure(Reason.UNPROVEN, text))


def nothing(text: str) -> Failure:
    """Return the failure of a look-up for which nothing was named."""
    return Failure(Reason.NOTHING_FOUND, text)
