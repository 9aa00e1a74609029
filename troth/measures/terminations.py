"""Ends of contracts: when what a customer left behind is due, and what is left past that day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import after, day, rows, today
from troth.model import Failure, Reason


@measure(
    "termination-due",
    per="resource",
    args=("within",),
    yields=("due_on", "deleted_on", "destroyed_on", "shown"),
)
def termination_due(inputs: Inputs) -> Iterator[Measured]:
    """Yield per termination ``due_on``, and when data and media were gone, as local ISO dates.

    ``within`` counts from the last day of the contract; what lies before that or after today is
    null, as if it had not happened. ``shown`` tells that a record of the media is named.
    """
    for item in inputs.population.items:
        try:
            ended = day(item.get("row.ended_on"))
            due = after(ended, inputs.args["within"]).isoformat()
        except MissingFact as signal:
            failure = signal.failure
            names = ("due_on", "deleted_on", "destroyed_on", "shown")
            yield Measured({}, dict.fromkeys(names, failure), resource=item.id)
            continue
        facts = {
            "due_on": due,
            "deleted_on": _happened(item, "row.deleted_on", inputs),
            "destroyed_on": _happened(item, "row.media_destroyed_on", inputs),
            "shown": _shown(item),
        }
        yield told(facts, item.id)


@measure("left-behind", per="resource", args=("names", "within"), yields=("left",))
def left_behind(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``left`` per place: ``customer: name`` of what is there of customers past the day.

    ``names`` are the paths of list facts: of texts, or of objects with a ``name`` or ``account``.
    A name is a customer's if it holds the customer's, or another one of the row, as a whole word;
    capitals make no difference.
    """
    paths = ("customer", "names", "ended_on")
    read = rows(inputs.needs["register.terminations"], *(f"row.{name}" for name in paths))
    gone, failure = [], read.failure
    for row in read.known:
        try:
            due = after(day(row["row.ended_on"]), inputs.args["within"])
        except MissingFact as signal:
            failure = failure or signal.failure
            continue
        if due < today(inputs):
            gone.append((row["row.customer"], [row["row.customer"], *row["row.names"]]))
    for item in inputs.population.items:
        names, unread = _names(item, inputs.args["names"])
        left = sorted(
            {f"{who}: {name}" for who, words in gone for name in names if _is_of(name, words)}
        )
        why = None if left else failure or unread
        yield told({"left": why or left}, item.id)


def _happened(item: Item, path: str, inputs: Inputs) -> str | Failure | None:
    try:
        at, ended = item.get(path), item.get("row.ended_on")
    except MissingFact as signal:
        return signal.failure
    return at if at is not None and ended <= at <= today(inputs).isoformat() else None


def _shown(item: Item) -> bool | Failure:
    try:
        return bool((item.get("row.media_ref") or "").strip())
    except MissingFact as signal:
        return signal.failure


def _names(item: Item, paths: list[str]) -> tuple[list[str], Failure | None]:
    """Return every name that could be read, and why there may be more."""
    found, unread = [], None
    for path in paths:
        try:
            listed: dict[str, Any] = item.get(path)
        except MissingFact as signal:
            unread = unread or signal.failure
            continue
        found += [_text(one) for one in listed["items"]]
        if listed.get("complete") is not True:
            half = Failure(Reason.LISTING_INCOMPLETE, f"{path} of {item.id} is incomplete")
            unread = unread or item.missing.get(path) or half
    return found, unread


def _text(one: Any) -> str:
    return str(one.get("name", one.get("account", ""))) if isinstance(one, dict) else str(one)


def _is_of(name: str, words: list[str]) -> bool:
    said = name.casefold()
    wanted = (re.escape(word.strip().casefold()) for word in words if word.strip())
    return any(re.search(rf"(?<![^\W_]){word}(?![^\W_])", said) for word in wanted)
