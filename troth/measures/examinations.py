"""Tests at the end of trainings: how the newest training of each person was tested and given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told, unproven
from troth.measures.people import by_person, gone, plain
from troth.measures.reading import Row, day, rows, today
from troth.model import Failure

_YIELDS = ("trained", "tested", "passed", "delivered")
_ANY = "any"
_KEY = ("row.person_id", "row.course", "row.completed_on")


@measure("training-tests", per="resource", args=("topics", "delivery"), yields=_YIELDS)
def training_tests(inputs: Inputs) -> Iterator[Measured]:
    """Yield per person of the staff register what is known of the newest training.

    ``trained``: has not left, and was trained in one of ``topics`` by today. The newest training
    is judged; of several on one day, all. ``tested``: it has a score and a pass mark above zero.
    ``passed``: the score reaches the mark. ``delivered``: it was given in the way ``delivery``
    (``any`` accepts each). A training or a result that was not read may be the one that counts.
    """
    trainings = rows(inputs.needs["register.trainings"], *_KEY, "row.topic", "row.passed")
    paths = (f"row.{name}" for name in ("score", "pass_mark", "delivery"))
    results = rows(inputs.needs["register.training-results"], *_KEY, *paths)
    read = _Read(by_person(trainings), {_key(row): row for row in results.known}, results.failure)
    for person in inputs.population.items:
        try:
            if trainings.failure and not gone(person, inputs):
                raise MissingFact(trainings.failure)
            yield _person(person, inputs, read)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), person.id)


class _Read(NamedTuple):
    trainings: Mapping[str, list[Row]]
    results: Mapping[tuple[str, ...], Row]
    failure: Failure | None


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[path] for path in _KEY)


def _person(person: Item, inputs: Inputs, read: _Read) -> Measured:
    who = person.get("row.person_id")
    if gone(person, inputs):
        return told(dict.fromkeys(_YIELDS, False), person.id, ("has left",))
    newest = _newest(read.trainings.get(who, []), inputs)
    if not newest:
        note = "the register of trainings has none; whether one is due is for security-training"
        return told(dict.fromkeys(_YIELDS, False), person.id, (note,))
    found = [read.results.get(_key(row)) for row in newest]
    facts: dict[str, bool | Failure] = {
        "trained": True,
        "tested": all(_tested(row) for row in found),
        "passed": all(_passed(row, of) for row, of in zip(found, newest, strict=True)),
        "delivered": all(_given(row, inputs.args["delivery"]) for row in found),
    }
    if read.failure and None in found:
        facts |= dict.fromkeys(_YIELDS[1:], read.failure)
    note = ", ".join(f"{row['row.course']} of {row['row.completed_on']}" for row in newest)
    return told(facts, person.id, (f"newest training: {note}",))


def _newest(trainings: list[Row], inputs: Inputs) -> list[Row]:
    topics = plain(inputs.args["topics"])
    done: dict[date, list[Row]] = {}
    for row in trainings:
        if not plain([row["row.topic"]]) & topics:
            continue
        if day(row["row.completed_on"]) <= today(inputs):
            done.setdefault(day(row["row.completed_on"]), []).append(row)
    return done[max(done)] if done else []


def _tested(row: Row | None) -> bool:
    if row is None or row["row.score"] is None or row["row.pass_mark"] is None:
        return False
    return bool(row["row.pass_mark"] > 0)


def _passed(row: Row | None, training: Row) -> bool:
    if row is None or not _tested(row) or row["row.score"] < row["row.pass_mark"]:
        return False
    if not training["row.passed"]:
        raise unproven(
            f"{training.id} was not passed, and {row.id} has a score that is; correct one"
        )
    return True


def _given(row: Row | None, delivery: str) -> bool:
    return delivery == _ANY or (row is not None and row["row.delivery"] == delivery)
