"""A call out of whose answer others take theirs: it is planned, told of all of them, and let go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.collect.conftest import Toy
from troth.checker import Checker, Partition, Resource, call, check_declaration, facet
from troth.collect.calls import Calls
from troth.collect.runner import Budget, _Left, collect
from troth.errors import CheckerBug
from troth.kinds import Kind
from troth.plan import Plan, Unit, calls_of


class Together(Checker):
    """Brings everything at once."""

    kind, target_type = "toy", "toy"
    basis = ("everything",)
    asked: ClassVar[list[list[str]]] = []

    @call("toy:Everything", actions=["toy:All"], per="partition")
    def everything(self) -> dict[str, int]:
        """Return all answers, and note what was asked for."""
        self.asked.append(sorted(f"{cls.id}.{name}" for cls, name in self.planned()))
        return {"first": 1, "second": 2}

    @call("toy:First", actions=["toy:One"], per="partition")
    def first(self) -> int:
        """Return a part of them."""
        return int(self.read("everything")["first"])

    def resources(self) -> Iterator[Resource]:
        """Yield nothing."""
        self.read("everything")
        yield from ()


class One(Together):
    """Uses one."""

    id = "toy.one"

    @facet("retention", uses=["first"])
    def retention(self, resource: Resource, first: int) -> dict[str, Any]:
        """Return nothing."""
        return {}


class Other(Together):
    """Uses none."""

    id = "toy.other"
    lists = ("first",)


def test_a_basis_is_planned_with_every_call() -> None:
    check_declaration(One)
    assert [made.name for made in calls_of(One, ["retention"])] == ["everything", "first"]
    broken = type("Broken", (One,), {"basis": ("none",)})
    with pytest.raises(CheckerBug):
        check_declaration(broken)


def test_it_is_made_once_and_knows_what_all_checkers_want(tmp_path: Path) -> None:
    Together.asked.clear()
    parts = [Partition("p"), Partition("q")]
    units = tuple(
        Unit("t", cls.id, part, "toy", tuple(cls.facets()), ()) for cls in (One, Other)
        for part in parts
    )  # fmt: skip
    kinds: dict[str, Kind] = {}
    made = collect(
        Plan((), units, ()), {"t": {"id": "t"}}, {"toy.one": One, "toy.other": Other}, kinds,
        tmp_path, Budget(), threading.Event(),
    )  # fmt: skip
    assert made.counters["toy:Everything"] == 2
    both = ["toy.one.everything", "toy.one.first", "toy.other.everything", "toy.other.first"]
    assert Together.asked == [both, both]


def test_answers_go_with_the_last_unit_of_a_partition(toy: type[Toy]) -> None:
    calls = Calls()
    for _ in range(2):
        for name in ("p", "q"):
            calls(toy({"id": "t"}, Partition(name), calls, {}), "listing")
        calls.leave("t", "p")
    assert toy.made["listing"] == 3
    units = [Unit("t", name, Partition("p"), "toy", (), ()) for name in ("a", "b")]
    left = _Left(units)
    assert [left.is_last(unit) for unit in units] == [False, True]
