"""A host that drops what comes too fast must not look as if its ports were shut.

Dropping needs a packet filter; the knock, our own port to the network, is replaced instead.
"""

from __future__ import annotations

import random

import pytest

from troth.checkers.network.loop import shared
from troth.checkers.port import scan
from troth.checkers.port.scan import Knock
from troth.model import Reason

HERE = "192.0.2.7"
OPEN = set(range(8000, 8300, 10))


class Limited:
    """Answers ``burst`` knocks, then one in three, until ``calm`` knocks have come."""

    def __init__(self, burst: int, calm: int) -> None:
        self.burst, self.calm, self.count = burst, calm, 0
        self.dice = random.Random(7)  # noqa: S311 - a test

    async def __call__(self, address: str, port: int, seconds: float) -> Knock:
        self.count += 1
        hasty = self.burst < self.count < self.calm
        if hasty and self.dice.random() > 1 / 3:
            return Knock("quiet")
        return Knock("open" if port in OPEN else "quiet")


def _seen(monkeypatch: pytest.MonkeyPatch, knock: Limited) -> dict[int, scan.State]:
    monkeypatch.setattr(scan, "_knock", knock)
    return shared().run(scan.scan(HERE, range(8000, 8300), 1.0))


def test_ports_that_were_dropped_for_haste_are_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _seen(monkeypatch, Limited(burst=20, calm=600))
    told = {port: state.answers or state.failure for port, state in seen.items()}
    assert not [port for port in OPEN if told[port] == "silent"]
    doubts = {state.failure.reason for state in seen.values() if state.failure}
    assert doubts == {Reason.UNPROVEN}
    assert not [port for port, what in told.items() if what == "open" and port not in OPEN]


def test_a_filter_that_drops_the_same_ports_always_is_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = _seen(monkeypatch, Limited(burst=10**6, calm=0))
    assert {port for port, state in seen.items() if state.answers == "open"} == OPEN
    assert {state.answers for port, state in seen.items() if port not in OPEN} == {"silent"}
