"""What ClamAV writes: its settings, the head of a database, and the summaries of scans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

#: Where the databases are unless the settings say otherwise.
FOLDER = "/var/lib/clamav"
#: Length of the head of a database; what follows is packed.
HEAD = 512
_MAGIC = "ClamAV-VDB:"
_START = re.compile(r"^-{3,} SCAN SUMMARY -{3,}\s*$")
_FIELD = re.compile(r"^([A-Z][A-Za-z ]{2,24}):[ \t]+(\S[^\n]{0,60})$")
#: A day on which no scan can have been: ClamAV is younger, and nobody reads this so late.
_YEARS = range(2002, 2100)


@dataclass(frozen=True)
class Scan:
    """One summary; counts that it does not give are None. Instants carry an offset."""

    started_at: str
    ended_at: str
    signatures: int | None
    files: int | None
    infected: int
    errors: int


def settings(text: str) -> dict[str, list[str]]:
    """Return the values of each keyword of a clamd.conf, in small letters.

    A file that still has its line ``Example`` is refused by clamd; its keyword is here as well.
    """
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, _, value = line.partition("#")[0].strip().partition(" ")
        if name:
            found.setdefault(name.lower(), []).append(value.strip().strip('"'))
    return found


def wants_on_access(configured: Mapping[str, list[str]]) -> bool:
    """Tell whether the settings name something that is to be watched when it is opened."""
    return any(configured.get(name) for name in ("onaccessincludepath", "onaccessmountpath"))


def built_at(head: bytes) -> datetime | None:
    """Return when a database was built, by its head; None if this is no such head.

    The seconds of its last field are UTC. The time of the file tells nothing: a copy is younger.
    """
    fields = head[:HEAD].decode("latin-1").rstrip().split(":")
    if f"{fields[0]}:" != _MAGIC or len(fields) < 9:
        return None
    seconds = re.fullmatch(r"\d{9,10}", fields[-1].strip())
    return datetime.fromtimestamp(int(seconds[0]), UTC) if seconds else None


def scans(text: str, zone: tzinfo) -> Iterator[Scan | None]:
    """Yield every summary of a log; None for one without its dates, or cut off.

    clamscan counts files and signatures, clamdscan counts neither. The dates are local ones.
    """
    inside: dict[str, str] | None = None
    for line in text.splitlines():
        if _START.match(line):
            if inside is not None:
                yield None
            inside = {}
        elif inside is not None and (found := _FIELD.match(line)):
            inside.setdefault(found[1], found[2].strip())
            if found[1] == "End Date":
                yield _scan(inside, zone)
                inside = None
        elif inside is not None and line.strip():
            yield None
            inside = None
    if inside is not None:
        yield None


def _scan(fields: Mapping[str, str], zone: tzinfo) -> Scan | None:
    start, end = (_instant(fields.get(name, ""), zone) for name in ("Start Date", "End Date"))
    infected = _count(fields.get("Infected files"))
    if start is None or end is None or start > end or infected is None:
        return None
    return Scan(
        start.isoformat(),
        end.isoformat(),
        _count(fields.get("Known viruses")),
        _count(fields.get("Scanned files")),
        infected,
        _count(fields.get("Total errors")) or 0,
    )


def _count(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None


def _instant(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant of ``2026:11:22 10:47:40`` in a zone, the earlier of two."""
    try:
        local = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    return local.replace(tzinfo=zone).astimezone(UTC) if local.year in _YEARS else None
