"""Who may keep a connection without asking for anything: nobody for long, and few at a time.

A client that sends its header byte by byte would otherwise hold a place for as long as it likes,
and some dozens of them hold all places.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

#: Seconds from a connection, or from the answer before, to the end of a request.
PATIENCE = 10.0


class Waiting:
    """The connections (channels of waitress) that wait for the end of a request, since when."""

    def __init__(self) -> None:
        """Nobody is connected yet."""
        self._since: dict[Any, float] = {}

    def asked(self, channel: Any) -> None:
        """Note that a connection sent a whole request: what it sends next has its own time."""
        self._since.pop(channel, None)

    def turn(self, channels: Iterable[Any], now: float, *, full: bool) -> None:
        """Have those closed that wait for too long; if all is ``full`` the oldest goes at once.

        ``now`` is in seconds of any clock that only goes forward.
        """
        waiting = [one for one in channels if not (one.requests or one.total_outbufs_len)]
        self._since = {one: self._since.get(one, now) for one in waiting}
        for one in waiting:
            if now - self._since[one] > PATIENCE:
                one.will_close = True
        if full and waiting:
            min(waiting, key=self._since.__getitem__).will_close = True
