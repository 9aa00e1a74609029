"""Sockets of loopback that are listened on by threads, each connection by one of its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

#: Seconds that a client may take for what it does next.
_PATIENCE = 5.0

#: How a server treats a connection.
Treatment = Callable[[socket.socket], None]


@contextlib.contextmanager
def listening(treat: Treatment) -> Iterator[int]:
    """Listen on a free port until the block ends; yield the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    thread = threading.Thread(target=_accept, args=(listener, treat), daemon=True, name="demo")
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        listener.close()
        thread.join()


def say_nothing(connection: socket.socket) -> None:
    """Take what comes for a minute, and answer nothing."""
    connection.settimeout(60)
    while connection.recv(4096):
        pass


def _accept(listener: socket.socket, treat: Treatment) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_one, args=(connection, treat), daemon=True).start()


def _one(connection: socket.socket, treat: Treatment) -> None:
    """Serve one connection; whatever a client does wrong ends this connection alone."""
    with connection, contextlib.suppress(OSError, ssl.SSLError):
        connection.settimeout(_PATIENCE)
        treat(connection)
