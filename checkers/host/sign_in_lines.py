"""What the lines of an OpenSSH server tell of sign-ins; pure functions of text.

Source: sshd(8), ``Accepted <method> for <user> from <address> port <n>``. Only accepted sign-ins
count: in the others a stranger chooses the name, and may write words into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from troth.checkers.host.access_lines import Look, address_of

#: What each sign-in has a place for.
CARRIED = ("principal", "source")
_ACCEPTED = re.compile(r"(?:^|sshd(?:-session)?\[\d+\]: )Accepted \S+ for (\S+) from (\S+) port ")


def look(lines: Iterable[str]) -> Look:
    """Count the accepted sign-ins, and those whose source is no address."""
    told = Look()
    for line in lines:
        found = _ACCEPTED.search(line[:1000])
        if not found:
            continue
        told.records += 1
        told.known += 1
        address = address_of(found[2])
        if address is None:
            told.lack(("source",))
        else:
            told.seen(address)
    return told
