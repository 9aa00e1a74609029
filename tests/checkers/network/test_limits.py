"""Caps and pace: how many connections at once, how fast, and nothing remembered for ever."""

from __future__ import annotations

import asyncio

import pytest

from troth.checkers.network.limits import Limits


async def crowd(limits: Limits, places: list[tuple[str, int]]) -> int:
    """Take a slot for every place at once; return the most that were held together."""
    held, most = 0, 0

    async def one(host: str, port: int) -> None:
        nonlocal held, most
        async with limits.slot(host, port):
            held += 1
            most = max(most, held)
            for _ in range(5):
                await asyncio.sleep(0)
            held -= 1

    await asyncio.gather(*(one(*place) for place in places))
    return most


@pytest.mark.parametrize(
    ("limits", "places", "most"),
    [
        (Limits(per_host=2), [("a", 1)] * 9, 2),
        (Limits(per_host=2), [("a", 1), ("a", 2), ("b", 1)] * 3, 6),
        (Limits(at_once=4), [(f"h{number}", 1) for number in range(20)], 4),
    ],
)
def test_no_more_than_the_caps_at_once(
    limits: Limits, places: list[tuple[str, int]], most: int
) -> None:
    assert asyncio.run(crowd(limits, places)) == most


def test_a_host_that_waits_for_its_pace_takes_no_turn_from_others() -> None:
    async def run() -> int:
        limits = Limits(at_once=1, per_host=5, per_second=1)
        async with limits.slot("slow", 1):
            pass
        waiting = [asyncio.ensure_future(limits.slot("slow", 1).__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        done = await asyncio.wait_for(crowd(limits, [("other", 1)]), 30)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return done

    assert asyncio.run(run()) == 1


class Paced(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer instead of waiting for it."""

    now = 100.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def starts(limits: Limits, count: int) -> list[float]:
    """Return at what second each of some connections to one host begins, one after the other."""
    loop = Paced()

    async def run() -> list[float]:
        begun = []
        for _ in range(count):
            async with limits.slot("a", 1):
                begun.append(loop.time())
        return begun

    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()


def test_a_seconds_worth_at_once_and_then_one_by_one() -> None:
    begun = starts(Limits(per_second=10), 31)
    assert begun[:10] == [100.0] * 10
    assert begun[10:] == pytest.approx([100 + (number + 1) / 10 for number in range(21)])


def test_hosts_are_forgotten_when_their_pace_is_even() -> None:
    limits, loop = Limits(), Paced()

    async def run() -> tuple[int, int]:
        await crowd(limits, [(f"h{number}", 1) for number in range(500)])
        known = len(limits._hosts)
        await asyncio.sleep(5)
        return known, len(limits._hosts)

    try:
        known, later = loop.run_until_complete(run())
    finally:
        loop.close()
    assert known == 500
    assert later == 0


def test_who_gives_up_waiting_leaves_no_trace() -> None:
    async def run() -> int:
        limits = Limits(per_host=1)
        async with limits.slot("a", 1):
            waiting = [asyncio.ensure_future(limits.slot("a", 1).__aenter__()) for _ in range(5)]
            await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert limits._hosts["a", 1].users == 0
        return await asyncio.wait_for(crowd(limits, [("a", 1)]), 30)

    assert asyncio.run(run()) == 1
