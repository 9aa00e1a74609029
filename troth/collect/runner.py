"""Run all units: a few at a time, their resources on one pool, within one budget and deadline."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from troth.checker import Checker
from troth.collect import shards
from troth.collect.calls import Calls
from troth.collect.door import Door
from troth.collect.ending import Ending, Limit
from troth.collect.observe import Observer, Seen
from troth.events import tell
from troth.kinds import Kind
from troth.model import Failure, Listing, Reason
from troth.plan import Plan, Unit, calls_of

#: Units that list at the same time; their resources share the pool of ``jobs`` threads.
UNITS_AT_ONCE = 8


@dataclass(frozen=True)
class Budget:
    """How much at once and for how long: threads, seconds for one unit, and the end of looking."""

    jobs: int = 16
    seconds: float = 600.0
    limit: Limit | None = None


@dataclass
class Collected:
    """What collecting left behind: the counters of the envelope, and whether it was cut short."""

    counters: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False


Progress = Callable[[str, int, int], None]


class _Tally:
    """Adds up the units' progress; safe for many threads."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._units: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def __call__(self, unit: str, done: int, total: int) -> None:
        """Pass on the unit, with the resources done and known in all units so far."""
        with self._lock:
            before = self._units.get(unit, (0, 0))[0]
            self._units[unit] = (max(before, done), total)
            seen, known = map(sum, zip(*self._units.values(), strict=True))
            self._progress(unit, seen, known)


class _Left:
    """Counts down the units of each partition, whose answers can go then; safe for threads."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = Counter((unit.target, unit.partition.name) for unit in units)
        self._lock = threading.Lock()

    def is_last(self, unit: Unit) -> bool:
        """Count a unit as done; tell whether its partition has no other."""
        with self._lock:
            self._units[unit.target, unit.partition.name] -= 1
            return not self._units[unit.target, unit.partition.name]


def collect(
    plan: Plan,
    targets: Mapping[str, Mapping[str, Any]],
    checkers: Mapping[str, type[Checker]],
    kinds: Mapping[str, Kind],
    folder: Path,
    budget: Budget,
    stop: threading.Event,
    progress: Progress = lambda unit, done, total: None,
    door: Door | None = None,
    finished: Collection[str] = (),
) -> Collected:
    """Observe every unit of the plan into shards in ``folder``.

    Returns when all are written, or soon after ``stop`` is set or the budget's limit is reached:
    what was not read by then is recorded as ``interrupted``. A unit that does not end in time is
    recorded as ``timeout``. ``progress`` is told the unit and the resources done and known so far,
    as each is done. ``door`` says which tags may be recorded, and under which names; by default
    none. Units whose keys are ``finished`` have their shards already and are left alone. Raises
    :class:`~troth.errors.NotSaved`.
    """
    units = [unit for unit in plan.units if unit.key not in finished]
    calls = Calls(budget.jobs)
    calls.shared = _shared(units, checkers)
    calls.wanted = _planned(units, checkers)
    pool = ThreadPoolExecutor(budget.jobs, thread_name_prefix="read")
    drivers = ThreadPoolExecutor(UNITS_AT_ONCE, thread_name_prefix="unit")
    tally = _Tally(progress)
    ending = Ending(stop, budget.limit)
    observer = Observer(
        calls, kinds, pool, budget.seconds,
        progress=tally, ending=ending, door=door or Door(),
    )  # fmt: skip

    left = _Left(units)

    def one(unit: Unit) -> None:
        tell("unit started", unit=unit.key)
        began = monotonic()
        seen = observer.observe(checkers[unit.checker], targets[unit.target], unit)
        if left.is_last(unit):
            calls.leave(unit.target, unit.partition.name)
        shards.write(folder, unit, seen, monotonic() - began)

    tasks = {drivers.submit(one, unit): unit for unit in units}
    try:
        _await(tasks, folder, budget, ending)
    finally:
        drivers.shutdown(wait=False, cancel_futures=True)
        pool.shutdown(wait=False, cancel_futures=True)
    return Collected(calls.counters, stop.is_set() or ending.came)


def _await(
    tasks: Mapping[Future[None], Unit],
    folder: Path,
    budget: Budget,
    ending: Ending,
) -> None:
    """Wait for the units; write down those that do not come back."""
    pending = set(tasks)
    rounds = -(-len(tasks) // UNITS_AT_ONCE)
    deadline = monotonic() + (budget.seconds + 5) * max(rounds, 1)
    while pending and monotonic() < deadline and not ending():
        done, pending = wait(pending, timeout=0.2, return_when="FIRST_COMPLETED")
        for task in done:
            task.result()
    if ending.came:
        done, pending = wait(pending, timeout=2.0)
        # One that broke left no shard behind: without one it would not be missed.
        pending |= {task for task in done if task.exception()}
    for task in pending:
        why = ending.before("listed") if ending.came else _late(budget)
        shards.write(folder, tasks[task], Seen(Listing(0, why), ()))


def _late(budget: Budget) -> Failure:
    return Failure(Reason.TIMEOUT, f"not listed within {budget.seconds:g} s; raise --timeout")


def _planned(
    units: Iterable[Unit], checkers: Mapping[str, type[Checker]]
) -> dict[tuple[str, str], list[tuple[type[Checker], str]]]:
    """Return what is called in each partition of a target."""
    found: dict[tuple[str, str], list[tuple[type[Checker], str]]] = {}
    for unit in units:
        cls = checkers[unit.checker]
        rows = found.setdefault((unit.target, unit.partition.name), [])
        rows += [(cls, call.name) for call in calls_of(cls, unit.facets)]
    return found


def _shared(units: Iterable[Unit], checkers: Mapping[str, type[Checker]]) -> set[Any]:
    """Return the functions of calls that more than one of the units of a partition reads."""
    users: Counter[tuple[str, str, Any]] = Counter()
    for unit in units:
        for call in calls_of(checkers[unit.checker], unit.facets):
            users[unit.target, unit.partition.name, call.function] += 1
    return {function for (_, _, function), count in users.items() if count > 1}
