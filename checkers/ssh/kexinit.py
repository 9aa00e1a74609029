"""The lists with which a key exchange begins (RFC 4253 section 7.1)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from troth.checkers.ssh.wire import Malformed, Reader, names, number

KEXINIT = 20

#: Names that stand among the key exchange methods and are none: they announce extensions
#: (RFC 8308 section 2.1, and the strict key exchange of OpenSSH).
MARKERS = frozenset({"ext-info-s", "ext-info-c", "kex-strict-s-v00@openssh.com"})


Names = tuple[str, ...]
#: A list for what is sent to the server, and one for what it sends.
Pair = tuple[Names, Names]


@dataclass(frozen=True)
class Lists:
    """What one side offers; ``payload`` is the whole message, which the exchange hash covers.

    ``guessed`` tells that a packet of the key exchange follows which assumes that the first
    method and the first host key algorithm will be agreed on.
    """

    payload: bytes = field(repr=False)
    key_exchange: Names
    host_keys: Names
    ciphers: Pair
    macs: Pair
    compression: Pair
    guessed: bool = False

    @property
    def methods(self) -> Names:
        """Return the key exchange methods without what only announces an extension."""
        return tuple(name for name in self.key_exchange if name not in MARKERS)

    @property
    def markers(self) -> Names:
        """Return the announced extensions."""
        return tuple(name for name in self.key_exchange if name in MARKERS)


def read(payload: bytes) -> Lists:
    """Return the lists of a message; raises :class:`Malformed`, also for a list without a name.

    An empty list of what must be agreed on would read as *offers nothing weak*.
    """
    reader = Reader(payload)
    if reader.byte() != KEXINIT:
        raise Malformed("the key exchange does not begin with its lists")
    reader.take(16)  # the cookie
    method, key, up, down, mac_up, mac_down, packed_up, packed_down = rows = [
        reader.names() for _ in range(8)
    ]
    for _ in range(2):
        reader.string()  # languages, which nobody uses
    guessed = reader.byte() != 0
    reader.number()
    pairs = (up, down), (mac_up, mac_down), (packed_up, packed_down)
    found = Lists(payload, method, key, *pairs, guessed)
    if not all((found.methods, *rows)):
        raise Malformed("one of the lists of algorithms is empty")
    return found


def write(method: str, host_key: str, ciphers: Pair, macs: Pair, compression: Pair) -> Lists:
    """Return our lists: one method, one host key algorithm, and what the transport may be."""
    rows = [(method,), (host_key,), *ciphers, *macs, *compression, (), ()]
    payload = bytes([KEXINIT]) + os.urandom(16) + b"".join(map(names, rows)) + b"\0" + number(0)
    return Lists(payload, (method,), (host_key,), ciphers, macs, compression)
