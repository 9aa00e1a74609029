"""What the history tells: its runs, what changed, and how clauses and findings stood over time.

Everything is read from one scope, on one connection that sees one state of the store. Instants are
ISO 8601 with offset; ``at`` of a span is the judged time (``as_of``) of the run that began it.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth import canonical
from troth.errors import UsageError
from troth.history import blobs, schema, spans
from troth.history.changes import Change, Event
from troth.history.compare import State
from troth.history.findings import About
from troth.history.schema import OPEN


class Night(NamedTuple):
    """A recorded run: its number in the store, and what its link says (``body``)."""

    seq: int
    id: str
    as_of: str
    body: Mapping[str, Any]
    digest: str

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how many clauses were kept, broken, waived, unknown and not applicable."""
        found: Mapping[str, int] = self.body["counts"]
        return found


class Span(NamedTuple):
    """How something stood from one run to another; ``last`` is 0 while it still does.

    ``at`` and ``until`` are the judged times of the first run that saw it and of the first that
    saw something else (empty while it holds).
    """

    first: int
    last: int
    at: str
    until: str
    said: tuple[Any, ...]


class Standing(NamedTuple):
    """A finding as it stands in a run, since when, and what was expected and found."""

    about: About
    state: State
    since: int
    at: str
    detail: Mapping[str, Any]


