"""Facet ``authority``: the zone of a name, its servers, and whether its parent vouches for it."""

from __future__ import annotations

from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, partial
from troth.checkers.dns.addresses import networks_of
from troth.checkers.dns.follow import said
from troth.checkers.dns.names import ancestors
from troth.checkers.dns.records import Look

#: More servers of a zone are not looked up; the largest of all, the root, has 13.
_MOST_SERVERS = 32


def facts(look: Look, name: str) -> Facts:
    """Return the facet; what is only partly known says so."""
    zone = _zone(look, name)
    values: dict[str, Any] = {"zone": zone}
    missing: dict[str, Failure] = {}
    items, failure = _servers(look, zone)
    values["servers"] = partial(items) if failure else complete(items)
    if failure:
        missing["servers"] = failure
    try:
        values["signed"] = _signed(look, zone)
    except ObservationFailed as error:
        missing["signed"] = error.failure
    return Facts(values, missing)


def _zone(look: Look, name: str) -> str:
    """Return the nearest name, from here upwards, that has an SOA record of its own."""
    for above in ancestors(name):
        answer = said(look(above, "SOA"))
        if any(record.type == "SOA" and record.owner == above for record in answer.records):
            return above
    raise ObservationFailed(Reason.UNPROVEN, f"no zone below the root holds {name}")


def _servers(look: Look, zone: str) -> tuple[list[dict[str, Any]], Failure | None]:
    answer = said(look(zone, "NS"))
    names = sorted({record.values[0] for record in answer.records if record.type == "NS"})
    if not names:
        text = f"{zone} has an SOA record and no server"
        return [], Failure(Reason.MALFORMED_RESPONSE, text)
    items: list[dict[str, Any]] = []
    failure: Failure | None = None
    if len(names) > _MOST_SERVERS:
        text = f"{zone} names {len(names)} servers; {_MOST_SERVERS} of them were looked up"
        failure = Failure(Reason.LISTING_INCOMPLETE, text)
    for name in names[:_MOST_SERVERS]:
        try:
            items.append({"name": name, "networks": networks_of(look, name)})
        except ObservationFailed as error:
            failure = failure or error.failure
    return items, failure


def _signed(look: Look, zone: str) -> bool:
    """Tell whether the parent has a DS record; a *no* must be the parent's (RFC 4035 3.1.4.1)."""
    answer = said(look(zone, "DS"))
    if any(record.type == "DS" and record.owner == zone for record in answer.records):
        return True
    if not answer.exists or answer.zone == zone:
        text = f"whether {zone} has a DS record was not answered by its parent"
        raise ObservationFailed(Reason.UNPROVEN, text)
    return False
