"""Where the pages are served, and by which names they may be asked for."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

from troth.errors import UsageError

#: Where the pages are served unless something else is asked for.
DEFAULT = "127.0.0.1:8421"

_LISTEN = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<host>[^:\[\]]*)):(?P<port>[0-9]{1,5})")
#: A Host header: a name or an address in brackets, and perhaps a port (RFC 9110, section 7.2).
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


class Listen(NamedTuple):
    """An address of this machine and a port; port 0 is any free one."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Tell whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def six(self) -> bool:
        """Tell whether it is an address of IP version 6."""
        return ipaddress.ip_address(self.host).version == 6

    def __str__(self) -> str:
        """Return it as it stands in an address of the web."""
        return f"[{self.host}]:{self.port}" if self.six else f"{self.host}:{self.port}"


def listen(text: str) -> Listen:
    """Return ``127.0.0.1:8421``, ``localhost:0`` or ``[::1]:8421`` taken apart.

    Names other than localhost are refused: whoever answers for one decides who can reach the
    pages. Raises :class:`~troth.errors.UsageError`.
    """
    match = _LISTEN.fullmatch(text)
    host = (match["six"] or match["host"] or "") if match else ""
    try:
        host = str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        match = None
    if match is None or int(match["port"]) > 65535:
        raise UsageError(f"--listen: '{text}' is not an address and a port; write {DEFAULT}")
    return Listen(host, int(match["port"]))


def names(at: Listen, more: Iterable[str]) -> frozenset[str]:
    """Return the names by which the pages may be asked for.

    A page elsewhere can have its own name point at this machine, and read with it what only this
    machine can reach (DNS rebinding). Its requests carry that name. Raises
    :class:`~troth.errors.UsageError` for what cannot be a name.
    """
    found = {"localhost", _bracketed(at)}
    for name in more:
        match = _HOST.fullmatch(name)
        if match is None or match[1] != name:
            text = f"--host-name: '{name}' is not the name of a host; write troth.example.com"
            raise UsageError(text)
        found.add(_plain(name))
    return frozenset(found)


def known(header: str, allowed: frozenset[str]) -> bool:
    """Tell whether a Host header names one of the allowed; the port is a proxy's business."""
    match = _HOST.fullmatch(header)
    return match is not None and _plain(match[1]) in allowed


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")


def _bracketed(at: Listen) -> str:
    return f"[{at.host}]" if at.six else at.host
