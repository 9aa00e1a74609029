"""When a log line was written, in the formats that Linux logs have; pure functions of text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)? ?(Z|[+-]\d\d:?\d\d)?")
_COMMON = re.compile(r"\[(\d\d)/(\w{3})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\]")
_SLASHED = re.compile(r"(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)")
_SYSLOG = re.compile(r"(\w{3}) ([ \d]\d) (\d\d:\d\d:\d\d) ")
_AUDIT = re.compile(r"msg=audit\((\d{9,11})\.\d+:\d+\)")


def written_at(line: str, zone: tzinfo, modified: datetime) -> datetime | None:
    """Return the instant of a line's time stamp, or None where it has none that is known.

    Known are ISO 8601, the common log format, nginx's error log, syslog and audit. A stamp without
    an offset is in ``zone``. Syslog has no year: it is the last one that is not after the file was
    ``modified``.
    """
    try:
        return _stamp(line[:400], zone, modified)
    except ValueError:
        return None


def _stamp(line: str, zone: tzinfo, modified: datetime) -> datetime | None:
    if found := _ISO.match(line):
        day, time, offset = found.groups()
        made = datetime.fromisoformat(f"{day}T{time}{offset or ''}")
    elif found := _COMMON.search(line):
        day, month, year, time, offset = found.groups()
        made = datetime.fromisoformat(f"{year}-{_month(month)}-{day}T{time}{offset}")
    elif found := _SLASHED.match(line):
        made = datetime.fromisoformat("{}-{}-{}T{}".format(*found.groups()))
    elif found := _AUDIT.search(line):
        made = datetime.fromtimestamp(int(found[1]), UTC)
    elif found := _SYSLOG.match(line):
        return _syslog(found, zone, modified)
    elif found := _ISO.search(line[:64]):
        day, time, offset = found.groups()
        made = datetime.fromisoformat(f"{day}T{time}{offset or ''}")
    else:
        return None
    return (made if made.tzinfo else made.replace(tzinfo=zone)).astimezone(UTC)


def _syslog(found: re.Match[str], zone: tzinfo, modified: datetime) -> datetime:
    month, day, time = found.groups()
    year = modified.astimezone(zone).year
    for candidate in (year, year - 1):
        text = f"{candidate}-{_month(month)}-{int(day):02}T{time}"
        try:
            made = datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            continue
        if made <= modified + timedelta(days=1):
            return made
    raise ValueError(time)


def _month(name: str) -> str:
    return f"{_MONTHS.index(name) + 1:02}"
