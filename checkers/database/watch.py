"""An end to a conversation with a server, whatever the server does: it is hung up on."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator


class CutShort(Exception):
    """The server had not answered when the time was over, and was hung up on."""


@contextlib.contextmanager
def watched(descriptor: int, seconds: float) -> Iterator[None]:
    """Shut the connection of an open socket after ``seconds``; raises :class:`CutShort` then."""
    over = threading.Event()
    copy = socket.socket(fileno=os.dup(descriptor))

    def hang_up() -> None:
        over.set()
        with contextlib.suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if over.is_set():
            raise CutShort from error
        raise
    finally:
        timer.cancel()
        copy.close()
