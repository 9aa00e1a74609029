"""What changed between any two recorded runs of a scope, and what did not.

Only what stands otherwise, and what is broken in both, is read: two nights of a large estate are
compared as quickly as two of a small one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from troth.history import compare, events, findings, missing, schema, spans
from troth.history.about import About
from troth.history.changes import Change, Digest, Event
from troth.history.compare import Past, State
from troth.history.findings import Step
from troth.history.missing import Before, Lost
from troth.history.reading import History, Night
from troth.history.resources import Inventory, Owner
from troth.model import Verdict


def between(history: History, old: Night, new: Night) -> Digest:
    """Return what changed from one run to a later one; what is broken in both is ``still``.

    What happened in the nights between does not count: broken, mended and broken again is still
    broken.
    """
    found = events.of_steps(_steps(history, old, new))
    found += events.of_resources(_resources(history, old, new))
    found += events.of_definitions(history.definitions(old), history.definitions(new))
    return _digest(history, old.id, new, found)


def since(history: History, old: Night | None, new: Night) -> Digest:
    """Return what was recorded as changed after one run up to another; all of it, in order."""
    found = history.events(old.seq if old else 0, new.seq)
    return _digest(history, old.id if old else "", new, found)


def _digest(history: History, old: str, new: Night, found: Iterable[Event]) -> Digest:
    body = new.body
    return Digest(
        history.scope, new.id, old, new.as_of, body["state"], body["exit_code"], new.counts,
        tuple(found), new.digest,
    )  # fmt: skip


class _Moved(NamedTuple):
    """A finding that does not stand in the newer run as it does in the older one."""

    about: About
    past: Past
    now: State | None


def _steps(history: History, old: Night, new: Night) -> list[Step]:
    """Return what became of findings, sorted by what they are about."""
    found = _changed(history, old, new)
    gone = {name for name, one in found.items() if one.past.last and one.now is None}
    back = {name for name, one in found.items() if one.past.known and not one.past.last and one.now}
    owners = _owners(history, [found[name].about for name in gone | back])
    losses = _losses(history, new, found, owners) if gone else {}
    then = _then(history, old, owners) if back else None
    details = history.details(new, [name for name, one in found.items() if one.now])
    steps = _still(history, old, new)
    for name, (about, past, now) in found.items():
        if now is None:
            lost = losses.get(name)
            change = findings.ended(past, lost.change) if lost else None
        elif name in back and then:
            change = compare.change(compare.returned(past, looked=then.looked(about)), now)
        else:
            change = compare.change(past, now)
        if change in (None, Change.COVERAGE_REGAINED) and now and now.broken:
            change = Change.STILL  # broken when it was last known, and broken now
        if change:
            why = losses[name].why if now is None else str(details.get(name, {}).get("why", ""))
            steps.append(Step(change, about, past.last, now, why))
    return sorted(steps, key=lambda step: step.about[1:])


def _changed(history: History, old: Night, new: Night) -> dict[int, _Moved]:
    """Return the findings of which a span began or ended between two runs, by their ids."""
    of, table = schema.finding, schema.finding_span
    names = [of.c[name] for name in About._fields]
    values = spans.values_of(table)
    rows = history.connection.execute(
        sa.select(of.c.id, table.c.first, table.c.last, *values, *names)
        .select_from(table.join(of, table.c.finding_id == of.c.id))
        .where(of.c.scope_id == history.scope_id, table.c.first <= new.seq)
        .where(of.c.id.in_(_turned(table, old, new)))
        .order_by(of.c.id, table.c.first)
    )
    split = 3 + len(values)
    abouts: dict[int, About] = {}
    states: dict[int, list[State]] = {}
    held: dict[int, State] = {}
    now: dict[int, State] = {}
    for name, first, last, *row in rows:
        state = State(*row[: split - 3])
        abouts[name] = About(*row[split - 3 :])
        if first <= old.seq:
            states.setdefault(name, []).append(state)
            if last >= old.seq:
                held[name] = state
        if last >= new.seq:
            now[name] = state
    return {
        name: _Moved(
            about, compare.past(states.get(name, []))._replace(last=held.get(name)), now.get(name)
        )
        for name, about in abouts.items()
    }


def _turned(table: sa.Table, old: Night, new: Night) -> sa.CompoundSelect[tuple[int]]:
    """Select whatever has a span that began after one run or ended before another."""
    key = spans.keys_of(table)[0]
    return sa.union(
        sa.select(key).where(table.c.first > old.seq, table.c.first <= new.seq),
        sa.select(key).where(table.c.last >= old.seq, table.c.last < new.seq),
    )


def _still(history: History, old: Night, new: Night) -> list[Step]:
    """Return the findings that were broken all the time."""
    of, table = schema.finding, schema.finding_span
    names = [of.c[name] for name in About._fields]
    values = spans.values_of(table)
    rows = history.connection.execute(
        sa.select(of.c.id, *values, *names)
        .select_from(table.join(of, table.c.finding_id == of.c.id))
        .where(of.c.scope_id == history.scope_id)
        .where(table.c.first <= old.seq, table.c.last >= new.seq)
        .where(table.c.verdict == Verdict.FAIL.value, table.c.waiver == "")
    ).all()
    details = history.details(new, [row[0] for row in rows])
    split = 1 + len(values)
    return [
        Step(Change.STILL, About(*row[split:]), state, state, str(details[row[0]].get("why", "")))
        for row in rows
        for state in [State(*row[1:split])]
    ]


def _losses(
    history: History, night: Night, found: Mapping[int, _Moved], owners: Mapping[int, Owner]
) -> dict[int, Lost]:
    """Return why findings of the older run are not in the newer one."""
    return missing.missing(
        {name: one.about for name, one in found.items()},
        {name: one.past.last for name, one in found.items() if one.past.last},
        {name for name, one in found.items() if one.now},
        _inventory(history, night, owners),
        set(history.clauses(night)),
    )


def _then(history: History, night: Night, owners: Mapping[int, Owner]) -> Before:
    return Before(_inventory(history, night, owners), set(history.clauses(night)))


def _inventory(history: History, night: Night, owners: Mapping[int, Owner]) -> Inventory:
    """Return what some resources were in a run, and what was listed."""
    found = Inventory(owners=dict(owners))
    of, table = schema.listing, schema.listing_span
    rows = history.connection.execute(
        sa.select(of.c.target, of.c.checker, of.c.partition, of.c.kind, table.c.reason)
        .select_from(table.join(of, table.c.listing_id == of.c.id))
        .where(of.c.scope_id == history.scope_id)
        .where(table.c.first <= night.seq, table.c.last >= night.seq)
    )
    for target, checker, partition, kind, reason in rows:
        unit = (target, checker, partition)
        found.units[unit] = reason
        found.kinds[unit] = kind
        found.listed.add(unit)
    there = schema.resource_span
    for some in spans.chunks(owners):
        held = sa.select(there.c.resource_id).where(there.c.resource_id.in_(some))
        held = held.where(there.c.first <= night.seq, there.c.last >= night.seq)
        found.now.update(history.connection.execute(held).scalars())
    return found


def _owners(history: History, abouts: Collection[About]) -> dict[int, Owner]:
    """Return the resources that findings are about, by their ids."""
    wanted = {(about.target, about.kind, about.resource) for about in abouts}
    keys = sorted({about.resource for about in abouts})
    return {
        name: owner
        for some in spans.chunks(keys)
        for name, owner in _resources_of(history, schema.resource.c.key.in_(some)).items()
        if (owner.unit[0], owner.kind, owner.key) in wanted
    }


def _resources_of(history: History, chosen: sa.ColumnElement[bool]) -> dict[int, Owner]:
    of = schema.resource.c
    rows = history.connection.execute(
        sa.select(of.id, of.target, of.checker, of.partition, of.kind, of.key).where(
            of.scope_id == history.scope_id, chosen
        )
    )
    return {
        name: Owner((target, checker, part), kind, key)
        for name, target, checker, part, kind, key in rows
    }


def _resources(history: History, old: Night, new: Night) -> Inventory:
    """Return the resources that came, and those that a list lacks which was had whole."""
    of, table = schema.resource.c, schema.resource_span
    turned = _turned(table, old, new)
    rows = history.connection.execute(
        sa.select(table.c.resource_id, table.c.first, table.c.last).where(
            table.c.resource_id.in_(turned), table.c.first <= new.seq, table.c.last >= old.seq
        )
    ).all()
    before = {name for name, first, _ in rows if first <= old.seq}
    now = {name for name, _, last in rows if last >= new.seq}
    if before == now:
        return Inventory()
    owners = _resources_of(history, of.id.in_(turned))
    found = _inventory(history, new, {})
    found.added = sorted(owners[name] for name in (now - before) & owners.keys())
    found.gone = sorted(
        owner
        for owner in (owners[name] for name in (before - now) & owners.keys())
        if found.units.get(owner.unit) == ""
    )
    return found
