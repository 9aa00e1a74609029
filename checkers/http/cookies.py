"""The cookies that a response sets, without their values (RFC 6265 section 5.2)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from troth.checkers.http import instants
from troth.checkers.http.exchange import Exchange, shown


def given(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """Return a row per cookie that is given, each once; a value is a secret and never read.

    A cookie that is expired as it comes is taken away, not given.
    """
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for exchange in exchanges:
        for field in exchange.header("set-cookie"):
            row = _row(field, exchange.at)
            if row:
                rows[tuple(row.values())] = row
    return list(rows.values())


def _row(field: str, at: datetime) -> dict[str, Any] | None:
    pair, *rest = field.split(";")
    name, sign, _ = pair.partition("=")
    attributes = dict(_attribute(part) for part in rest)
    if not sign or not name.strip() or _expired(attributes, at):
        return None
    same_site = attributes.get("samesite", "").lower()
    return {
        "name": shown(name.strip()),
        "secure": "secure" in attributes,
        "http_only": "httponly" in attributes,
        "same_site": same_site if same_site in ("strict", "lax", "none") else "unset",
    }


def _attribute(part: str) -> tuple[str, str]:
    """Return the name in lower case and the value; where one is repeated, the last counts."""
    name, _, value = part.partition("=")
    return name.strip().lower(), value.strip()


def _expired(attributes: dict[str, str], at: datetime) -> bool:
    """Tell whether the cookie's time is over; Max-Age goes before Expires (section 5.3)."""
    age = attributes.get("max-age", "")
    if re.fullmatch("-?[0-9]{1,18}", age, re.ASCII):
        return int(age) <= 0
    with contextlib.suppress(ValueError):
        return instants.http_date(attributes.get("expires", "")) <= at
    return False
