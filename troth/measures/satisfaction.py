"""How satisfied customers are: surveys and what follows from them, and rated tickets."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import nothing, told
from troth.measures.reading import after, day, rows, today
from troth.model import Failure

_USED = ("due", "used")


@measure(
    "surveys-held", per="population", args=("within",), yields=("in_time",), on_empty=True
)  # fmt: skip
def surveys_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``in_time``: a survey that somebody answered ended at most ``within`` ago.

    A register without one says that there was none.
    """
    read = rows(inputs.population, "row.held_on", "row.respondents")
    now = today(inputs).isoformat()
    dates = [row["row.held_on"] for row in read.known
             if row["row.respondents"] > 0 and row["row.held_on"] <= now]  # fmt: skip
    try:
        newest = max(dates, default="")
        kept = bool(newest) and after(day(newest), inputs.args["within"]) >= today(inputs)
    except MissingFact as signal:
        yield told({"in_time": signal.failure})
        return
    notes = (f"the newest that somebody answered ended on {newest}",) if newest else ()
    yield told({"in_time": kept or read.failure or False}, notes=notes)


@measure("survey-actions", per="resource", args=("low", "within"), yields=_USED)
def survey_actions(inputs: Inputs) -> Iterator[Measured]:
    """Yield per survey whether actions are ``due``, and whether it is ``used``.

    They are due ``within`` after a survey with a score below ``low``. It is used if it names rows
    of ``register.actions``, all of them with an owner, be it the decision that none is needed.
    """
    read = rows(inputs.needs["register.actions"], "row.id", "row.owner", "row.opened_on")
    now = today(inputs).isoformat()
    known = {row["row.id"] for row in read.known
             if not says_nothing(row["row.owner"]) and row["row.opened_on"] <= now}  # fmt: skip
    for item in inputs.population.items:
        try:
            named = {text.strip() for text in item.items("row.action_refs")}
            used: bool | Failure = bool(named) and named <= known
            if named and not used:
                used = read.failure or False
            yield told({"due": _due(item, inputs), "used": used}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_USED, signal.failure), item.id)


def _due(item: Item, inputs: Inputs) -> bool:
    score = item.get("row.score")
    low = score is not None and score < inputs.args["low"]
    return low and after(day(item.get("row.held_on")), inputs.args["within"]) < today(inputs)


@measure(
    "tickets-rated", per="population", args=("within", "least"), yields=("unanswered", "rated")
)  # fmt: skip
def tickets_rated(inputs: Inputs) -> Iterator[Measured]:
    """Yield of the tickets that were closed ``within`` the time before now what was measured.

    ``unanswered`` are those without the instant of the first answer, whose time to answer nobody
    knows; ``rated`` is whether customers rated ``least`` of them. Without a closed ticket both
    are missing.
    """
    names = ("id", "first_response_at", "closed_at", "satisfaction")
    read = rows(inputs.population, *(f"row.{name}" for name in names))
    since = inputs.args["within"].before(inputs.as_of, inputs.zone)
    closed = [row for row in read.known if row["row.closed_at"] is not None
              and since <= row["row.closed_at"] <= inputs.as_of]  # fmt: skip
    if not closed:
        why = read.failure or nothing("no ticket was closed in that time; export all tickets")
        yield told({"unanswered": why, "rated": why})
        return
    unanswered = sorted(row["row.id"] for row in closed if row["row.first_response_at"] is None)
    rated = sum(row["row.satisfaction"] is not None for row in closed)
    facts = {
        "unanswered": unanswered or read.failure or [],
        "rated": rated >= inputs.args["least"] or read.failure or False,
    }
    yield told(facts, notes=(f"{rated} of {len(closed)} closed tickets were rated",))
