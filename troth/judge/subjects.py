"""From what was recorded to what is judged: facts coerced, gaps named, stale ones taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from troth import params
from troth.kinds import Kind
from troth.measures import Item
from troth.model import Failure, Listing, Reason

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Unit:
    """One checker in one partition of one target, with what it listed and when."""

    target: str
    checker: str
    partition: str
    kind: str
    listing: Listing


def subject(kind: Kind, target: str, line: Mapping[str, Any], as_of: datetime) -> Item:
    """Return a recorded resource as rules and measures see it.

    ``line`` is a resource's line of a shard: id, name, partition and ``facets``. A facet that
    failed, or was observed longer before ``as_of`` than its ``max_age``, is in ``missing``.
    """
    facts: dict[str, Any] = {}
    missing: dict[str, Failure] = {}
    covered: dict[str, Mapping[str, Any]] = {}
    digests: dict[str, str] = {}
    facets = kind.facets
    for name, seen in line["facets"].items():
        facet = facets[name]
        digests[name] = seen["digest"]
        covered[name] = seen.get("covered", {})
        if "failure" in seen:
            missing[name] = Failure.from_json(seen["failure"])
            continue
        stale = stale_since(seen["observed_at"], facet.max_age, as_of, f"{name} was observed")
        if stale:
            missing[name] = stale
            continue
        facts[name] = facet.coerce(seen["facts"])
        for fact, why in seen.get("missing", {}).items():
            missing[f"{name}.{fact}"] = Failure.from_json(why)
    name, partition = line.get("name", ""), line.get("partition", "")
    return Item(line["id"], facts, missing, name, target, partition, covered, digests)


def stale_since(observed_at: str, max_age: str, as_of: datetime, what: str) -> Failure | None:
    """Return a ``stale`` failure if the instant lies longer than ``max_age`` before ``as_of``."""
    seen = datetime.fromisoformat(observed_at)
    if seen >= _oldest(max_age, as_of):
        return None
    when = seen.astimezone(UTC).isoformat(timespec="seconds")
    return Failure(
        Reason.STALE, f"{what} at {when}, longer than {max_age} before the judged time; look again"
    )


@lru_cache(maxsize=256)
def _oldest(max_age: str, as_of: datetime) -> datetime:
    """Return the oldest instant that is not stale, by the calendar of UTC."""
    return params.parse_duration(max_age).before(as_of, _UTC)


def listing_failure(kind: Kind, unit: Unit, as_of: datetime) -> Failure | None:
    """Return why a unit's listing does not stand for everything that exists there, or None."""
    listing = unit.listing
    if listing.failure:
        return _partial(listing.failure) if listing.count else listing.failure
    if kind.listing_max_age and listing.content_at:
        return stale_since(
            listing.content_at, kind.listing_max_age, as_of, f"{unit.checker} was exported"
        )
    return None


def _partial(cause: Failure) -> Failure:
    text = f"the list could only be read in part: {cause.message}"
    is_bug = cause.reason is Reason.RULE_ERROR
    reason = Reason.RULE_ERROR if is_bug else Reason.LISTING_INCOMPLETE
    return Failure(reason, text, cause.permission)
