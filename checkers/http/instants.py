"""Dates of feeds, interfaces and cookies as instants in UTC."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime

_LONGEST = 64


def rfc822(text: str) -> datetime:
    """Return the instant of an RFC 822 date, as RSS 2.0 writes them.

    Raises ValueError for anything else, also for a date that names no zone.
    """
    return _in_utc(_mailed(text))


def http_date(text: str) -> datetime:
    """Return the instant of a cookie's Expires; it is in UTC by definition (RFC 6265)."""
    found = _mailed(text.replace("-", " "))
    return _in_utc(found if found.tzinfo else found.replace(tzinfo=UTC))


def rfc3339(text: str) -> datetime:
    """Return the instant of an RFC 3339 date-time; raises ValueError for anything else."""
    if len(text) > _LONGEST or text[10:11] not in ("T", "t", " "):
        raise ValueError(f"{text[:_LONGEST]!r} is not a date-time")
    return _in_utc(datetime.fromisoformat(text.upper()))


def _mailed(text: str) -> datetime:
    if len(text) > _LONGEST:
        raise ValueError("a date is too long")
    try:
        found = email.utils.parsedate_to_datetime(text.strip())
    except (TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a date") from error
    # -0000 is UTC without a word on the place of the clock (RFC 5322 section 3.3).
    return found.replace(tzinfo=UTC) if text.strip().endswith("-0000") else found


def _in_utc(found: datetime) -> datetime:
    if found.tzinfo is None:
        raise ValueError("a date without a zone")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a date outside the calendar") from error
