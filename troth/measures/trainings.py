"""Who has to be trained, whether it happened at entry, and by when it is due again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.reading import Rows, after, before, day, rows, today
from troth.model import Failure, Reason

_YIELDS = ("in_audience", "entry_met", "entry_due_on", "next_due_on")
#: The worker type that each audience of a document means.
_WORKER_TYPES = {"employees": "employee", "contractors": "contractor", "agents": "agent"}
#: The audience that means everyone in the register.
_EVERYONE = "relevant_staff"


@measure(
    "trainings-due",
    per="resource",
    args=("audience", "topics", "delay", "interval"),
    yields=_YIELDS,
)
def trainings_due(inputs: Inputs) -> Iterator[Measured]:
    """Yield per person of the staff register what the trainings register says about them.

    ``in_audience``: works here now, is not on leave, and has a worker type of ``audience``.
    ``entry_met``: passed a training on one of ``topics`` at most ``delay`` after the first day,
    and not more than ``interval`` before it. ``entry_due_on`` and ``next_due_on`` are ISO dates:
    the last day for the first training, and for the next one. A training that was not read
    could be the one looked for, so what would be false without it is missing.
    """
    read = rows(
        inputs.needs["register.trainings"],
        *(f"row.{name}" for name in ("person_id", "topic", "completed_on", "passed")),
    )
    finished = _finished(read, inputs)
    for person in inputs.population.items:
        try:
            yield _person(person, inputs, finished, read.failure)
        except MissingFact as missing:
            lacking = dict.fromkeys(_YIELDS, missing.failure)
            yield Measured({}, missing=lacking, resource=person.id)


def _finished(read: Rows, inputs: Inputs) -> dict[str, list[str]]:
    """Return the ISO dates of passed trainings that are over, by person."""
    topics = {str(topic).strip().casefold() for topic in inputs.args["topics"]}
    found: dict[str, list[str]] = {}
    for row in read.known:
        counts = row["row.passed"] and str(row["row.topic"]).strip().casefold() in topics
        if counts and row["row.completed_on"] <= today(inputs).isoformat():
            found.setdefault(row["row.person_id"], []).append(row["row.completed_on"])
    return found


def _person(
    person: Item, inputs: Inputs, finished: Mapping[str, list[str]], failure: Failure | None
) -> Measured:
    absence = _absence(person, inputs)
    start = day(person.get("row.start_date"))
    dates = [day(text) for text in sorted(finished.get(person.get("row.person_id"), []))]
    delay, interval = inputs.args["delay"], inputs.args["interval"]
    entry_due, opens = after(start, delay), before(start, interval)
    next_due = max([entry_due, *(after(done, interval) for done in dates[-1:])])
    facts: dict[str, Any] = {
        "in_audience": not absence,
        "entry_met": any(opens <= done <= entry_due for done in dates),
        "entry_due_on": entry_due.isoformat(),
        "next_due_on": next_due.isoformat(),
    }
    missing = dict(_unsure(facts, today(inputs), failure))
    known = {name: value for name, value in facts.items() if name not in missing}
    return Measured(known, missing, (absence,) if absence else (), person.id)


def _unsure(
    facts: Mapping[str, Any], now: date, failure: Failure | None
) -> Iterator[tuple[str, Failure]]:
    if failure is not None and not facts["entry_met"]:
        yield "entry_met", failure
    if failure is not None and facts["next_due_on"] < now.isoformat():
        yield "next_due_on", failure


def _absence(person: Item, inputs: Inputs) -> str:
    """Return why a person need not be trained now, or an empty string."""
    now, ends = today(inputs).isoformat(), person.get("row.end_date")
    status, starts = person.get("row.status"), person.get("row.start_date")
    if status == "ended" or (ends is not None and ends < now):
        return "has left"
    if starts > now:
        return f"starts on {starts}"
    if status == "leave":
        return "on leave, so not judged; the training is due on return"
    return _outside(str(person.get("row.worker_type")), inputs.args["audience"])


def _outside(worker_type: str, audience: list[str]) -> str:
    """Return a sentence if the worker type is outside the audience.

    Raises :class:`MissingFact` for a type that nobody has named: whether it is inside is not
    known then, and a slip of the pen must not take a person out.
    """
    kind = worker_type.strip().casefold()
    wanted = {_WORKER_TYPES.get(name, name.casefold()) for name in audience}
    if _EVERYONE in audience or kind in wanted:
        return ""
    if kind in _WORKER_TYPES.values():
        return f"worker type {kind} is not in the audience"
    known = ", ".join(sorted({*_WORKER_TYPES.values(), *wanted}))
    raise MissingFact(
        Failure(Reason.SCOPE_UNKNOWN, f"worker type {worker_type!r} is none of {known}")
    )
