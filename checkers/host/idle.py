"""What ends a session that nobody uses: the shell, the login manager, the SSH server.

Pure functions of text. Source: bash(1) "TMOUT", logind.conf(5), systemd.time(7),
sshd_config(5) "ChannelTimeout", "TIME FORMATS".
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from troth.checkers.host.settings import integer

_ASSIGNED = re.compile(r"(?<![\w$.{-])TMOUT\b")
_PLAIN = re.compile(
    r"^(?:(readonly|(?:declare|typeset)\s+-\w*r\w*)|export|(?:declare|typeset)\s+-\w+)?"
    r"\s*TMOUT(?:=[\"']?(\d{1,9})[\"']?)?$"
)
_OPENS = re.compile(r"^(if|case|for|while|until|select)\b|\{$|\($")
_CLOSES = re.compile(r"^(fi|esac|done)\b|^[})]")
_UNITS = {
    "us": 0, "ms": 0, "": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60,
    "minute": 60, "minutes": 60, "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "d": 86400,
    "day": 86400, "days": 86400, "w": 604800, "week": 604800, "weeks": 604800,
}  # fmt: skip
_PART = re.compile(r"\s*(\d{1,9})(?!\d)\s*([a-z]*)")


class Unclear(Exception):
    """It cannot be told; the text says why."""


def prompt(texts: Iterable[tuple[str, str]]) -> int | None:
    """Return the seconds of a read-only TMOUT; ``texts`` are path and text in reading order.

    None where it is not set, is 0, or could be unset. Raises :class:`Unclear` where a condition
    decides about it.
    """
    value, fixed = 0, False
    for path, text in texts:
        depth = 0
        for line in _statements(text):
            depth -= 1 if _CLOSES.match(line) else 0
            if _ASSIGNED.search(line) and not fixed:
                found = _PLAIN.match(line)
                if found is None or depth:
                    raise Unclear(f"{path} sets TMOUT on a condition")
                value = int(found[2]) if found[2] else value
                fixed = bool(found[1])
            depth += 1 if _OPENS.search(line) else 0
    return value if fixed and value else None


def timespan(text: str) -> int | None:
    """Return a time span of systemd or sshd in seconds; None for ``infinity``, 0 and ``none``.

    Raises :class:`Unclear` for what is none of these.
    """
    said, total = text.strip().lower(), 0
    if said in ("infinity", "none", ""):
        return None
    while said:
        found = _PART.match(said)
        if found is None or found[2] not in _UNITS:
            raise Unclear(f"{text[:40]!r} is no time span")
        total += int(found[1]) * _UNITS[found[2]]
        said = said[found.end() :].strip()
    return total or None


def login_manager(texts: Iterable[str]) -> str:
    """Return StopIdleSessionSec of logind.conf and its drop-ins, the last one; empty without."""
    value = ""
    for text in texts:
        section = ""
        for line in text.splitlines():
            said = line.strip()
            if said.startswith("["):
                section = said
            name, sign, rest = said.partition("=")
            if sign and section == "[Login]" and name.strip() == "StopIdleSessionSec":
                value = rest.strip()
    return value


def systemd_version(printed: str) -> int | None:
    """Return the number of ``systemd 252 (252.39-1)``, the first line of ``--version``."""
    words = printed.split()
    return integer(words[1].partition(".")[0]) if len(words) > 1 and words[0] == "systemd" else None


def channel(timeouts: str) -> int | None:
    """Return after how many seconds sshd closes a shell's channel in which nothing happens.

    ``timeouts`` is ChannelTimeout; of several patterns that fit, the first holds.
    """
    for word in timeouts.split():
        pattern, sign, span = word.partition("=")
        fits = (fnmatch.fnmatchcase(one, pattern) for one in ("session", "session:shell"))
        if sign and any(fits):
            return timespan(span)
    return None


def _statements(text: str) -> Iterable[str]:
    for line in text.replace("\\\n", " ").splitlines():
        for said in line.split("#", 1)[0].split(";"):
            if said.strip():
                yield said.strip()
