"""The shape of a measure: what it is given, what it yields, and how it is found by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from troth.errors import RuleBug
from troth.measures.places import MODULE_OF
from troth.model import Failure, Reason


class MissingFact(Exception):
    """A fact that a measure wanted could not be read; ``failure`` tells why."""

    def __init__(self, failure: Failure) -> None:
        """Keep the failure."""
        super().__init__(failure.message)
        self.failure = failure


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Item(NamedTuple):
    """One resource as a measure sees it.

    ``facts`` maps facet to fact to value; instants are aware datetimes, dates are ISO strings,
    list facts are ``{"items": […], "complete": True}``. ``missing`` maps ``facet`` or
    ``facet.fact`` to the reason why it is not in ``facts``. ``covered`` is what each facet was
    asked for, ``digests`` names the recorded observations.
    """

    id: str
    facts: Mapping[str, Mapping[str, Any]]
    missing: Mapping[str, Failure] = _NOTHING
    name: str = ""
    target: str = ""
    partition: str = ""
    covered: Mapping[str, Mapping[str, Any]] = _NOTHING
    digests: Mapping[str, str] = _NOTHING

    def get(self, path: str) -> Any:
        """Return the fact at ``facet.fact``; raise :class:`MissingFact` with its reason."""
        facet, _, fact = path.partition(".")
        values = self.facts.get(facet)
        if values is not None and fact in values:
            return values[fact]
        for key in (path, facet):
            if key in self.missing:
                raise MissingFact(self.missing[key])
        raise MissingFact(Failure(Reason.NO_DATA, f"{path} of {self.id} was not read"))

    def items(self, path: str) -> list[Any]:
        """Return all items of the list fact at ``facet.fact``, which must be complete."""
        value = self.get(path)
        if value.get("complete") is not True:
            facet = path.partition(".")[0]
            known = self.missing.get(path) or self.missing.get(facet)
            raise MissingFact(
                known or Failure(Reason.LISTING_INCOMPLETE, f"{path} of {self.id} is incomplete")
            )
        return list(value["items"])


class Population(NamedTuple):
    """All resources of one kind in scope, sorted by id; ``failure`` is why some may be lacking.

    ``targets`` are all that were looked at, also those where nothing was found.
    """

    items: tuple[Item, ...]
    failure: Failure | None = None
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """Everything a measure may look at.

    ``args`` are the values of the part's ``with:``, parameters already resolved: durations,
    versions and the like are the objects of :mod:`troth.params`. ``as_of`` is aware, ``zone`` is
    the policy's. ``needs`` maps a kind that the part names to its population.
    """

    population: Population
    needs: Mapping[str, Population]
    args: Mapping[str, Any]
    as_of: datetime
    zone: ZoneInfo
    clause: str = ""
    control: str = ""


class Measured(NamedTuple):
    """Measured facts of one resource, or of the population when ``resource`` is empty.

    A name in ``missing`` instead of ``facts`` makes every rule that reads it unknown, with that
    reason. ``notes`` are sentences for the report; they decide nothing.
    """

    facts: Mapping[str, Any]
    missing: Mapping[str, Failure] = _NOTHING
    notes: tuple[str, ...] = ()
    resource: str = ""


Function = Callable[[Inputs], Iterable[Measured]]


class Measure(NamedTuple):
    """A registered measure and its declaration, against which controls are fenced.

    ``on_empty`` tells that it also decides when its population is empty (otherwise the part's
    ``when_empty`` does).
    """

    name: str
    per: Literal["resource", "population"]
    args: tuple[str, ...]
    yields: tuple[str, ...]
    on_empty: bool
    function: Function


_REGISTRY: dict[str, Measure] = {}


def measure(
    name: str,
    *,
    per: Literal["resource", "population"],
    yields: Iterable[str],
    args: Iterable[str] = (),
    on_empty: bool = False,
) -> Callable[[Function], Function]:
    """Register a function as the measure ``name``."""

    def register(function: Function) -> Function:
        made = Measure(name, per, tuple(args), tuple(yields), on_empty, function)
        known = _REGISTRY.setdefault(name, made)
        if known.function.__qualname__ != function.__qualname__:
            raise RuleBug(f"two measures are called {name}")
        return function

    return register


class _Registry(Mapping[str, Measure]):
    """Every measure by name; a module is imported when one of its measures is asked for."""

    def __getitem__(self, name: str) -> Measure:
        if name not in _REGISTRY and name in MODULE_OF:
            importlib.import_module(f"troth.measures.{MODULE_OF[name]}")
        return _REGISTRY[name]

    def __contains__(self, name: object) -> bool:
        return name in MODULE_OF or name in _REGISTRY

    def __iter__(self) -> Iterator[str]:
        return iter(MODULE_OF.keys() | _REGISTRY.keys())

    def __len__(self) -> int:
        return len(MODULE_OF.keys() | _REGISTRY.keys())


def registry() -> Mapping[str, Measure]:
    """Return every measure by name; a module is imported only for a measure that is read."""
    return _Registry()
