"""Calls: each once per key, however many threads ask; a nested call keeps its slot."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.collect.conftest import Toy
from troth.checker import Partition, Resource, call
from troth.collect.calls import Calls
from troth.errors import CheckerBug


def checker(cls: type[Toy], calls: Calls, partition: str = "p") -> Toy:
    return cls({"id": "t"}, Partition(partition), calls, {})


def test_many_threads_ask_once(toy: type[Toy]) -> None:
    calls = Calls(8)
    gate = threading.Barrier(8)

    def ask() -> Any:
        gate.wait(10)
        return calls(checker(toy, calls), "retention_response", Resource("one"))

    with ThreadPoolExecutor(8) as pool:
        answers = [task.result() for task in [pool.submit(ask) for _ in range(8)]]
    assert len({id(answer) for answer in answers}) == 1
    assert toy.made["one"] == 1
    assert calls.counters["toy:Get"] == 1


def test_partitions_do_not_share_answers(toy: type[Toy]) -> None:
    calls = Calls()
    for partition in ("p", "q"):
        calls(checker(toy, calls, partition), "listing")
    assert toy.made["listing"] == 2


def test_two_checkers_share_the_call_that_both_inherit(toy: type[Toy]) -> None:
    calls = Calls()
    other = type("Other", (toy,), {"id": "toy.other"})
    calls(checker(toy, calls), "listing")
    calls(checker(other, calls), "listing")
    assert toy.made["listing"] == 1


def test_forgotten_answers_are_asked_again_but_shared_ones_are_kept(toy: type[Toy]) -> None:
    calls = Calls()
    made = checker(toy, calls)
    for _ in range(2):
        calls(made, "retention_response", Resource("one"))
        calls.forget("t", "p", "one")
    assert toy.made["one"] == 2
    calls.shared.add(toy.calls()["retention_response"].function)
    for _ in range(2):
        calls(made, "retention_response", Resource("one"))
        calls.forget("t", "p", "one")
    assert toy.made["one"] == 3


def test_undeclared_call_is_a_bug(toy: type[Toy]) -> None:
    calls = Calls()
    with pytest.raises(CheckerBug, match="does not declare"):
        calls(checker(toy, calls), "resources")


def test_call_that_reads_a_call_needs_one_slot_only(toy: type[Toy]) -> None:
    class Nested(toy):  # type: ignore[misc, valid-type]
        @call("toy:Outer", actions=["toy:Outer"], per="partition")
        def outer(self) -> Any:
            return self.read("listing")

    calls = Calls(1)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(calls, checker(Nested, calls), "outer").result(timeout=10)
    assert answer == ("one", "two")


def test_budget_bounds_how_many_calls_run_at_once(toy: type[Toy]) -> None:
    calls, running, most = Calls(2), 0, 0
    lock, full = threading.Lock(), threading.Event()

    def slow() -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 2:
                full.set()
        full.wait(10)
        with lock:
            running -= 1
        return {}

    toy.answers = {str(number): slow for number in range(6)}
    made = checker(toy, calls)
    with ThreadPoolExecutor(6) as pool:
        tasks = [
            pool.submit(calls, made, "retention_response", Resource(str(number)))
            for number in range(6)
        ]
        for task in tasks:
            task.result(timeout=10)
    assert most == 2
