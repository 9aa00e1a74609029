"""People of the staff register: who works here today, and which roles they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from troth.measures.base import Inputs, Item
from troth.measures.reading import Row, Rows, today


def gone(person: Item, inputs: Inputs) -> bool:
    """Tell whether a person of the register has left; the last day is a day of work."""
    ends = person.get("row.end_date")
    ended = person.get("row.status") == "ended"
    return bool(ended or (ends is not None and ends < today(inputs).isoformat()))


def absence(person: Item, inputs: Inputs) -> str:
    """Return why a person does not work here now, or an empty string."""
    if gone(person, inputs):
        return "has left"
    starts = person.get("row.start_date")
    if starts > today(inputs).isoformat():
        return f"starts on {starts}"
    if person.get("row.status") == "leave":
        return "on leave, so not judged; it is due on return"
    return ""


def by_person(read: Rows) -> Mapping[str, list[Row]]:
    """Return the rows of a register by their person id."""
    found: dict[str, list[Row]] = {}
    for row in read.known:
        found.setdefault(row["row.person_id"], []).append(row)
    return found


def plain(words: Iterable[str]) -> set[str]:
    """Return words as they are compared: neither case nor outer spaces count."""
    return {str(word).strip().casefold() for word in words}


def has_role(person: Item, roles: Iterable[str]) -> bool:
    """Tell whether a person has one of the roles."""
    return bool(plain(person.items("row.roles")) & plain(roles))
