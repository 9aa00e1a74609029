"""Ports of loopback that a target may ask at: closed ones that the demo holds, and one forgotten.

The demo asks at no port but its own, so what comes out does not depend on this machine.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from troth.demo.listening import listening, say_nothing

#: How many closed ports are asked at; controls want 20 before silence counts.
CLOSED = 20


@contextlib.contextmanager
def closed() -> Iterator[list[int]]:
    """Hold ports without listening on them: nobody else can, and whoever connects is refused."""
    with contextlib.ExitStack() as held:
        found = []
        for _ in range(CLOSED):
            one = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            one.bind(("127.0.0.1", 0))
            found.append(int(one.getsockname()[1]))
        yield sorted(found)


@contextlib.contextmanager
def forgotten(names: dict[str, str]) -> Iterator[int]:
    """Serve a console that nobody switched off (a fault); yield its port."""
    with listening(_greet) as port:
        names[f"tcp://127.0.0.1:{port}"] = "forgotten-console"
        yield port


def _greet(connection: socket.socket) -> None:
    connection.sendall(b"220 console ready\r\n")
    say_nothing(connection)
