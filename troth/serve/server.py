"""The process that serves: its socket, its threads, and how it ends."""

from __future__ import annotations

import importlib
import logging
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from troth.errors import Exit, UsageError
from troth.serve.address import Listen
from troth.serve.waiting import Waiting

#: What the pages need, and no more: they are short to ask for and few at a time.
_LIMITS: dict[str, Any] = {
    "threads": 4,
    "connection_limit": 100,
    "channel_timeout": 30,
    "max_request_header_size": 16_384,
    "max_request_body_size": 65_536,
    "ident": None,
}

#: Seconds after which the loop looks around although nothing happened: idle connections are closed.
_TURN = 1.0


def bound(at: Listen) -> socket.socket:
    """Return a socket at an address; raises :class:`~troth.errors.UsageError`."""
    made = socket.socket(socket.AF_INET6 if at.six else socket.AF_INET)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((at.host, at.port))
        made.listen()
    except OSError as error:
        made.close()
        text = f"cannot serve at {at}: {error.strerror}; choose another with --listen"
        raise UsageError(text) from None
    return made


def serve(app: Any, at: Listen, ready: Callable[[Listen], None]) -> Exit:
    """Serve until a signal ends it, and return the exit code.

    ``ready`` is told the real address. A SIGTERM is how a service ends, so its exit code is 0; that
    of Ctrl-C is 130. What is just being answered has five seconds to end, unless a second signal
    comes. Raises :class:`~troth.errors.UsageError` if nothing can be served there. Only in the main
    thread.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that one waits is no news
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with bound(at) as plain:
            _answer(app, plain, stop, lambda: ready(Listen(at.host, plain.getsockname()[1])))
    except KeyboardInterrupt:
        pass  # a second signal
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return stop.code


def _answer(app: Any, plain: socket.socket, stop: Stop, ready: Callable[[], None]) -> None:
    waitress: Any = importlib.import_module("waitress")  # it has no types
    loop: Any = importlib.import_module("waitress.wasyncore").loop
    open_: dict[int, Any] = {}
    server = waitress.create_server(app, map=open_, sockets=[plain], **_LIMITS)
    stop.wake = server.pull_trigger
    waiting, begin = Waiting(), server.add_task

    def add_task(channel: Any) -> None:
        waiting.asked(channel)
        begin(channel)

    server.add_task = add_task
    ready()
    try:
        while not stop.asked:
            channels = list(server.active_channels.values())
            full = len(open_) >= _LIMITS["connection_limit"]
            waiting.turn(channels, time.monotonic(), full=full)
            loop(timeout=_TURN, map=open_, count=1)
        server.task_dispatcher.shutdown()
    finally:
        for one in list(open_.values()):
            one.close()


class Stop:
    """Notes the first signal and wakes the loop, which ends between two steps; a second one raises.

    An exception in the middle of a step would leave sockets behind that are half closed.
    """

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.code = Exit.OK
        self.asked = False
        self.wake: Callable[[], None] = lambda: None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note the signal; raise :class:`KeyboardInterrupt` if it is the second."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self.code = Exit.INTERRUPTED if number == signal.SIGINT else Exit.OK
        self.wake()
