"""What a run listed and saw, as spans: resources that are there, their facts, whole or cut lists.

A resource is gone only when a complete list lacks it. Where a list could not be had, what it held
keeps its spans open: nobody knows better.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth import canonical
from troth.collect import shards
from troth.collect.observe import COVERED
from troth.errors import IntegrityError
from troth.history import schema, spans
from troth.history.blobs import Blobs
from troth.history.text import storable
from troth.report.account import Account, Listed
from troth.report.html.expiry import Expiries

Unit = tuple[str, str, str]


class Owner(NamedTuple):
    """A resource of the store: which unit lists it, of what kind it is, and its own id."""

    unit: Unit
    kind: str
    key: str


@dataclass
class Inventory:
    """The resources of a scope before a run and with it."""

    #: Resource id in the store → who it is, for all that were ever there.
    owners: dict[int, Owner] = field(default_factory=dict)
    before: set[int] = field(default_factory=set)
    now: set[int] = field(default_factory=set)
    #: Unit → reason why its list is not complete, empty if it is.
    units: dict[Unit, str] = field(default_factory=dict)
    #: What the run before listed.
    listed: set[Unit] = field(default_factory=set)
    #: Unit → kind of what it lists, for those of either run.
    kinds: dict[Unit, str] = field(default_factory=dict)
    #: Those of a new scope have no earlier night to be compared with.
    added: list[Owner] = field(default_factory=list)
    gone: list[Owner] = field(default_factory=list)

    def places(self) -> Mapping[tuple[str, str, str], list[int]]:
        """Return target, kind and own id → ids in the store."""
        found: dict[tuple[str, str, str], list[int]] = {}
        for name, owner in self.owners.items():
            found.setdefault((owner.unit[0], owner.kind, owner.key), []).append(name)
        return found


def record(
    connection: sa.Connection, scope_id: int, seq: int, account: Account, blobs: Blobs,
    expiries: Expiries,
) -> Inventory:  # fmt: skip
    """Write what a run listed and saw, and return what there was before and is now."""
    known = _known(connection, scope_id)
    made = _Made(spans.next_id(connection, schema.resource), scope_id, known)
    before = spans.open_spans(connection, schema.fact_span, schema.resource, scope_id)
    facts: dict[spans.Key, spans.Said] = {}
    found = Inventory(owners=made.owners, before=_present(connection, scope_id))
    for listed in account.listings:
        unit = (listed.target, listed.checker, storable(listed.partition))
        found.units[unit] = _reason(listed)
        for line in _lines(account, listed):
            name = made.id(Owner(unit, listed.kind, line["id"]))
            found.now.add(name)
            expiries.resource(listed.kind, line)
            for facet, seen in line["facets"].items():
                facts[name, facet] = (_kept(blobs, facet, seen, before.get((name, facet))),)
    spans.insert(connection, schema.resource, made.rows)
    _settle(found)
    unseen = _unseen(found)
    facts.update({key: said for key, said in before.items() if key[0] in unseen})
    moved = {(name,): () for name in found.now | unseen}
    was: dict[spans.Key, spans.Said] = {(name,): () for name in found.before}
    spans.move(connection, schema.resource_span, seq, was, moved)
    spans.move(connection, schema.fact_span, seq, before, facts)
    _listings(connection, scope_id, seq, account, found)
    return found


def _lines(account: Account, listed: Listed) -> Iterator[Mapping[str, Any]]:
    _, lines = shards.read(account.folder / listed.file)
    return lines


def _kept(blobs: Blobs, facet: str, seen: Mapping[str, Any], before: spans.Said | None) -> bytes:
    """Return the digest of an observation, and keep its content if it is not that of last time."""
    digest = bytes.fromhex(seen["digest"].removeprefix("sha256:"))
    if before == (digest,):
        return digest
    body = {"facet": facet, **{key: seen[key] for key in COVERED if key in seen}}
    if blobs.add(body) != digest:
        raise IntegrityError(f"the digest of {facet} is not that of its facts; the run was changed")
    return digest


def _known(connection: sa.Connection, scope_id: int) -> dict[bytes, tuple[int, Owner]]:
    table = schema.resource.c
    columns = (table.hash, table.id, table.target, table.checker, table.partition, table.kind)
    rows = connection.execute(
        sa.select(*columns, table.key).where(table.scope_id == scope_id)
    ).all()
    return {
        digest: (name, Owner((target, checker, partition), kind, key))
        for digest, name, target, checker, partition, kind, key in rows
    }


def _present(connection: sa.Connection, scope_id: int) -> set[int]:
    held = spans.open_spans(connection, schema.resource_span, schema.resource, scope_id)
    return {key[0] for key in held}


class _Made:
    """Gives resources their ids in the store; ``rows`` are those that are new."""

    def __init__(self, free: int, scope_id: int, known: dict[bytes, tuple[int, Owner]]) -> None:
        self._free = free
        self._scope_id = scope_id
        self._ids = {digest: name for digest, (name, _) in known.items()}
        self.owners = dict(known.values())
        self.rows: list[dict[str, Any]] = []

    def id(self, owner: Owner) -> int:
        digest = hashlib.sha256(canonical.dumps([*owner.unit, owner.key])).digest()
        if digest not in self._ids:
            self._ids[digest] = self._free
            target, checker, partition = owner.unit
            self.owners[self._free] = owner._replace(key=storable(owner.key))
            self.rows.append({
                "id": self._free, "scope_id": self._scope_id, "hash": digest, "target": target,
                "checker": checker, "partition": partition, "kind": owner.kind,
                "key": storable(owner.key),
            })  # fmt: skip
            self._free += 1
        return self._ids[digest]


def _reason(listed: Listed) -> str:
    if listed.complete:
        return ""
    return str(listed.failure["reason"]) if listed.failure else "listing-incomplete"


def _unseen(found: Inventory) -> set[int]:
    """Return what was there before and stood in a list that could not be had whole."""
    return {name for name in found.before - found.now if found.units.get(found.owners[name].unit)}


def _settle(found: Inventory) -> None:
    """Find what is new and what is gone; what nobody lists any more is neither."""
    found.added = [found.owners[name] for name in sorted(found.now - found.before)]
    found.gone = [
        found.owners[name]
        for name in sorted(found.before - found.now)
        if found.units.get(found.owners[name].unit) == ""
    ]


def _listings(
    connection: sa.Connection, scope_id: int, seq: int, account: Account, found: Inventory
) -> None:
    """Write which lists were whole, and remember which ones the run before had."""
    table = schema.listing
    columns = (table.c.target, table.c.checker, table.c.partition, table.c.id, table.c.kind)
    rows = connection.execute(sa.select(*columns).where(table.c.scope_id == scope_id)).all()
    ids = {(target, checker, partition): name for target, checker, partition, name, _ in rows}
    before = spans.open_spans(connection, schema.listing_span, table, scope_id)
    kinds = {(target, checker, partition): kind for target, checker, partition, _, kind in rows}
    found.listed = {unit for unit, name in ids.items() if (name,) in before}
    found.kinds |= {unit: kinds[unit] for unit in found.listed}
    free = spans.next_id(connection, table)
    now: dict[spans.Key, spans.Said] = {}
    new: list[dict[str, Any]] = []
    for listed in account.listings:
        unit = (listed.target, listed.checker, storable(listed.partition))
        found.kinds[unit] = listed.kind
        if unit not in ids:
            ids[unit] = free + len(new)
            named = dict(zip(("target", "checker", "partition"), unit, strict=True))
            new.append(named | {"id": ids[unit], "scope_id": scope_id, "kind": listed.kind})
        now[(ids[unit],)] = (_reason(listed),)
    spans.insert(connection, table, new)
    spans.move(connection, schema.listing_span, seq, before, now)
