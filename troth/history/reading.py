"""What the history tells: its runs, what changed, and how clauses and findings stood over time.

Everything is read from one scope, on one connection that sees one state of the store. Instants are
ISO 8601 with offset; ``at`` of a span is the judged time (``as_of``) of the run that began it.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth import canonical
from troth.errors import UsageError
from troth.history import blobs, chain, clauses, schema, spans
from troth.history.about import About
from troth.history.changes import Change, Event
from troth.history.compare import State
from troth.history.schema import OPEN
from troth.history.text import storable

#: ``latest``, and ``latest~3`` for the third before it.
_LATEST = re.compile(r"latest(?:~(\d{1,6}))?")


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
        self.scope = scope = _asked(scope)
        table = schema.scope.c
        found = connection.execute(sa.select(table.id).where(table.name == scope)).scalar()
        if found is None:
            raise UsageError(f"the history has no scope '{scope}'; {_known(connection)}")
        self.scope_id = int(found)

    def nights(self, most: int | None = None, before: Night | None = None) -> list[Night]:
        """Return the recorded runs, or those ``before`` one, the last one first."""
        found = self._runs().order_by(schema.run.c.seq.desc())
        found = found.where(schema.run.c.seq < before.seq) if before else found
        return [_night(row) for row in self.connection.execute(found.limit(most))]

    def night(self, named: str) -> Night:
        """Return a run by its id, ``latest``, or ``latest~N`` for the N-th before it.

        Raises :class:`~troth.errors.UsageError`.
        """
        found = self._runs().where(schema.run.c.id == _asked(named))
        if back := _LATEST.fullmatch(named):
            before = int(back[1] or 0)
            found = self._runs().order_by(schema.run.c.seq.desc()).offset(before).limit(1)
        row = self.connection.execute(found).first()
        if row is None:
            raise UsageError(f"the history has no run '{named}'; {self._there()}")
        return _night(row)

    def _there(self) -> str:
        number = len(self.nights())
        if number < 2:
            few = "no run yet" if not number else "one run only"
            return f"scope '{self.scope}' has {few}; troth history record RUN adds one"
        return f"troth history shows the {number} that it has"

    def before(self, night: Night) -> Night | None:
        """Return the run that was recorded before one."""
        found = self._runs().where(schema.run.c.seq < night.seq)
        row = self.connection.execute(found.order_by(schema.run.c.seq.desc()).limit(1)).first()
        return _night(row) if row else None

    def after(self, night: Night) -> Night | None:
        """Return the run that was recorded after one."""
        found = self._runs().where(schema.run.c.seq > night.seq)
        row = self.connection.execute(found.order_by(schema.run.c.seq).limit(1)).first()
        return _night(row) if row else None

    @property
    def first(self) -> int:
        """Return the number of the first recorded run, 0 if there is none."""
        found = sa.select(sa.func.coalesce(sa.func.min(schema.run.c.seq), 0))
        held = found.where(schema.run.c.scope_id == self.scope_id, schema.run.c.sort == "run")
        return int(self.connection.execute(held).scalar_one())

    def has(self, run: str) -> bool:
        """Tell whether a run is recorded."""
        found = self._runs().where(schema.run.c.id == _asked(run))
        return self.connection.execute(found).first() is not None

    def changes(self, nights: Sequence[Night]) -> dict[int, dict[Change, int]]:
        """Return how many changes of which sort came with each run, by its number."""
        table = schema.event.c
        made: dict[int, dict[Change, int]] = {night.seq: {} for night in nights}
        for some in spans.chunks(made):
            rows = self.connection.execute(
                sa.select(table.seq, table.change, sa.func.count())
                .where(table.seq.in_(some))
                .group_by(table.seq, table.change)
            )
            for number, change, count in rows:
                made[number][Change(change)] = count
        return made

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

    def first_events(self, night: Night, change: Change, most: int) -> list[Event]:
        """Return the first events of one sort that were recorded with a run."""
        names = [schema.event.c[name] for name in Event._fields]
        table = schema.event.c
        found = sa.select(*names).where(table.seq == night.seq, table.change == change)
        rows = self.connection.execute(found.order_by(table.ordinal).limit(most))
        return [Event(Change(row[0]), *row[1:]) for row in rows]

    def promises(self, night: Night) -> Sequence[Mapping[str, Any]]:
        """Return the documents of a run: ``policy``, ``title`` and ``clauses``.

        Each clause is ``clause``, ``promise`` and ``assess``, in the document's order.
        """
        found: Sequence[Mapping[str, Any]] = self._content(night, "promises")
        return found

    def endings(self, night: Night) -> Sequence[Mapping[str, Any]]:
        """Return what ends when: ``on``, ``lane``, ``what``, ``name`` and ``days`` of each.

        Days count from the judged time; what lapsed comes first, the latest first.
        """
        found: Sequence[Mapping[str, Any]] = self._content(night, "endings")
        return found

    def clauses(self, night: Night) -> dict[tuple[str, str], str]:
        """Return how each clause stood in a run; informative ones are left out."""
        table, of = schema.clause_span, schema.clause
        found = (
            sa.select(of.c.policy, of.c.clause, table.c.state)
            .select_from(table.join(of, table.c.clause_id == of.c.id))
            .where(of.c.scope_id == self.scope_id, *_holding(table, night.seq))
        )
        rows = self.connection.execute(found)
        return {(policy, clause): clauses.said_of(state)[0] for policy, clause, state in rows}

    def clause_spans(self, policy: str = "", clause: str = "") -> dict[tuple[str, str], list[Span]]:
        """Return how clauses stood over time, oldest first; all, a policy's, or one.

        A span says the state: kept, broken, waived, unknown or not-applicable; and beside kept
        ``unmended`` if what was broken before did not pass (:mod:`troth.history.clauses`).
        """
        table, of = schema.clause_span, schema.clause
        found = (
            sa.select(of.c.policy, of.c.clause, table.c.first, table.c.last, table.c.state)
            .select_from(table.join(of, table.c.clause_id == of.c.id))
            .where(of.c.scope_id == self.scope_id)
            .order_by(of.c.id, table.c.first)
        )
        found = found.where(of.c.policy == _asked(policy)) if policy else found
        found = found.where(of.c.clause == _asked(clause)) if clause else found
        times = self._times
        made: dict[tuple[str, str], list[Span]] = {}
        for name, number, first, last, state in self.connection.execute(found):
            span = times.span(first, last, clauses.said_of(state))
            made.setdefault((name, number), []).append(span)
        return made

    def finding_spans(self, key: str) -> tuple[About, list[Span]]:
        """Return what a finding (``f-…``) is about, and how it stood over time, oldest first.

        A span says verdict, reason, waiver, severity and whether anybody could look. Raises
        :class:`~troth.errors.UsageError` for one that there never was.
        """
        of, table = schema.finding, schema.finding_span
        names = [of.c[name] for name in About._fields]
        found = sa.select(of.c.id, *names).where(of.c.scope_id == self.scope_id)
        found = found.where(of.c.key == _asked(key))
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
        of = schema.finding.c
        found = self._stood(night).where(schema.finding_span.c.verdict.in_(verdicts))
        found = found.where(of.policy == policy) if policy else found
        found = found.where(of.clause == clause) if clause else found
        return sorted(self._standing(night, found), key=lambda one: one.about[1:])

    def standing_first(
        self, night: Night, policy: str, clause: str, verdict: str, most: int, *,
        waived: bool | None = None,
    ) -> list[Standing]:  # fmt: skip
        """Return the first findings of a clause that stood so in a run: see :meth:`standing`.

        ``waived`` chooses those that a waiver covers or does not cover, None chooses both.
        """
        of, table = schema.finding.c, schema.finding_span
        chosen = (of.policy == policy, of.clause == clause, table.c.verdict == verdict)
        covered = sa.true() if waived is None else _covered(table, waived=waived)
        order = [of[name] for name in About._fields[1:]]
        found = self._stood(night).where(*chosen, covered).order_by(*order).limit(most)
        return self._standing(night, found)

    def standing_one(self, night: Night, key: str) -> Standing | None:
        """Return how one finding stood in a run, None if it was not there."""
        rows = self._standing(night, self._stood(night).where(schema.finding.c.key == key))
        return rows[0] if rows else None

    def tally(self, night: Night, policy: str, clause: str) -> dict[tuple[str, bool], int]:
        """Return how many findings of a clause stood how in a run, by verdict and waived or not."""
        table, of = schema.finding_span, schema.finding
        covered = table.c.waiver != ""
        found = (
            sa.select(table.c.verdict, covered, sa.func.count())
            .select_from(table.join(of, table.c.finding_id == of.c.id))
            .where(of.c.scope_id == self.scope_id, *self._holding(table, night))
            .where(of.c.policy == policy, of.c.clause == clause)
            .group_by(table.c.verdict, covered)
        )
        rows = self.connection.execute(found)
        return {(verdict, bool(waived)): number for verdict, waived, number in rows}

    def facts(self, night: Night, target: str, kind: str, resource: str) -> dict[str, Any]:
        """Return the facts of a resource as they were known in a run: facet → observation."""
        table, of = schema.fact_span, schema.resource
        rows = self.connection.execute(
            sa.select(table.c.facet, table.c.digest)
            .select_from(table.join(of, table.c.resource_id == of.c.id))
            .where(of.c.scope_id == self.scope_id, of.c.target == target, of.c.kind == kind)
            .where(of.c.key == resource, *self._holding(table, night))
        ).all()
        held = blobs.read(self.connection, (digest for _, digest in rows))
        return {facet: held[digest] for facet, digest in rows}

    def _stood(self, night: Night) -> sa.Select[Any]:
        table, of = schema.finding_span, schema.finding
        names = [of.c[name] for name in About._fields]
        return (
            sa.select(of.c.id, table.c.first, *spans.values_of(table), *names)
            .select_from(table.join(of, table.c.finding_id == of.c.id))
            .where(of.c.scope_id == self.scope_id, *self._holding(table, night))
        )

    def _standing(self, night: Night, found: sa.Select[Any]) -> list[Standing]:
        rows = self.connection.execute(found).all()
        details = self.details(night, [row[0] for row in rows])
        times, split = self._times, 2 + len(State._fields)
        return [
            Standing(
                About(*row[split:]), State(*row[2:split]), row[1], times.at(row[1]),
                details.get(row[0], {}),
            )
            for row in rows
        ]  # fmt: skip

    def details(self, night: Night, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        """Return why findings stood as they did in a run, by their ids in the store."""
        table = schema.detail_span
        digests: dict[int, bytes] = {}
        for some in spans.chunks(ids):
            rows = self.connection.execute(
                sa.select(table.c.finding_id, table.c.digest)
                .where(table.c.finding_id.in_(some), *self._holding(table, night))
            )  # fmt: skip
            digests.update((name, digest) for name, digest in rows)
        held = blobs.read(self.connection, digests.values())
        return {name: held[digest] for name, digest in digests.items()}

    def definitions(self, night: Night) -> Mapping[str, Any]:
        """Return the digests of all that a run's verdicts rest on, but for the facts.

        By name in ``documents``, ``policies``, ``controls``, ``kinds`` and ``versions``; and the
        digests ``config`` and ``clauses``.
        """
        found: Mapping[str, Any] = self._content(night, "definitions")
        return found

    def is_whole(self, night: Night) -> bool:
        """Tell whether all that stood in a run is still there: a prune takes out what is old."""
        return night.seq >= self._horizon

    def _content(self, night: Night, name: str) -> Any:
        self._check_whole(night)
        wanted = bytes.fromhex(night.body[name])
        return blobs.read(self.connection, [wanted])[wanted]

    def _holding(self, table: sa.Table, night: Night) -> tuple[sa.ColumnElement[bool], ...]:
        """Return the conditions for spans that hold in a run, all of which are still there."""
        self._check_whole(night)
        return _holding(table, night.seq)

    def _check_whole(self, night: Night) -> None:
        if not self.is_whole(night):
            text = f"run {night.id} was judged before what troth history prune keeps"
            raise UsageError(f"{text}: how things stood then was taken out; name a later run")

    @cached_property
    def _horizon(self) -> int:
        return chain.horizon(self.connection, self.scope_id)

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


def _asked(text: str) -> str:
    """Return a name from a command line as a database takes it, UTF-8 or not."""
    return storable(text.encode(errors="replace").decode())


def _known(connection: sa.Connection) -> str:
    listed = ", ".join(scopes(connection))
    return f"it has {listed}" if listed else "nothing was recorded yet: troth history record RUN"


def _covered(table: sa.Table, *, waived: bool) -> sa.ColumnElement[bool]:
    return table.c.waiver != "" if waived else table.c.waiver == ""


def _holding(table: sa.Table, seq: int) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.first <= seq, table.c.last >= seq


def _night(row: Any) -> Night:
    seq, name, as_of, body, digest = row
    return Night(seq, name, as_of, canonical.parse(body.encode()), digest)
