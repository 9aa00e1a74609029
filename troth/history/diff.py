"""What changed between any two recorded runs of a scope, and what did not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from troth.history import compare, events, schema, spans
from troth.history.changes import Change, Digest, Event
from troth.history.compare import Past, State
from troth.history.findings import About, Step
from troth.history.reading import History, Night
from troth.history.resources import Inventory, Owner


def between(history: History, old: Night, new: Night) -> Digest:
    """Return what changed from one run to a later one; what is broken in both is ``still``.

    What happened in the nights between does not count: broken, mended and broken again is still
    broken.
    """
    steps = list(_steps(history, old, new))
    found = events.of_steps(steps)
    found += events.of_resources(_resources(history, old, new))
    found += events.of_definitions(old.body["definitions"], new.body["definitions"])
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


def _steps(history: History, old: Night, new: Night) -> Iterable[Step]:
    about, pasts = _pasts(history, old)
    later = {one.about.key: one for one in history.standing(new, _VERDICTS)}
    present = _present(history, new)
    judged = history.clauses(new)
    for key in sorted(pasts.keys() | later.keys(), key=lambda key: _place(about, later, key)):
        past = pasts.get(key, Past())
        standing = later.get(key)
        if standing is None:
            yield from _ended(about[key], past, present, judged)
            continue
        found = compare.change(past, standing.state)
        if found is None and standing.state.broken:
            found = Change.STILL
        if found:
            why = str(standing.detail.get("why", ""))
            yield Step(found, standing.about, past.last, standing.state, why)


_VERDICTS = ("pass", "fail", "unknown", "not-applicable")


def _place(about: dict[str, About], later: dict[str, Any], key: str) -> tuple[str, ...]:
    found: About = about[key] if key in about else later[key].about
    return found[1:]


def _pasts(history: History, night: Night) -> tuple[dict[str, About], dict[str, Past]]:
    """Return the findings that there were up to a run, and their pasts by their keys."""
    of, table = schema.finding, schema.finding_span
    names = [of.c[name] for name in About._fields]
    values = spans.values_of(table)
    rows = history.connection.execute(
        sa.select(table.c.last, *values, *names)
        .select_from(table.join(of, table.c.finding_id == of.c.id))
        .where(of.c.scope_id == history.scope_id, table.c.first <= night.seq)
        .order_by(of.c.id, table.c.first)
    )
    split = 1 + len(values)
    about: dict[str, About] = {}
    states: dict[str, list[State]] = {}
    held: dict[str, State] = {}
    for row in rows:
        one, state = About(*row[split:]), State(*row[1:split])
        about[one.key] = one
        states.setdefault(one.key, []).append(state)
        if row[0] >= night.seq:
            held[one.key] = state
    pasts = {key: compare.past(all_)._replace(last=held.get(key)) for key, all_ in states.items()}
    return about, pasts


def _present(history: History, night: Night) -> set[tuple[str, str, str]]:
    return {(owner.unit[0], owner.kind, owner.key) for owner in _owners(history, night)}


def _owners(history: History, night: Night) -> list[Owner]:
    of, table = schema.resource, schema.resource_span
    rows = history.connection.execute(
        sa.select(of.c.target, of.c.checker, of.c.partition, of.c.kind, of.c.key)
        .select_from(table.join(of, table.c.resource_id == of.c.id))
        .where(of.c.scope_id == history.scope_id)
        .where(table.c.first <= night.seq, table.c.last >= night.seq)
    )
    return [Owner((target, checker, part), kind, key) for target, checker, part, kind, key in rows]


def _resources(history: History, old: Night, new: Night) -> Inventory:
    before, now = set(_owners(history, old)), set(_owners(history, new))
    found = Inventory()
    found.added = sorted(now - before)
    found.gone = sorted(before - now)
    return found


def _ended(
    about: About, past: Past, present: set[tuple[str, str, str]], judged: dict[tuple[str, str], str]
) -> Iterable[Step]:
    """Yield what it means that a finding of the older run is not in the newer one."""
    if past.last is None:
        return
    if (about.policy, about.clause) not in judged:
        if past.last.known:
            yield Step(Change.COVERAGE_LOST, about, past.last, None, "")
        return
    if past.known and past.known.failing:
        gone = (about.target, about.kind, about.resource) not in present
        why = "was broken, and the resource is gone" if gone else ""
        yield Step(Change.NO_LONGER_ASKED, about, past.last, None, why)
