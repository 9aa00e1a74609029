"""Names to addresses, on threads that may be left behind.

The system's resolver cannot be told to stop. A lookup that outlives the probe which asked is
abandoned: its thread ends when the resolver gives up, and who asks for the same name meanwhile
joins it. Daemon threads, so that a hanging lookup holds up neither other names nor the end of
the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

#: Lookups of the process at the same time, those included that nobody waits for any more.
AT_ONCE = 64

#: Address family and socket address, which begins with the IP address and the port.
Address = tuple[int, tuple[Any, ...]]


@dataclass
class Resolver:
    """The lookups of one event loop; its state belongs to the loop's thread."""

    at_once: int = AT_ONCE
    _under_way: dict[str, asyncio.Future[list[Address]]] = field(default_factory=dict)
    _turns: asyncio.Semaphore | None = None

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Return every address of a host, in the resolver's order; an IP address is its own.

        The caller's clock bounds it. Raises :class:`socket.gaierror`, which is an OSError.
        """
        for family in (socket.AF_INET, socket.AF_INET6):
            with contextlib.suppress(OSError):
                socket.inet_pton(family, host)
                return [(family, (host, port))]
        found = await asyncio.shield(await self._lookup(host))
        return [(family, (address[0], port, *address[2:])) for family, address in found]

    async def _lookup(self, host: str) -> asyncio.Future[list[Address]]:
        """Return the lookup of a host that is under way, begun when there is a turn for it."""
        if self._turns is None:
            self._turns = asyncio.Semaphore(self.at_once)
        if host not in self._under_way:
            await self._turns.acquire()
            if host in self._under_way:
                self._turns.release()
            else:
                self._begin(host, self._turns)
        return self._under_way[host]

    def _begin(self, host: str, turns: asyncio.Semaphore) -> None:
        loop = asyncio.get_running_loop()
        future = self._under_way[host] = loop.create_future()
        # Nobody may be left to hear of a failure; that is no error of the loop's.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())

        def end(found: list[Address] | OSError) -> None:
            del self._under_way[host]
            turns.release()
            if isinstance(found, OSError):
                future.set_exception(found)
            else:
                future.set_result(found)

        def look() -> None:
            found = _resolved(host)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(end, found)

        threading.Thread(target=look, name=f"lookup of {host}", daemon=True).start()


def _resolved(host: str) -> list[Address] | OSError:
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError:
        return socket.gaierror(socket.EAI_NONAME, "the name cannot be written in DNS")
    return list(dict.fromkeys((int(row[0]), tuple(row[4])) for row in rows))
