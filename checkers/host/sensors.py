"""What sensors write: the newest event of their logs, and when an agent last had an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

#: Events that a sensor writes of itself, whatever it sees.
_OF_ITSELF = {"stats", "engine"}


def newest_json(text: str) -> datetime | None:
    """Return the time of the newest event in lines of JSON with a ``timestamp``, None without.

    Statistics do not count: a sensor that sees no traffic writes them too. The first line may be
    cut off.
    """
    return max((found for line in text.splitlines() if (found := _json(line))), default=None)


def _json(line: str) -> datetime | None:
    try:
        event = json.loads(line)
        if not isinstance(event, dict) or event.get("event_type") in _OF_ITSELF:
            return None
        return _aware(event["timestamp"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _aware(text: str) -> datetime | None:
    made = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text))
    return made.astimezone(UTC).replace(microsecond=0) if made.tzinfo else None


def newest_zeek(text: str) -> datetime | None:
    """Return the newest time of a Zeek log of columns, or of its JSON form, None without one."""
    stamps: Iterable[str] = re.findall(r'^(?:\{"ts":)?(\d{9,10})\.\d+[\t,]', text, re.MULTILINE)
    return max((datetime.fromtimestamp(int(each), UTC) for each in stamps), default=None)


def last_answer(text: str, zone: tzinfo) -> datetime | None:
    """Return when the manager last answered an agent, by its state file; None before that."""
    found = re.search(r"^last_ack='(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)'", text, re.MULTILINE)
    try:
        return (
            datetime.fromisoformat(found[1]).replace(tzinfo=zone).astimezone(UTC) if found else None
        )
    except (ValueError, OverflowError):
        return None
