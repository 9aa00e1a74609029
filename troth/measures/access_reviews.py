"""Reviews of who may do what: held in time, by whom, and carried out; requests that were made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import Row, after, before, day, rows, today
from troth.model import Failure

_ROW = ("row.system", "row.reviewed_on", "row.reviewer", "row.revocations")


@dataclass(frozen=True)
class _Reviews:
    """The newest review of each system up to today, and why there may be a newer one."""

    newest: dict[str, Row]
    failure: Failure | None


@measure(
    "access-reviewed", per="resource", args=("within", "roles"),
    yields=("in_time", "by_role", "undone"),
)  # fmt: skip
def access_reviewed(inputs: Inputs) -> Iterator[Measured]:
    """Yield of each system's newest review ``in_time``, ``by_role`` and ``undone``.

    ``in_time``: it lies at most ``within`` back, in local days. ``by_role``: its reviewer has one
    of ``roles`` in the staff register and works here. ``undone``: what it revoked and is held all
    the same, on a later day. Without a review ``in_time`` is False, and the others hold.
    """
    reviews = _reviews(inputs)
    roles = {str(one).casefold() for one in inputs.args["roles"]}
    staff = rows(inputs.needs["register.staff"], "row.person_id", "row.roles", "row.end_date")
    now = today(inputs)
    for item in inputs.population.items:
        try:
            system, held = item.get("system.name"), item.get("grants.held")
            row = reviews.newest.get(system)
            if row is None:
                never = reviews.failure or False
                none: dict[str, Any] = {"in_time": never, "by_role": True, "undone": []}
                yield told(none, item.id, ("no review of it stands in the register",))
                continue
            in_time = after(day(row["row.reviewed_on"]), inputs.args["within"]) >= now
            mine = [one for one in staff.known if one["row.person_id"] == row["row.reviewer"]]
            fits = any(_has(one, roles, now.isoformat()) for one in mine)
            left = [] if row["row.reviewed_on"] >= now.isoformat() else _left(row, held["items"])
            if not left:
                item.items("grants.held")
            facts = {
                "in_time": in_time or reviews.failure or False,
                "by_role": fits or staff.failure or False,
                "undone": reviews.failure or left,
            }
            yield told(facts, item.id, (f"reviewed on {row['row.reviewed_on']}",))
        except MissingFact as missing:
            yield told(dict.fromkeys(("in_time", "by_role", "undone"), missing.failure), item.id)


@measure("account-revoked", per="resource", yields=("undone",))
def account_revoked(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``undone``: the newest review of the system revoked the account on an earlier day."""
    reviews, now = _reviews(inputs), today(inputs).isoformat()
    for item in inputs.population.items:
        try:
            row = reviews.newest.get(item.get("identity.system"))
            revoked = row is not None and item.get("identity.login") in row["row.revocations"]
            undone = revoked and row is not None and row["row.reviewed_on"] < now
            yield told({"undone": reviews.failure or undone}, item.id)
        except MissingFact as missing:
            yield told({"undone": missing.failure}, item.id)


@measure(
    "requests-used", per="population", args=("within",), yields=("used",), on_empty=True
)  # fmt: skip
def requests_used(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``used``: an access request was approved ``within``, or nobody new began since.

    Local days are counted. Somebody who began in that time, without any request, makes it False.
    """
    first = before(today(inputs), inputs.args["within"])
    read = rows(inputs.population, "row.approved_at")
    lately = (row["row.approved_at"] for row in read.known)
    if any(at and first <= at.astimezone(inputs.zone).date() <= today(inputs) for at in lately):
        yield told({"used": True})
        return
    staff = rows(inputs.needs["register.staff"], "row.person_id", "row.start_date")
    new = sorted(
        row["row.person_id"]
        for row in staff.known
        if first.isoformat() <= row["row.start_date"] <= today(inputs).isoformat()
    )
    notes = (f"began since: {', '.join(new[:10])}",) if new else ("nobody new began",)
    used = read.failure or (False if new else staff.failure or True)
    yield told({"used": used}, notes=notes)


def _reviews(inputs: Inputs) -> _Reviews:
    read = rows(inputs.needs["register.access-reviews"], *_ROW)
    now, newest = today(inputs).isoformat(), dict[str, Row]()
    for row in sorted(read.known, key=lambda one: str(one["row.reviewed_on"])):
        if row["row.reviewed_on"] <= now:
            newest[row["row.system"]] = row
    return _Reviews(newest, read.failure)


def _left(row: Row, held: list[dict[str, str]]) -> list[str]:
    revoked = set(row["row.revocations"])
    return sorted(
        {f"{one['login']}: {one['grant']}" for one in held
         if one["login"] in revoked or f"{one['login']}:{one['grant']}" in revoked}
    )  # fmt: skip


def _has(row: Row, roles: set[str], now: str) -> bool:
    end = row["row.end_date"]
    return (end is None or end >= now) and any(
        str(role).strip().casefold() in roles for role in row["row.roles"]
    )
