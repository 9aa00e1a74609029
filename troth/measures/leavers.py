"""What people who have left can still do: open accounts, secrets that they knew, rights, traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import day, rows
from troth.model import Failure, Reason

_COLUMNS = ("person_id", "start_date", "end_date", "status", "accounts")


#: No day after this can be reckoned with.
_LAST = date(9999, 12, 30)


@dataclass(frozen=True)
class _Staff:
    """By ``system:login``: whom it belongs to here, and when those who left had to lose it.

    ``nameless`` is a person who left and whose row names no account.
    """

    here: Mapping[str, Sequence[str]]
    gone: Mapping[str, tuple[str, datetime, datetime]]
    nameless: str
    failure: Failure | None


@measure("leavers-accounts", per="resource", args=("delay",), yields=("open", "known"))
def leavers_accounts(inputs: Inputs) -> Iterator[Measured]:
    """Yield per account ``open`` and ``known``.

    ``open`` tells that somebody who left has it for himself, and it is enabled after the deadline:
    ``delay`` after the first moment of the last local day, but not before that day ends. ``known``
    counts the secrets of an account that is shared, or a program's, and older than that: the
    person who left still knows them. An account of nobody leaves it open as long as a row of
    somebody who left names no account.
    """
    staff = _staff(inputs)
    for item in inputs.population.items:
        try:
            yield _account(item, staff, inputs.as_of)
        except MissingFact as missing:
            yield told({"open": missing.failure, "known": missing.failure}, item.id)


@measure("leavers-rights", per="resource", args=("delay",), yields=("left",))
def leavers_rights(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``left``: logins with a grant in the system that belong to nobody but leavers."""
    staff = _staff(inputs)
    for item in inputs.population.items:
        try:
            system, listed = item.get("system.name"), item.get("grants.held")
            logins = sorted({one["login"] for one in listed["items"]})
            found = [one for one in logins if _late(staff, f"{system}:{one}", inputs.as_of)]
            if not found:
                item.items("grants.held")
            yield told({"left": found or staff.failure or []}, item.id)
        except MissingFact as missing:
            yield told({"left": missing.failure}, item.id)


@measure("leavers-traces", per="resource", args=("delay",), yields=("left",))
def leavers_traces(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``left``: whether a login's jobs and processes belong to nobody but leavers."""
    staff = _staff(inputs)
    for item in inputs.population.items:
        try:
            account = f"{item.get('trace.system')}:{item.get('trace.login')}"
            late = _late(staff, account, inputs.as_of)
            yield told({"left": late or staff.failure or False}, item.id)
        except MissingFact as missing:
            yield told({"left": missing.failure}, item.id)


@measure("movers-access", per="resource", args=("delay",), yields=("late",))
def movers_access(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``late`` per change of role: what it ends was not taken away within ``delay``."""
    for item in inputs.population.items:
        try:
            changed, ended = item.get("row.changed_at"), item.get("row.access_ended_at")
            due = inputs.args["delay"].after(changed, inputs.zone)
            done = ended is not None and ended <= inputs.as_of
            yield told({"late": ended > due if done else inputs.as_of > due}, item.id)
        except (MissingFact, OverflowError) as lost:
            words = "the change lies at the end of the calendar"
            why = getattr(lost, "failure", Failure(Reason.MALFORMED_RESPONSE, words))
            yield told({"late": why}, item.id)


def _account(item: Item, staff: _Staff, now: datetime) -> Measured:
    system, login = item.get("identity.system"), item.get("identity.login")
    account = f"{system}:{login}"
    enabled, human = item.get("identity.state") == "enabled", item.get("identity.type") == "human"
    own = human and not staff.here.get(account)
    gone = staff.gone.get(account)
    if gone is None:
        nobody = own and enabled and staff.nameless
        words = f"{staff.nameless} has left with no account in the row, and {account} is nobody's"
        why = Failure(Reason.UNPROVEN, words) if nobody else staff.failure if enabled else None
        return told({"open": why or False, "known": why or 0}, item.id)
    person, left, deadline = gone
    notes = (f"{person} left on {left:%Y-%m-%d}",)
    if now < deadline:
        return told({"open": False, "known": 0}, item.id, notes)
    if own:
        return told({"open": _is_open(item, enabled), "known": 0}, item.id, notes)
    return told({"open": False, "known": _known(item, left) if enabled else 0}, item.id, notes)


def _is_open(item: Item, enabled: bool) -> bool:
    return enabled or any(one["state"] == "active" for one in item.items("access_keys.keys"))


def _known(item: Item, left: datetime) -> int:
    """Return how many secrets of an account are older than the day on which somebody left."""
    keys = item.items("access_keys.keys")
    old = sum(1 for one in keys if one["state"] == "active" and one["created_at"] < left)
    if item.get("password.state") != "set":
        return old
    changed = item.get("password.changed_at")
    return old + (1 if changed is None or changed < left else 0)


def _late(staff: _Staff, account: str, now: datetime) -> bool:
    gone = staff.gone.get(account)
    return gone is not None and now >= gone[2] and not staff.here.get(account)


def _staff(inputs: Inputs) -> _Staff:
    read = rows(inputs.needs["register.staff"], *(f"row.{name}" for name in _COLUMNS))
    here: dict[str, list[str]] = {}
    gone: dict[str, tuple[str, datetime, datetime]] = {}
    nameless, failure = "", read.failure
    for row in read.known:
        person, ends = row["row.person_id"], row["row.end_date"]
        if ends is None and row["row.status"] == "ended":
            words = f"{person} has left, and the register does not say when"
            failure = failure or Failure(Reason.NO_DATA, words)
            continue
        first, over, deadline = _moments(ends, inputs) if ends else (inputs.as_of,) * 3
        if ends is None or inputs.as_of < over:
            for account in row["row.accounts"]:
                here.setdefault(account, []).append(person)
            continue
        nameless = nameless or ("" if row["row.accounts"] else person)
        mine = (person, first, deadline)
        for account in row["row.accounts"]:
            gone[account] = max(gone.get(account, mine), mine, key=lambda one: one[1])
    return _Staff(here, gone, nameless, failure)


def _moments(ends: str, inputs: Inputs) -> tuple[datetime, datetime, datetime]:
    """Return when the last local day begins, when it is over, and the deadline.

    Until that day is over nobody has left, so an earlier deadline waits for it.
    """
    last = min(day(ends), _LAST)
    first = datetime.combine(last, time(), inputs.zone)
    over = datetime.combine(last + timedelta(days=1), time(), inputs.zone)
    try:
        deadline: datetime = inputs.args["delay"].after(first, inputs.zone)
    except (OverflowError, ValueError):
        deadline = datetime.max.replace(tzinfo=UTC)
    return first, over, deadline
