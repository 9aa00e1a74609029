"""Put a run into the store: its chain link, the spans that it moves, and what changed with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth import canonical, yamlfile
from troth.cycles import uncollected
from troth.errors import IntegrityError
from troth.history import (
    blobs,
    chain,
    clauses,
    contents,
    events,
    findings,
    resources,
    schema,
    spans,
)
from troth.history.blobs import Blobs
from troth.history.changes import Change, Event
from troth.history.store import Store
from troth.history.text import storable
from troth.record import INPUTS
from troth.report.account import Account
from troth.report.html.expiry import Expiries

Row = Mapping[str, Any]

#: What a link takes over from the run's envelope.
SAID = ("id", "state", "started_at", "finished_at", "as_of", "versions", "results_digest")


class Recorded(NamedTuple):
    """A run in the store: its number, the chain's head with it, and whether it was there before."""

    seq: int
    head: str
    known: bool


#: An exit code, or what makes it of the events: with ``--fail-on new`` it rests on them.
ExitCode = int | Callable[[Sequence[Event]], int]


@uncollected()
def record(
    store: Store, scope: str, account: Account, exit_code: ExitCode, at: datetime
) -> Recorded:
    """Record a run in a scope, all of it or nothing; one that is there already is left alone.

    ``at`` is the current time, aware. Raises :class:`~troth.history.store.StoreError`, and
    :class:`~troth.errors.IntegrityError` if the run was changed.
    """
    with store.writing() as connection:
        scope_id = _scope(connection, scope)
        there = _there(connection, scope_id, account.envelope)
        if there:
            return there
        return _write(connection, (scope_id, scope), account, exit_code, at)


def compared(store: Store, scope: str, account: Account, at: datetime) -> list[Event]:
    """Return what recording a run would tell as changed, without recording it.

    For a run over some clauses only: recorded, it would look as if all others were lost.
    """
    found: list[Event] = []
    try:
        with store.writing() as connection:
            made = _write(connection, (_scope(connection, scope), scope), account, 0, at)
            found += events_of(connection, made.seq)
            raise _Undone
    except _Undone:
        return found


class _Undone(Exception):
    """Takes back what was only tried."""


def events_of(connection: sa.Connection, seq: int) -> list[Event]:
    """Return the events that were recorded with a run."""
    names = [schema.event.c[name] for name in Event._fields]
    found = sa.select(*names).where(schema.event.c.seq == seq).order_by(schema.event.c.ordinal)
    return [Event(Change(row[0]), *row[1:]) for row in connection.execute(found)]


def _write(
    connection: sa.Connection, scope: tuple[int, str], account: Account, exit_code: ExitCode,
    at: datetime,
) -> Recorded:  # fmt: skip
    scope_id, name = scope
    for problem in contents.unseen(connection):
        text = f"the history was edited: {problem}; nothing is recorded into it"
        raise IntegrityError(f"{text}: restore a copy of it from before")
    seq = chain.length(connection) + 1
    previous = latest(connection, scope_id)
    content, expiries = Blobs(), Expiries(account.summary["as_of"])
    inventory = resources.record(connection, scope_id, seq, account, content, expiries)
    steps = findings.record(connection, scope_id, seq, account, content, inventory)
    counts = clauses.record(connection, scope_id, seq, account)
    for waiver in account.summary["waivers"]:
        expiries.waiver(waiver)
    earlier = definitions_of(connection, previous) if previous else {}
    definitions = _definitions(account, earlier)
    # What was unknown from the first night on is no loss.
    happened = events.of_steps(step for step in steps if previous or (step.now and step.now.known))
    if previous:
        happened += events.of_resources(inventory)
        happened += events.of_definitions(earlier, definitions)
    _events(connection, seq, happened)
    ends = [ending._asdict() for ending in (*expiries.lapsed, *expiries.coming)]
    said = {name: account.envelope[name] for name in SAID} | {
        "sort": "run",
        "scope": name,
        "recorded_at": at.isoformat(timespec="milliseconds"),
        "exit_code": exit_code(happened) if callable(exit_code) else exit_code,
        "since": previous["id"] if previous else "",
        "counts": counts,
        "definitions": content.add(definitions).hex(),
        "promises": content.add(_promises(account)).hex(),
        "endings": content.add(ends).hex(),
    }
    content.write(connection)
    said |= {
        "opened": chain.opened(connection, seq),
        "closed": chain.closed(connection, seq),
        "events": chain.events(connection, seq),
        "clauses": chain.clauses(connection, seq),
    }
    text = canonical.dumps(said).decode()
    return Recorded(seq, chain.append(connection, seq, scope_id, said, text), known=False)


