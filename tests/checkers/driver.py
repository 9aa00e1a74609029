"""A tiny engine for checker tests: makes each call once per key and turns failures into data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import (
    ABSENT,
    Call,
    Checker,
    Facts,
    Listed,
    ObservationFailed,
    Partition,
    Request,
    check_declaration,
)
from troth.model import Failure, Reason, Resource


class Seen(dict[str, Any]):
    """The facts of one facet, with what is missing from them and the raw detail."""

    missing: Mapping[str, Failure]
    raw: Mapping[str, Any]


Observed = tuple[Partition, list[Listed], dict[str, dict[str, Seen | Failure]]]


class Reader:
    """Makes declared calls, each once per key, and counts what the checker counts."""

    def __init__(self, allow: frozenset[str]) -> None:
        self.counts: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self._allow = allow
        self._memo: dict[tuple[Any, ...], Any] = {}

    def count(self, what: str, amount: int = 1) -> None:
        self.counts[what] += amount

    def planned(self, checker: Checker) -> list[tuple[type[Checker], str]]:
        return [(type(checker), name) for name in type(checker).calls()]

    def __call__(self, checker: Checker, name: str, *key: Any) -> Any:
        declared = type(checker).calls()[name]
        if (name, *key) not in self._memo:
            self._memo[name, *key] = self._answer(checker, declared, key)
        answer = self._memo[name, *key]
        if isinstance(answer, Failure):
            raise ObservationFailed(answer.reason, answer.message, answer.permission)
        return answer

    def _answer(self, checker: Checker, declared: Call, key: tuple[Any, ...]) -> Any:
        if declared.effect != "read" and declared.effect not in self._allow:
            return Failure(Reason.NOT_ALLOWED, f"{declared.operation} is not allowed")
        self.made[declared.operation] += 1
        try:
            return declared.function(checker, *key)
        except ObservationFailed as error:
            return error.failure
        except Exception as error:
            if type(checker).error_code(error) in declared.absent_on:
                return ABSENT
            failure = type(checker).failure_of(error, declared)
            if failure is None:
                raise
            return failure


def observe(
    checker_cls: type[Checker],
    target: Mapping[str, Any],
    requests: Mapping[str, Request] | None = None,
    reader: Reader | None = None,
) -> list[Observed]:
    """Observe every facet of every resource in every partition of a target."""
    check_declaration(checker_cls)
    return [
        _partition(checker_cls, target, partition, requests or {}, reader)
        for partition in checker_cls.partitions(target)
    ]


def _partition(
    checker_cls: type[Checker],
    target: Mapping[str, Any],
    partition: Partition,
    requests: Mapping[str, Request],
    reader: Reader | None,
) -> Observed:
    read = Reader(frozenset(target.get("allow", ())))
    checker = checker_cls(target, partition, read, requests)
    listings: list[Listed] = []
    found: dict[str, dict[str, Seen | Failure]] = {}
    for item in _listing(checker):
        if isinstance(item, Listed):
            listings.append(item)
        else:
            assert item.id not in found, f"{item.id} is listed twice"
            found[item.id] = {
                name: _facet(checker, read, name, item) for name in checker_cls.facets()
            }
    if reader is not None:
        reader.counts.update(read.counts)
        reader.made.update(read.made)
    return partition, listings, found


def _listing(checker: Checker) -> Iterator[Resource | Listed]:
    try:
        yield from checker.resources()
    except ObservationFailed as error:
        yield Listed(failure=error.failure)


def _facet(checker: Checker, read: Reader, name: str, resource: Resource) -> Seen | Failure:
    declared = type(checker).facets()[name]
    calls = type(checker).calls()
    try:
        responses: list[Any] = []
        for used in declared.uses:
            per = calls[used].per
            if per == "key":
                keys = list(getattr(checker, declared.keys)(resource))
                responses.append({key: read(checker, used, key) for key in keys})
            else:
                responses.append(read(checker, used, *([resource] if per == "resource" else [])))
        made = declared.function(checker, resource, *responses)
    except ObservationFailed as error:
        return error.failure
    facts = made if isinstance(made, Facts) else Facts(made)
    seen = Seen(facts.values)
    seen.missing, seen.raw = facts.missing, facts.raw
    return seen
