"""Accounts joined to the staff register: who owns each, who has too many, which keys are shared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, Population, measure
from troth.measures.reading import rows, today
from troth.model import Failure

_YIELDS = ("owners", "surplus", "key_conflicts")


@dataclass(frozen=True)
class _Staff:
    """Owners by ``system:login``: those who work here, and a word on each who does not."""

    owners: dict[str, list[str]]
    others: dict[str, list[str]]
    failure: Failure | None


@dataclass(frozen=True)
class _Account:
    id: str
    key: str
    system: str
    type: str
    role: str
    enabled: bool
    owners: tuple[str, ...]
    fingerprints: frozenset[str]
    unread: Failure | None

    @property
    def ordinary(self) -> bool:
        return self.enabled and self.type == "human" and self.role == "ordinary"


@measure("account-owners", per="resource", args=("limit",), yields=_YIELDS)
def account_owners(inputs: Inputs) -> Iterator[Measured]:
    """Yield per account ``owners``, ``surplus`` and ``key_conflicts``, three counts.

    ``owners`` are the people who work here and whose row in the staff register lists the
    account. ``surplus`` is how many enabled ordinary accounts in its system an owner has beyond
    ``limit``. ``key_conflicts`` are enabled accounts that one of its public keys opens, too: in
    the same system, or elsewhere unless they are the same person's. A count that more rows or
    accounts could raise is missing while a list is incomplete, unless it is bad enough already.
    """
    staff = _staff(inputs.needs["register.staff"], today(inputs))
    accounts, unread = {}, {}
    for item in inputs.population.items:
        try:
            accounts[item.id] = _account(item, staff)
        except MissingFact as missing:
            unread[item.id] = missing.failure
    by_owner, by_key = _by_owner(accounts), _by_fingerprint(accounts)
    for item in inputs.population.items:
        if item.id in unread:
            lacking = dict.fromkeys(_YIELDS, unread[item.id])
            yield Measured({}, missing=lacking, resource=item.id)
            continue
        account = accounts[item.id]
        incomplete = inputs.population.failure
        counts = {
            "owners": _owners(account, staff),
            "surplus": _surplus(
                account, by_owner, inputs.args["limit"], incomplete or staff.failure
            ),
            "key_conflicts": _conflicts(account, by_key, staff, incomplete),
        }
        facts = {name: value for name, value in counts.items() if isinstance(value, int)}
        missing_facts = {
            name: value for name, value in counts.items() if isinstance(value, Failure)
        }
        yield Measured(facts, missing_facts, tuple(_notes(account, staff)), item.id)


def _staff(population: Population, now: date) -> _Staff:
    read = rows(
        population,
        *(f"row.{name}" for name in ("person_id", "start_date", "end_date", "status", "accounts")),
    )
    owners: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for row in read.known:
        person, ends = row["row.person_id"], row["row.end_date"]
        left = row["row.status"] == "ended" or (ends is not None and ends < now.isoformat())
        early = row["row.start_date"] > now.isoformat()
        word = "has left" if left else f"starts on {row['row.start_date']}" if early else ""
        for account in row["row.accounts"]:
            if word:
                others.setdefault(account, set()).add(f"{person}, who {word}")
            else:
                owners.setdefault(account, set()).add(person)
    return _Staff(_sorted(owners), _sorted(others), read.failure)


def _sorted(groups: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(members) for name, members in groups.items()}


def _account(item: Item, staff: _Staff) -> _Account:
    system, login = item.get("identity.system"), item.get("identity.login")
    key = f"{system}:{login}"
    fingerprints, unread = _fingerprints(item)
    return _Account(
        id=item.id,
        key=key,
        system=system,
        type=item.get("identity.type"),
        role=item.get("identity.role"),
        enabled=item.get("identity.state") == "enabled",
        owners=tuple(staff.owners.get(key, ())),
        fingerprints=fingerprints,
        unread=unread,
    )


def _fingerprints(item: Item) -> tuple[frozenset[str], Failure | None]:
    """Return the fingerprints that could be read, and why others could not."""
    try:
        known = item.get("public_keys.fingerprints")["items"]
        item.items("public_keys.fingerprints")
    except MissingFact as missing:
        partly = item.facts.get("public_keys", {}).get("fingerprints", {"items": []})["items"]
        return frozenset(partly), missing.failure
    return frozenset(known), None


def _by_owner(accounts: dict[str, _Account]) -> dict[tuple[str, str], int]:
    """Return how many ordinary accounts each person has in each system."""
    counts: dict[tuple[str, str], int] = {}
    for account in accounts.values():
        for owner in account.owners if account.ordinary else ():
            counts[owner, account.system] = counts.get((owner, account.system), 0) + 1
    return counts


def _by_fingerprint(accounts: dict[str, _Account]) -> dict[str, list[_Account]]:
    found: dict[str, list[_Account]] = {}
    for account in accounts.values():
        for fingerprint in sorted(account.fingerprints) if account.enabled else ():
            found.setdefault(fingerprint, []).append(account)
    return found


def _owners(account: _Account, staff: _Staff) -> int | Failure:
    count = len(account.owners)
    return count if count > 1 or staff.failure is None else staff.failure


def _surplus(
    account: _Account, counts: dict[tuple[str, str], int], limit: int, failure: Failure | None
) -> int | Failure:
    if not account.ordinary:
        return 0
    most = max((counts[owner, account.system] for owner in account.owners), default=0)
    surplus = max(most - limit, 0)
    return surplus if surplus or failure is None else failure


def _conflicts(
    account: _Account, by_key: dict[str, list[_Account]], staff: _Staff, failure: Failure | None
) -> int | Failure:
    found, unsure = set(), failure or account.unread
    for other in (one for key in account.fingerprints for one in by_key.get(key, ())):
        if other.id == account.id or not account.enabled:
            continue
        if other.system == account.system:
            found.add(other.id)
        elif staff.failure is not None and not (account.owners and other.owners):
            unsure = unsure or staff.failure
        elif other.owners != account.owners:
            found.add(other.id)
    return len(found) if found or unsure is None else unsure


def _notes(account: _Account, staff: _Staff) -> Iterator[str]:
    owned = f"owned by {', '.join(account.owners)}" if account.owners else "without an owner"
    if account.type == "root":
        yield "root is nobody's own account"
    elif account.type == "service":
        yield f"service account, listed apart; {owned} in the staff register"
    elif account.role == "admin":
        yield f"separate admin account, counted apart; {owned} in the staff register"
    for other in staff.others.get(account.key, ()):
        yield f"listed for {other}"
