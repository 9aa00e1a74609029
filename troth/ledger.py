"""The ledger of a clause about availability: every outage of a period, from a run's own facts.

Nothing is asked of the world again: the run's observations are held against a period that the
caller names, with the clause's own terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from troth import record
from troth.definitions import Binding, Clause
from troth.errors import IntegrityError, UsageError
from troth.judge.part import PartJudge
from troth.judge.question import Moment, Question
from troth.judge.scope import Scope
from troth.measures import Inputs, Item, MissingFact
from troth.measures.availability import Held, held
from troth.measures.series import excused, newest_period
from troth.model import Failure
from troth.plan import Chosen
from troth.replay import setup_of
from troth.run import Setup, Shelf
from troth.slo.periods import Period, instant, millis, named
from troth.slo.spans import Span

_MEASURE = "availability"
#: What a clause may promise, and which answer of the measure tells whether it is kept.
_ANSWERS = {"share": "available", "downtime": "within"}


@dataclass(frozen=True)
class Ledger:
    """One series under one clause in one period.

    ``held`` is None for a system that was not there yet, and the reason if nothing can be told.
    ``values`` are the clause's, ``zone`` is its policy's.
    """

    system: str
    resource: str
    held: Held | Failure | None
    values: Mapping[str, Any]
    zone: ZoneInfo

    @property
    def kept(self) -> bool | Failure | None:
        """Return whether the clause's figures are kept, why that is open, or None without any."""
        if self.held is None or isinstance(self.held, Failure):
            return self.held
        asked = [word for word in _ANSWERS if word in self.values["subjects"]]
        answers = [getattr(self.held, _ANSWERS[word]) for word in asked]
        if False in answers:
            return False
        return next((one for one in answers if isinstance(one, Failure)), True if answers else None)


def ledgers(folder: Path, clause: str, period: str = "") -> Iterator[Ledger]:
    """Yield the ledger of each series that a clause of a run is judged by.

    ``clause`` is ``policy/number``, ``period`` a month ``2026-10`` or a year; without one it is
    the newest that the clause itself judges. One that is still running is told up to the run.
    Raises :class:`~troth.errors.UsageError`, and :class:`~troth.errors.IntegrityError` for a
    folder that is not what was recorded.
    """
    envelope = record.get_envelope(folder)
    changed = record.verify(folder, envelope["files"])
    if changed:
        raise IntegrityError("\n".join(changed))
    setup = setup_of(folder, envelope["clauses"])
    as_of = datetime.fromisoformat(envelope["as_of"])
    chosen, found = _find(setup, clause)
    shelf = Shelf(folder / record.OBSERVATIONS, setup.books, as_of)
    zone = ZoneInfo(chosen.policy.timezone)
    for binding in _bound(setup, found, clause):
        inputs = _inputs(setup, chosen, found, binding, shelf, Moment(as_of, zone))
        wanted = _period(period, inputs)
        for item in inputs.population.items:
            yield Ledger(item.name, item.id, _held(item, inputs, wanted), binding.values, zone)


def _find(setup: Setup, name: str) -> tuple[Chosen, Clause]:
    policy, _, number = name.partition("/")
    for chosen in setup.chosen:
        for clause in chosen.clauses:
            if (chosen.policy.id, clause.id) == (policy, number):
                return chosen, clause
    text = f"the run judged no clause '{name}'; write it as POLICY/CLAUSE"
    raise UsageError(f"{text}, and see troth list clauses")


def _bound(setup: Setup, clause: Clause, name: str) -> list[Binding]:
    found = [
        binding
        for binding in clause.bindings
        if any(part.measure == _MEASURE for part in setup.books.controls[binding.control].parts)
    ]
    if not found:
        raise UsageError(f"{name} promises no availability; see troth explain {name}")
    return found


def _inputs(
    setup: Setup, chosen: Chosen, clause: Clause, binding: Binding, shelf: Shelf, moment: Moment
) -> Inputs:
    control = setup.books.controls[binding.control]
    part = next(part for part in control.parts if part.measure == _MEASURE)
    scope = Scope(binding.classes, setup.config.classes, chosen.selection.where)
    question = Question(chosen.policy.id, clause.id, binding, control, part, scope)
    targets = chosen.selection.targets
    needs = {need.kind: shelf.seen(need.kind, targets) for need in part.needs}
    judge = PartJudge(question, setup.books.kinds, setup.books.measures, moment)
    return judge.inputs(shelf.seen(part.kind, targets), needs)


def _period(text: str, inputs: Inputs) -> Period:
    if not text:
        return newest_period(inputs)
    try:
        period = named(text, inputs.zone)
    except ValueError as error:
        raise UsageError(str(error)) from None
    now = millis(inputs.as_of)
    if period.span.begin >= now:
        raise UsageError(f"{text} begins after the run, which was judged at {instant(now)}")
    if period.span.end > now:
        return Period(f"{text} so far", Span(period.span.begin, now))
    return period


def _held(item: Item, inputs: Inputs, period: Period) -> Held | Failure | None:
    try:
        return held(item, inputs, excused(inputs), period)
    except MissingFact as signal:
        return signal.failure
