"""The event loop of the probes: whoever waits for it gets a result or an error, always."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from typing import Any

import pytest

from troth.checkers.network.loop import Loop, shared


async def value(what: Any) -> Any:
    await asyncio.sleep(0)
    return what


def test_many_threads_share_one_loop() -> None:
    found: list[tuple[int, Loop]] = []

    def one(number: int) -> None:
        found.append((shared().run(value(number)), shared()))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(number for number, _ in found) == list(range(40))
    assert len({id(loop) for _, loop in found}) == 1


def test_what_a_probe_raises_reaches_its_caller() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        shared().run(fail())


def test_a_probe_that_waits_for_another_on_the_same_thread_is_told() -> None:
    loop = Loop()

    async def outer() -> None:
        loop.run(value(1))

    with pytest.raises(RuntimeError, match="cannot wait"):
        loop.run(outer())


def test_a_thread_that_dies_leaves_nobody_waiting_and_is_replaced() -> None:
    before, failures = shared(), list[BaseException]()
    waiting = threading.Event()

    async def forever() -> None:
        waiting.set()
        await asyncio.Event().wait()

    def wait() -> None:
        try:
            before.run(forever())
        except RuntimeError as error:
            failures.append(error)

    async def die() -> None:
        asyncio.get_running_loop().stop()

    thread = threading.Thread(target=wait)
    thread.start()
    assert waiting.wait(30)
    with contextlib.suppress(RuntimeError):
        before.run(die())
    thread.join(30)
    before._thread.join(30)
    assert len(failures) == 1
    assert shared() is not before
    assert shared().run(value(2)) == 2
    with pytest.raises(RuntimeError, match="ended"):
        before.run(value(3))


def test_a_forked_process_has_a_loop_of_its_own() -> None:
    before = shared()
    assert before.run(value(1)) == 1
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            own = shared()
            answer = b"y" if own is not before and own.run(value(7)) == 7 else b"n"
        except BaseException:
            answer = b"x"
        os.write(writing, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as end:
        assert end.read() == b"y"
    os.waitpid(child, 0)


def test_a_caller_that_is_torn_away_cancels_its_probe() -> None:
    loop, ended = Loop(), threading.Event()

    async def probe() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    class Torn(BaseException):
        pass

    submit = loop._submit

    def torn(coroutine: Any) -> Any:
        future = submit(coroutine)

        class Waits:
            def result(self) -> None:
                raise Torn

            def cancel(self) -> None:
                future.cancel()

        return Waits()

    setattr(loop, "_submit", torn)  # noqa: B010 - a method, for once
    with pytest.raises(Torn):
        loop.run(probe())
    assert ended.wait(30)
