"""A checker whose answers a test sets, and a way to observe one unit with it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest

from troth.catalogue.kinds import load_kind
from troth.checker import (
    ABSENT,
    Call,
    Checker,
    Failure,
    Listed,
    Partition,
    Reason,
    Resource,
    call,
    facet,
)
from troth.collect.calls import Calls
from troth.collect.ending import Ending
from troth.collect.observe import Observer, Seen
from troth.plan import Unit

RETENTION = {"mode": "days", "days": 30}


class Refused(Exception):
    """An error of the toy's own client library."""


class Toy(Checker):
    """Log stores named by the test; each answer is a value, an exception or a function."""

    id = "toy.log"
    kind = "log-store"
    target_type = "toy"
    names: ClassVar[tuple[str, ...]] = ("one", "two")
    answers: ClassVar[dict[str, Any]] = {}
    made: ClassVar[Counter[str]] = Counter()

    @call("toy:List", actions=["toy:List"], per="partition")
    def listing(self) -> Any:
        self.made["listing"] += 1
        return self.names

    @call("toy:Get", actions=["toy:GetRetention"], per="resource", absent_on=["NoRetention"])
    def retention_response(self, resource: Resource) -> Any:
        self.made[resource.id] += 1
        answer = self.answers.get(resource.id, RETENTION)
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer

    @call("toy:ReadEvents", actions=["toy:Read"], per="resource", effect="data-read")
    def events(self, resource: Resource) -> Any:
        return {}

    def resources(self) -> Iterator[Resource | Listed]:
        for name in self.read("listing"):
            yield Resource(name, name, self.partition.name)

    @facet("retention", uses=["retention_response"])
    def retention(self, resource: Resource, response: Any) -> Mapping[str, Any]:
        if response is ABSENT:
            return {"mode": "forever", "days": 36500}
        return {"mode": response["mode"], "days": response["days"]}

    @facet("extent", uses=["events"])
    def extent(self, resource: Resource, events: Any) -> Mapping[str, Any]:
        raise AssertionError("never allowed")

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        if isinstance(error, Refused):
            return Failure(Reason.PERMISSION_DENIED, "refused", declared.actions[0])
        return None

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        return error.args[0] if isinstance(error, LookupError) else ""


UNIT = Unit("t", "toy.log", Partition("p"), "log-store", ("retention",), ())
Observe = Callable[..., Seen]


@pytest.fixture
def toy() -> type[Toy]:
    """Return a fresh toy class, so that tests do not share answers."""
    fresh = {"answers": {}, "made": Counter(), "names": ("one", "two")}
    return type("FreshToy", (Toy,), fresh)


@pytest.fixture
def observe(toy: type[Toy]) -> Iterator[Observe]:
    """Return ``observe(unit, target, seconds, stop)``: one unit through the real observer."""
    pool = ThreadPoolExecutor(4)
    calls = Calls(4)

    def run(
        unit: Unit = UNIT,
        target: Mapping[str, Any] | None = None,
        seconds: float = 30.0,
        stop: threading.Event | None = None,
    ) -> Seen:
        kinds = {"log-store": load_kind("log-store")}
        ending = Ending(stop or threading.Event())
        observer = Observer(calls, kinds, pool, seconds, ending=ending)
        return observer.observe(toy, {"id": "t", "type": "toy", **(target or {})}, unit)

    yield run
    pool.shutdown(wait=False, cancel_futures=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "observations"
    made.mkdir()
    return made
