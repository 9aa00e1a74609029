"""Stand before every endpoint of a fleet and count the connections that it is given."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.checkers.tls import servers
from tests.fleet.rows import Row


@contextlib.contextmanager
def counted(rows: Sequence[Row]) -> Iterator[tuple[list[Row], Counter[str]]]:
    """Yield the rows on ports of their own, and how many connections came for each name."""
    count: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        moved = [
            replace(row, entry={**row.entry, "port": stack.enter_context(_counting(row, count))})
            for row in rows
        ]
        yield moved, count


def _counting(row: Row, count: Counter[str]) -> contextlib.AbstractContextManager[int]:
    return servers.serve(_through(row, count))


def _through(row: Row, count: Counter[str]) -> Callable[[socket.socket, int], None]:
    def through(connection: socket.socket, index: int) -> None:
        # Connections of a row begin one after the other; the last has the highest number.
        count[row.name] = max(count[row.name], index + 1)
        servers.forward(connection, row.entry["port"], b"")

    return through
