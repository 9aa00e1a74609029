"""Names as facts and questions hold them: ASCII, lower case, without the last dot."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: The letters of host names, and the underscore of service names (RFC 8552).
_LABEL = re.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST = 253


def normal(text: str) -> str:
    """Return a name that a user wrote as it is asked for; raises ValueError if it is none.

    Letters outside ASCII are encoded as browsers do it (UTS 46, IDNA 2008).
    """
    name = text.strip().lower()
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except UnicodeError as error:  # what idna raises is one
            raise ValueError(f"{text!r} is not a name: {error}") from error
    name = name.removesuffix(".")
    if len(name) > _LONGEST or not all(map(_LABEL.fullmatch, name.split("."))):
        raise ValueError(f"{text!r} is not a name in the domain name system")
    return name


def ancestors(name: str) -> Iterator[str]:
    """Yield the name and every name above it, but not the root."""
    labels = name.split(".")
    for index in range(len(labels)):
        yield ".".join(labels[index:])
