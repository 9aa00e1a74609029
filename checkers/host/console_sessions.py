"""Sessions at a machine's own screens, and what locks a desktop; pure functions of text.

Source: loginctl(1) "show-session", org.freedesktop.login1(5), who(1), dconf(7). An instant that no
clock can have meant is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: What show-session is asked for.
ASKED = "--property=Type,Class,State,Remote,TTY,IdleHint,IdleSinceHint,LockedHint"
_ID = re.compile(r"^[A-Za-z0-9]{1,32}$")
_WHO = re.compile(
    r"^(\S+)\s+(?:[-+?]\s+)?(tty\d+|console|hvc\d+|ttyS\d+|:\d+)\s+\S.*?\s"
    r"(\.|old|\d{1,2}:\d{2})\s+\d+\s*(?:\(.*\))?$"
)
_SCREENSAVER, _SESSION = "org/gnome/desktop/screensaver", "org/gnome/desktop/session"


class Unclear(Exception):
    """An answer that does not read as what was asked for; the text says which."""


@dataclass(frozen=True)
class Session:
    """An unlocked session at a screen of the machine; ``idle_since`` is None while it is used."""

    place: str
    idle_since: datetime | None


def ids(listed: str) -> list[str]:
    """Return the ids of ``loginctl list-sessions --no-legend``; raises :class:`Unclear`."""
    found = [line.split()[0] for line in listed.splitlines() if line.strip()]
    if not all(_ID.match(one) for one in found) or len(found) > 2000:
        raise Unclear("loginctl list-sessions lists what are no sessions")
    return found


def session(shown: str) -> Session | None:
    """Return what show-session tells, or None: it is remote, locked, over, or no person's."""
    said = dict(line.partition("=")[::2] for line in shown.splitlines())
    try:
        is_here = said["Remote"] == "no" and said["Class"].startswith("user")
        if not is_here or said["State"] == "closing" or said["LockedHint"] == "yes":
            return None
        place = said["TTY"] or said["Type"]
        if said["IdleHint"] == "no":
            return Session(place, None)
        return Session(place, _moment(said["IdleSinceHint"]))
    except (KeyError, ValueError, OverflowError, OSError) as error:
        raise Unclear("loginctl show-session does not tell what was asked") from error


def of_who(printed: str, now: datetime) -> list[Session]:
    """Return the sessions of ``who -u`` at screens; ``.`` is in use, ``old`` a day and more."""
    found = []
    for line in printed.splitlines():
        row = _WHO.match(line.strip())
        if not row:
            continue
        since = None
        if row[3] == "old":
            since = now - timedelta(days=1)
        elif row[3] != ".":
            hours, _, minutes = row[3].partition(":")
            since = now - timedelta(hours=int(hours), minutes=int(minutes))
        found.append(Session(row[2], since))
    return found


def desktop_lock(files: Mapping[str, str], locks: Mapping[str, str]) -> int | None:
    """Return after how many seconds GNOME locks its screen; None: it need not.

    ``files`` are the key files of dconf's local database and ``locks`` the names that nobody may
    change. What a person may change is not enforced.
    """
    values: dict[str, str] = {}
    for name in sorted(files):
        section = ""
        for line in files[name].splitlines():
            said = line.strip()
            if said.startswith("["):
                section = said.strip("[]")
            key, sign, value = said.partition("=")
            if sign and not said.startswith("#"):
                values[f"/{section}/{key.strip()}"] = value.strip()
    fixed = {line.strip() for text in locks.values() for line in text.splitlines()}
    idle, on = f"/{_SESSION}/idle-delay", f"/{_SCREENSAVER}/lock-enabled"
    wait = f"/{_SCREENSAVER}/lock-delay"
    if not {idle, on} <= fixed or values.get(on) != "true":
        return None
    seconds = _uint(values.get(idle, "uint32 300"))
    return seconds + _uint(values.get(wait, "uint32 0")) if seconds else None


def _uint(text: str) -> int:
    digits = text.rpartition(" ")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _moment(microseconds: str) -> datetime:
    moment = datetime.fromtimestamp(int(microseconds) / 1_000_000, UTC)
    if not 1990 < moment.year < 3000:
        raise ValueError(microseconds)
    return moment
