"""The named list of people who may reach data, and whether those who can are on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from troth.measures.base import Inputs, Measured, MissingFact, Population, measure
from troth.measures.outcomes import told
from troth.measures.reading import Rows, rows, today
from troth.model import Failure

#: Where each list is kept: its register, the first and the last day in a row (empty: always).
_LISTS = {
    "data_handlers": ("register.data-handlers", "row.approved_on", "row.ended_on"),
    "entitlements": ("register.entitlements", "row.granted_on", "row.revoked_on"),
    "roles": ("register.roles", "", ""),
}


@dataclass(frozen=True)
class _People:
    """Who works here, whose each account is, and who is on the list today."""

    here: frozenset[str]
    owners: dict[str, set[str]]
    listed: frozenset[str]
    failure: Failure | None


@measure(
    "approved-people", per="population", args=("list", "roles"), yields=("count", "gone"),
    on_empty=True,
)  # fmt: skip
def approved_people(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``count``: people on the list who work here, and ``gone``: those who do not.

    The population is the register of staff; ``list`` names the other register: data_handlers,
    entitlements, or roles (people with one of ``roles``).
    """
    people = _people(inputs, inputs.population)
    gone = sorted(people.listed - people.here)
    count = len(people.listed & people.here)
    unsure = people.failure
    yield told({"count": unsure or count, "gone": unsure or gone}, notes=_named(people))


@measure("reach-approved", per="resource", args=("list", "roles"), yields=("unapproved",))
def reach_approved(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``unapproved``: logins that can do everything in a system, and are not on the list.

    Everybody who owns the account has to be on it; one of nobody is not, unless it stands there
    itself (``system:login``).
    """
    people = _people(inputs, inputs.needs["register.staff"])
    for item in inputs.population.items:
        try:
            system, held = item.get("system.name"), item.get("grants.held")
            logins = sorted({one["login"] for one in held["items"] if one["grant"] == "admin"})
            found = [one for one in logins if not _approved(f"{system}:{one}", people)]
            if not found:
                item.items("grants.held")
            yield told({"unapproved": (people.failure if found else None) or found}, item.id)
        except MissingFact as missing:
            yield told({"unapproved": missing.failure}, item.id)


def _approved(account: str, people: _People) -> bool:
    owners = people.owners.get(account, set())
    return account in people.listed or bool(owners and owners <= people.listed)


def _people(inputs: Inputs, staff: Population) -> _People:
    names = ("person_id", "start_date", "end_date", "status", "accounts")
    read, now = rows(staff, *(f"row.{name}" for name in names)), today(inputs).isoformat()
    here: set[str] = set()
    owners: dict[str, set[str]] = {}
    for row in read.known:
        ends = row["row.end_date"]
        gone = row["row.status"] == "ended" or (ends is not None and ends < now)
        if not gone and row["row.start_date"] <= now:
            here.add(row["row.person_id"])
            for account in row["row.accounts"]:
                owners.setdefault(account, set()).add(row["row.person_id"])
    listed, failure = _listed(inputs, now)
    return _People(frozenset(here), owners, listed, read.failure or failure)


def _listed(inputs: Inputs, now: str) -> tuple[frozenset[str], Failure | None]:
    kind, first, last = _LISTS[inputs.args["list"]]
    if not first:
        read = rows(inputs.needs[kind], "row.person_id", "row.role")
        wanted = {role.strip().casefold() for role in inputs.args["roles"]}
        return frozenset(
            row["row.person_id"]
            for row in read.known
            if row["row.role"].strip().casefold() in wanted
        ), read.failure
    read = rows(inputs.needs[kind], "row.person_id", first, last)
    return _open(read, first, last, now), read.failure


def _open(read: Rows, first: str, last: str, now: str) -> frozenset[str]:
    return frozenset(
        row["row.person_id"]
        for row in read.known
        if row[first] <= now and (row[last] is None or row[last] >= now)
    )


def _named(people: _People) -> tuple[str, ...]:
    names = sorted(people.listed & people.here)
    return (f"on the list: {', '.join(names[:20])}",) if names else ()
