"""How gently peers are asked: connections at once overall and per host, and a pace per host.

A server that counts connections must not be driven into refusing them: what it then does not
answer would be unknown at best. The state belongs to the event loop's thread alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

#: Connections of the process at the same time, to all hosts together.
AT_ONCE = 128
#: Connections to one host and port at the same time.
PER_HOST = 2
#: Connections to one host and port that may begin in one second, on average and in a burst.
PER_SECOND = 20


@dataclass
class _Host:
    """What is under way at one host and port; dropped when nobody is and the pace is even."""

    slots: asyncio.Semaphore
    users: int = 0
    next_start: float = 0.0


@dataclass
class Limits:
    """The caps of one event loop."""

    at_once: int = AT_ONCE
    per_host: int = PER_HOST
    per_second: float = PER_SECOND
    _hosts: dict[tuple[str, int], _Host] = field(default_factory=dict)
    _all: asyncio.Semaphore | None = None

    @contextlib.asynccontextmanager
    async def slot(self, host: str, port: int) -> AsyncIterator[None]:
        """Wait for a turn to connect and hold it; no clock of a peer should run meanwhile."""
        if self._all is None:
            self._all = asyncio.Semaphore(self.at_once)
        key = (host, port)
        known = self._hosts.setdefault(key, _Host(asyncio.Semaphore(self.per_host)))
        known.users += 1
        try:
            async with known.slots:
                # Before a turn is taken from others: a host's pace is no other host's business.
                await self._pace(known)
                async with self._all:
                    yield
        finally:
            known.users -= 1
            self._forget(key)

    async def _pace(self, host: _Host) -> None:
        now = asyncio.get_running_loop().time()
        # One second's worth may come at once; then one by one.
        begin = max(host.next_start, now - 1.0)
        host.next_start = begin + 1.0 / self.per_second
        if host.next_start > now:
            await asyncio.sleep(host.next_start - now)

    def _forget(self, key: tuple[str, int]) -> None:
        """Drop a host that nobody uses, once a newcomer would be paced no differently."""
        known = self._hosts.get(key)
        if known is None or known.users:
            return
        loop = asyncio.get_running_loop()
        even = known.next_start + 1.0
        if even <= loop.time():
            del self._hosts[key]
        else:
            loop.call_at(even, self._forget, key)