def latest(connection: sa.Connection, scope_id: int) -> dict[str, Any] | None:
    """Return the body of the last run that was recorded in a scope."""
    table = schema.run.c
    found = (
        sa.select(table.body)
        .where(table.scope_id == scope_id, table.sort == "run")
        .order_by(table.seq.desc())
        .limit(1)
    )
    body = connection.execute(found).scalar()
    made: dict[str, Any] | None = canonical.parse(body.encode()) if body else None
    return made


def definitions_of(connection: sa.Connection, body: Row) -> Mapping[str, Any]:
    """Return the digests of all that a recorded run's verdicts rest on, but for the facts."""
    wanted = bytes.fromhex(body["definitions"])
    found: Mapping[str, Any] = blobs.read(connection, [wanted])[wanted]
    return found


def _scope(connection: sa.Connection, name: str) -> int:
    table = schema.scope
    found = connection.execute(sa.select(table.c.id).where(table.c.name == name)).scalar()
    if found is not None:
        return int(found)
    made = spans.next_id(connection, table)
    connection.execute(sa.insert(table), {"id": made, "name": name})
    return made


def _there(connection: sa.Connection, scope_id: int, envelope: Row) -> Recorded | None:
    """Return a run that was recorded before; raises if that one had other results."""
    table = schema.run.c
    found = sa.select(table.seq, table.digest, table.body).where(
        table.scope_id == scope_id, table.id == envelope["id"], table.sort == "run"
    )
    row = connection.execute(found).first()
    if row is None:
        return None
    check_same(canonical.parse(row[2].encode()), envelope)
    return Recorded(int(row[0]), str(row[1]), known=True)


def check_same(body: Row, envelope: Row) -> None:
    """Raise :class:`~troth.errors.IntegrityError` if a run is not the recorded one of its id."""
    if body["results_digest"] != envelope["results_digest"]:
        text = f"run {envelope['id']} is recorded already, with other results"
        raise IntegrityError(f"{text}; one of them was changed: troth verify RUN, history verify")


def _promises(account: Account) -> list[dict[str, Any]]:
    """Return the documents with their clauses, as the run told them."""
    names = ("clause", "promise", "assess")
    return [
        {
            "policy": policy["id"],
            "title": policy["title"],
            "clauses": [
                {name: row[name] for name in names}
                for row in account.clauses
                if row["policy"] == policy["id"]
            ],
        }
        for policy in account.summary["policies"]
    ]


def _definitions(account: Account, before: Row) -> dict[str, Any]:
    """Return the digests of all that the verdicts rest on, but for the facts."""
    files: Mapping[str, str] = account.envelope["files"]
    made: dict[str, Any] = {
        what: {
            path.removeprefix(f"inputs/{what}/").removesuffix(".yaml"): digest
            for path, digest in files.items()
            if path.startswith(f"inputs/{what}/")
        }
        for what in ("policies", "controls", "kinds")
    }
    made["versions"] = account.envelope["versions"]
    made["config"] = files["inputs/troth.yaml"]
    made["clauses"] = canonical.digest(account.envelope["clauses"])
    same = before.get("policies", {})
    made["documents"] = {
        name: before["documents"][name] if same.get(name) == digest else _document(account, name)
        for name, digest in made["policies"].items()
    }
    return made


def _document(account: Account, policy: str) -> str:
    """Return the digest of the text that a policy was written from, empty if it names none."""
    path = account.folder / INPUTS / "policies" / f"{policy}.yaml"
    text = path.read_text(encoding="utf-8")
    return str(yamlfile.parse(text, path.name).data["source"].get("digest", ""))


def _events(connection: sa.Connection, seq: int, happened: Iterable[Event]) -> None:
    rows = (
        {name: storable(value) for name, value in event._asdict().items()}
        | {"seq": seq, "ordinal": ordinal}
        for ordinal, event in enumerate(happened)
    )
    spans.insert(connection, schema.event, rows)
