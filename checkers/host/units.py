"""Services that run, by the managers that start them: systemd, OpenRC, inetd and xinetd."""

from __future__ import annotations

import re

_UNIT = re.compile(r"([\w@:.\\-]{1,250}\.(?:service|socket))\s+loaded\s+active\s+(\S+)(?:\s.*)?")
_OPENRC = re.compile(r"\s*([\w@:.-]{1,250})\s+\[\s*started\b.*\]\s*")
_INETD = re.compile(r"(\S+)\s+(?:stream|dgram|raw|seqpacket)\s+\S+\s+\S+\s+\S+\s+(\S+)")


def of_systemd(text: str) -> list[str] | None:
    """Return the units in ``systemctl list-units --plain --no-legend``; None for another answer.

    A line may begin with a mark (``*``) of a unit that is in trouble.
    """
    found = []
    for line in text.splitlines():
        words = line.strip().removeprefix("*").removeprefix("●").strip()
        row = _UNIT.fullmatch(words)
        if words and row is None:
            return None
        if row:
            found.append(row[1])
    return found


def of_openrc(text: str) -> list[str]:
    """Return the services in ``rc-status --all`` that are started."""
    rows = (_OPENRC.fullmatch(line) for line in text.splitlines())
    return sorted({row[1] for row in rows if row})


def of_inetd(text: str) -> list[str]:
    """Return the services that an inetd.conf starts."""
    rows = (_INETD.match(line) for line in text.splitlines() if not line.lstrip().startswith("#"))
    return sorted({row[1] for row in rows if row})


def of_xinetd(texts: list[str]) -> list[str]:
    """Return the services that files of xinetd.d start: those that are not disabled."""
    found = set()
    for text in texts:
        bare = re.sub(r"(?m)#.*$", "", text)
        for name, body in re.findall(r"(?m)^\s*service\s+(\S+)\s*\{([^}]*)\}", bare):
            if not re.search(r"(?mi)^\s*disable\s*=\s*yes\s*$", body):
                found.add(name)
    return sorted(found)
