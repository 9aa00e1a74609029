"""The incident history of a status page, as Statuspage's public interface gives it.

Read are, of ``/api/v2/incidents.json``: ``incidents[].id``; ``incidents[].started_at``, or
``created_at`` where there is none; ``incidents[].incident_updates[].created_at``, the earliest
being when customers were first told, or ``incidents[].created_at`` where there is no update; and
``incidents[].resolved_at``, null while the incident lasts. All are RFC 3339 with an offset.
"""

from __future__ import annotations

import json
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, demand, partial
from troth.checkers.http import instants
from troth.checkers.http.exchange import shown

#: The interface gives the newest 50; with so many there may be older ones.
PAGE = 50


def facts(body: bytes) -> Facts:
    """Return the facts of the facet ``incidents``; raises ``ObservationFailed``."""
    rows = demand(_parsed(body), "incidents")
    if not isinstance(rows, list):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "incidents is not a list")
    read = [_row(row) for row in rows]
    known = [row for row in read if row is not None]
    why = _doubt(len(rows), len(known))
    if why is None:
        return Facts({"reported": complete(known)})
    return Facts({"reported": partial(known)}, missing={"reported": why})


def _doubt(rows: int, known: int) -> Failure | None:
    if known < rows:
        text = f"{rows - known} incidents lack an id or a date with a zone"
        return Failure(Reason.MALFORMED_RESPONSE, text)
    if rows >= PAGE:
        text = f"the interface tells the newest {PAGE} incidents; there may be older ones"
        return Failure(Reason.LISTING_INCOMPLETE, text)
    return None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        text = "the list of incidents is not JSON"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, text) from error


def _row(row: Any) -> dict[str, Any] | None:
    try:
        created = row.get("created_at")
        updates = [update["created_at"] for update in row.get("incident_updates") or ()]
        resolved = row["resolved_at"]
        return {
            "key": shown(_text(row["id"])),
            "started_at": _instant(row.get("started_at") or created),
            "first_posted_at": min(_instant(at) for at in updates or [created]),
            "resolved_at": None if resolved is None else _instant(resolved),
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    return value


def _instant(value: Any) -> str:
    """Return an instant in UTC, always with microseconds so that texts sort like instants."""
    return instants.rfc3339(_text(value)).isoformat(timespec="microseconds")
