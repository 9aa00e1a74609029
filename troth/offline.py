"""Refuse sockets: for ``--offline`` and for replays, which must not ask anybody anything."""

from __future__ import annotations

import sys
from typing import Any

_EVENTS = frozenset(
    {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname",
     "socket.gethostbyaddr", "socket.sendto", "socket.sendmsg"}
)  # fmt: skip


class Refused(ConnectionError):
    """A socket was asked for while troth is offline."""


_state = {"refusing": False, "hooked": False}


def refuse_sockets() -> None:
    """Make every attempt to use a network socket raise :class:`Refused`, until the process ends.

    An audit hook sees what C code does through the socket module too, and cannot be taken away.
    """
    _state["refusing"] = True
    if not _state["hooked"]:
        sys.addaudithook(_hook)
        _state["hooked"] = True


def allow_sockets() -> None:
    """Undo :func:`refuse_sockets`; for tests, which share a process."""
    _state["refusing"] = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _state["refusing"] and event in _EVENTS:
        raise Refused(f"troth is offline: {event} is refused")