class History:
    """One scope of a store, read through a connection."""

    def __init__(self, connection: sa.Connection, scope: str) -> None:
        """Read a scope; raises :class:`~troth.errors.UsageError` naming those that there are."""
        self.connection = connection
        self.scope = scope
        table = schema.scope.c
        found = connection.execute(sa.select(table.id).where(table.name == scope)).scalar()
        if found is None:
            raise UsageError(f"the history has no scope '{scope}'; {_known(connection)}")
        self.scope_id = int(found)

    def nights(self, most: int | None = None) -> list[Night]:
        """Return the recorded runs, the last one first."""
        found = self._runs().order_by(schema.run.c.seq.desc())
        return [_night(row) for row in self.connection.execute(found.limit(most))]

    def night(self, named: str) -> Night:
        """Return a run by its id, ``latest``, or ``latest~N`` for the N-th before it.

        Raises :class:`~troth.errors.UsageError`.
        """
        base, _, back = named.partition("~")
        if base == "latest" and (not back or back.isdecimal()):
            found = self._runs().order_by(schema.run.c.seq.desc()).offset(int(back or 0)).limit(1)
        else:
            found = self._runs().where(schema.run.c.id == named)
        row = self.connection.execute(found).first()
        if row is None:
            raise UsageError(f"the history has no run '{named}'; troth history shows them")
        return _night(row)

    def before(self, night: Night) -> Night | None:
        """Return the run that was recorded before one."""
        found = self._runs().where(schema.run.c.seq < night.seq)
        row = self.connection.execute(found.order_by(schema.run.c.seq.desc()).limit(1)).first()
        return _night(row) if row else None

    def events(self, after: int, until: int) -> list[Event]:
        """Return the events of the runs numbered from ``after`` + 1 to ``until``, in order."""
        table = schema.event
        names = [table.c[name] for name in Event._fields]
        found = (
            sa.select(*names)
            .select_from(table.join(schema.run, table.c.seq == schema.run.c.seq))
            .where(schema.run.c.scope_id == self.scope_id)
            .where(table.c.seq > after, table.c.seq <= until)
            .order_by(table.c.seq, table.c.ordinal)
        )
        return [Event(Change(row[0]), *row[1:]) for row in self.connection.execute(found)]

    def promises(self, night: Night) -> Sequence[Mapping[str, Any]]:
        """Return the documents of a run: ``policy``, ``title`` and ``clauses``.

        Each clause is ``clause``, ``promise`` and ``assess``, in the document's order.
        """
        found: Sequence[Mapping[str, Any]] = self._content(night.body["promises"])
        return found

    def endings(self, night: Night) -> Sequence[Mapping[str, Any]]:
        """Return what ends when: ``on``, ``lane``, ``what``, ``name`` and ``days`` of each.

        Days count from the judged time; what lapsed comes first, the latest first.
        """
        found: Sequence[Mapping[str, Any]] = self._content(night.body["endings"])
        return found

    def clauses(self, night: Night) -> dict[tuple[str, str], str]:
        """Return how each clause stood in a run; informative ones are left out."""
        table, of = schema.clause_span, schema.clause
        found = (
            sa.select(of.c.policy, of.c.clause, table.c.state)
            .select_from(table.join(of, table.c.clause_id == of.c.id))
            .where(of.c.scope_id == self.scope_id, *_holding(table, night.seq))
        )
        return {(policy, clause): state for policy, clause, state in self.connection.execute(found)}

    def clause_spans(self, policy: str = "", clause: str = "") -> dict[tuple[str, str], list[Span]]:
        """Return how clauses stood over time, oldest first; all, a policy's, or one.

        A span says one thing, the state: kept, broken, waived, unknown or not-applicable.
        """
        table, of = schema.clause_span, schema.clause
        found = (
            sa.select(of.c.policy, of.c.clause, table.c.first, table.c.last, table.c.state)
            .select_from(table.join(of, table.c.clause_id == of.c.id))
            .where(of.c.scope_id == self.scope_id)
            .order_by(of.c.id, table.c.first)
        )
        found = found.where(of.c.policy == policy) if policy else found
        found = found.where(of.c.clause == clause) if clause else found
        times = self._times
        made: dict[tuple[str, str], list[Span]] = {}
        for name, number, first, last, *said in self.connection.execute(found):
            span = times.span(first, last, tuple(said))
            made.setdefault((name, number), []).append(span)
        return made

    def finding_spans(self, key: str) -> tuple[About, list[Span]]:
        """Return what a finding (``f-…``) is about, and how it stood over time, oldest first.

        A span says verdict, reason, waiver, severity and whether anybody could look. Raises
        :class:`~troth.errors.UsageError` for one that there never was.
        """
        of, table = schema.finding, schema.finding_span
        names = [of.c[name] for name in About._fields]
        found = sa.select(of.c.id, *names).where(of.c.scope_id == self.scope_id, of.c.key == key)
        row = self.connection.execute(found).first()
        if row is None:
            raise UsageError(f"the history has no finding '{key}'; troth diff shows their ids")
        rows = self.connection.execute(
            sa.select(table.c.first, table.c.last, *spans.values_of(table))
            .where(table.c.finding_id == row[0])
            .order_by(table.c.first)
        )
        times = self._times
        held = [times.span(first, last, tuple(said)) for first, last, *said in rows]
        return About(*row[1:]), held

    def standing(
        self, night: Night, verdicts: Sequence[str] = ("fail", "unknown"), *,
        policy: str = "", clause: str = "",
    ) -> list[Standing]:  # fmt: skip
        """Return the findings that stood so in a run, with their details, sorted by clause."""
        table, of = schema.finding_span, schema.finding
        names = [of.c[name] for name in About._fields]
        values = spans.values_of(table)
        found = (
            sa.select(of.c.id, table.c.first, *values, *names)
            .select_from(table.join(of, table.c.finding_id == of.c.id))
            .where(of.c.scope_id == self.scope_id, *_holding(table, night.seq))
            .where(table.c.verdict.in_(verdicts))
        )
        found = found.where(of.c.policy == policy) if policy else found
        found = found.where(of.c.clause == clause) if clause else found
        rows = self.connection.execute(found).all()
        details = self._details(night, [row[0] for row in rows])
        times, split = self._times, 2 + len(values)
        made = [
            Standing(
                About(*row[split:]), State(*row[2:split]), row[1], times.at(row[1]),
                details.get(row[0], {}),
            )
            for row in rows
        ]  # fmt: skip
        return sorted(made, key=lambda one: one.about[1:])

    def facts(self, night: Night, target: str, kind: str, resource: str) -> dict[str, Any]:
        """Return the facts of a resource as they were known in a run: facet → observation."""
        table, of = schema.fact_span, schema.resource
        rows = self.connection.execute(
            sa.select(table.c.facet, table.c.digest)
            .select_from(table.join(of, table.c.resource_id == of.c.id))
            .where(of.c.scope_id == self.scope_id, of.c.target == target, of.c.kind == kind)
            .where(of.c.key == resource, *_holding(table, night.seq))
        ).all()
        held = blobs.read(self.connection, (digest for _, digest in rows))
        return {facet: held[digest] for facet, digest in rows}

    def _details(self, night: Night, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        table = schema.detail_span
        digests: dict[int, bytes] = {}
        for some in spans.chunks(ids):
            rows = self.connection.execute(
                sa.select(table.c.finding_id, table.c.digest)
                .where(table.c.finding_id.in_(some), *_holding(table, night.seq))
            )  # fmt: skip
            digests.update((name, digest) for name, digest in rows)
        held = blobs.read(self.connection, digests.values())
        return {name: held[digest] for name, digest in digests.items()}

    def _content(self, digest: str) -> Any:
        wanted = bytes.fromhex(digest)
        return blobs.read(self.connection, [wanted])[wanted]

    def _runs(self) -> sa.Select[Any]:
        table = schema.run.c
        columns = (table.seq, table.id, table.as_of, table.body, table.digest)
        return sa.select(*columns).where(table.scope_id == self.scope_id, table.sort == "run")

    @property
    def _times(self) -> _Times:
        table = schema.run.c
        found = sa.select(table.seq, table.as_of).where(table.scope_id == self.scope_id)
        rows = self.connection.execute(found.where(table.sort == "run").order_by(table.seq))
        return _Times([(seq, as_of) for seq, as_of in rows])


class _Times:
    """Knows the judged time of every run of a scope."""

    def __init__(self, rows: Sequence[tuple[int, str]]) -> None:
        self._at = dict(rows)
        self._order = [seq for seq, _ in rows]

    def at(self, seq: int) -> str:
        return self._at[seq]

    def span(self, first: int, last: int, said: tuple[Any, ...]) -> Span:
        if last == OPEN:
            return Span(first, 0, self._at[first], "", said)
        after = bisect.bisect_right(self._order, last)
        until = self._at[self._order[after]] if after < len(self._order) else ""
        return Span(first, last, self._at[first], until, said)


def scopes(connection: sa.Connection) -> list[str]:
    """Return the names of the scopes of a store."""
    found = sa.select(schema.scope.c.name).order_by(schema.scope.c.name)
    return list(connection.execute(found).scalars())


def _known(connection: sa.Connection) -> str:
    listed = ", ".join(scopes(connection))
    return f"it has {listed}" if listed else "nothing was recorded yet"


def _holding(table: sa.Table, seq: int) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.first <= seq, table.c.last >= seq


def _night(row: Any) -> Night:
    seq, name, as_of, body, digest = row
    return Night(seq, name, as_of, canonical.loads(body.encode()), digest)
