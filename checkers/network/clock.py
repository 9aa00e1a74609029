"""The two clocks: each probe has its own time, and all probes of an endpoint share another.

A limit on every single read is no limit: a peer that sends a byte a second would hold it open
for ever. So a probe has a deadline, and an endpoint has one that no probe outlives.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Clock:
    """A deadline on the monotonic clock; ``seconds`` is what it allows from its ``start``."""

    start: float
    seconds: float
    _excused: float = 0.0

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """Return a clock that starts now."""
        return cls(time.monotonic(), seconds)

    @property
    def spent(self) -> float:
        """Return the seconds since the start, without those that were excused."""
        return time.monotonic() - self.start - self._excused

    @property
    def left(self) -> float:
        """Return the seconds that are left, zero when the time is up."""
        return max(0.0, self.seconds - self.spent)

    def probe(self, seconds: float) -> Clock:
        """Return the clock of one probe: so many seconds, or what is left here if that is less."""
        return Clock.of(min(seconds, self.left))

    @contextlib.contextmanager
    def excused(self) -> Iterator[None]:
        """Stop the clock for a block: what we wait for of our own will is not the peer's doing."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self._excused += time.monotonic() - begin
