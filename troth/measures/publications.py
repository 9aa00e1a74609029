"""Publications: who wrote and who reviewed them, and what is published without a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told
from troth.measures.pages import named
from troth.measures.reading import Rows, local_day, rows
from troth.model import Failure, Reason

_YIELDS = ("published", "by_staff", "reviewed")


@measure("publication-people", per="resource", yields=_YIELDS)
def publication_people(inputs: Inputs) -> Iterator[Measured]:
    """Yield per publication ``published``, ``by_staff`` and ``reviewed``.

    The first is whether it is out yet, the second whether its author worked here on that local
    day, the third whether somebody else who worked here on the day of the review reviewed it
    before it went out. People are looked up in ``register.staff``; who may stand in a row that
    was not read makes the answer missing.
    """
    paths = (f"row.{name}" for name in ("person_id", "start_date", "end_date", "status"))
    staff = rows(inputs.needs["register.staff"], *paths)
    for item in inputs.population.items:
        try:
            yield _publication(item, inputs, staff)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _publication(item: Item, inputs: Inputs, staff: Rows) -> Measured:
    out, author = item.get("row.published_at"), item.get("row.author")
    seen, reviewer = item.get("row.reviewed_at"), item.get("row.reviewer")
    reviewed: bool | Failure = False
    if seen is None or reviewer is None:
        note = "nobody reviewed it"
    elif seen > out:
        note = "it was reviewed after it was published"
    elif _folded(reviewer) == _folded(author):
        note = f"{author} reviewed it and wrote it"
    else:
        reviewed = works(staff, reviewer, local_day(seen, inputs.zone))
        note = f"{reviewer} did not work here then" if reviewed is False else ""
    facts = {
        "published": out <= inputs.as_of,
        "by_staff": works(staff, author, local_day(out, inputs.zone)),
        "reviewed": reviewed,
    }
    return told(facts, item.id, (note,) if note else ())


def works(staff: Rows, person: str, on: date) -> bool | Failure:
    """Tell whether a person of ``register.staff`` worked here on a day."""
    for row in staff.known:
        if _folded(row["row.person_id"]) == _folded(person):
            if row["row.status"] == "ended" and row["row.end_date"] is None:
                text = f"{person} has left, and the register does not say when"
                return Failure(Reason.MALFORMED_RESPONSE, text)
            last = row["row.end_date"] or on.isoformat()
            return bool(row["row.start_date"] <= on.isoformat() <= last)
    return staff.failure or False


def _folded(person: str) -> str:
    return person.strip().casefold()


@measure(
    "unregistered-pages", per="population", args=("topic",), yields=("unregistered",), on_empty=True
)
def unregistered_pages(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``unregistered``: what is published and has no row in ``register.publications``.

    Published are the entries of every feed that is named for ``topic``, by their keys, and the
    names on every other page of that topic. A slash at the end makes no difference.
    """
    pages, failure = named(inputs.population, inputs.args["topic"])
    if not pages and failure is None:
        failure = nothing(f"no list of publications is named for {inputs.args['topic']}")
    known = rows(inputs.needs["register.publications"], "row.url")
    rowed = {_address(row["row.url"]) for row in known.known}
    strange = set()
    for page in pages:
        listed, gap = _listed(page)
        failure = failure or gap
        strange |= {key for key in listed if _address(key) not in rowed}
    certain = sorted(strange) if known.failure is None else []
    gap = failure or (known.failure if strange else None)
    yield told({"unregistered": certain or gap or []})


def _listed(page: Item) -> tuple[list[str], Failure | None]:
    """Return what a page lists, and why that may not be all of it."""
    try:
        if page.get("feed.format") not in ("rss", "atom"):
            return page.items("page.names"), None
        value: Any = page.get("feed.entries")
    except MissingFact as signal:
        return [], signal.failure
    keys = [entry["key"] for entry in value["items"]]
    if value.get("complete"):
        return keys, None
    text = f"the feed {page.id} could only be read in part"
    return keys, page.missing.get("feed.entries") or Failure(Reason.LISTING_INCOMPLETE, text)


def _address(key: str) -> str:
    return key.strip().rstrip("/")
