"""Verify a whole history: the chain from its first link to its head, and all that it covers.

Memory holds what one night opened, never the whole history. What can be found is in
:mod:`troth.history.chain`; what cannot: that somebody who may write the store wrote all of it anew.
Only a head that was kept elsewhere shows that.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from troth.history import chain, contents, edited, schema
from troth.history.schema import OPEN
from troth.history.store import Store

#: How many links are read at once.
_PAGE = 50
#: How many problems are told one by one.
TOLD = 100

_STEP = "restore a copy of the history from before"


class Verified(NamedTuple):
    """What verifying came to: the number of links, the last one's digest, and what is wrong.

    Each problem is a sentence with the run's id and the next step; none means all is as recorded.
    """

    links: int
    head: str
    problems: tuple[str, ...]


class Link(NamedTuple):
    """A row of the chain, and its body as JSON, empty if that cannot be read."""

    seq: int
    scope: str
    scope_id: int
    sort: str
    id: str
    as_of: str
    text: str
    previous: str
    digest: str
    body: dict[str, Any]

    @property
    def named(self) -> str:
        """Return how messages call it."""
        word = "run" if self.sort == chain.RUN else "link"
        return f"{word} {self.id} (number {self.seq}, scope {self.scope})"


def verify(store: Store, head: str = "") -> Verified:
    """Return whether all of a store is as it was recorded.

    ``head`` is a digest that was kept elsewhere and has to be in the chain; nothing may have been
    taken out after it. Raises :class:`~troth.history.store.StoreError` if the store cannot be
    read, and :class:`~troth.errors.IntegrityError` if a text in it is none.
    """
    with store.reading() as connection:
        return verified(connection, head)


def verified(connection: sa.Connection, head: str = "") -> Verified:
    """Return what :func:`verify` returns, for a store that is open already."""
    if strange := [f"{text}; {_STEP}" for text in edited.ill_typed(connection)]:
        return Verified(0, "", tuple(strange[:TOLD]))
    walk = _Walk(connection, head)
    waiting = walk.problems()
    told = list(islice(waiting, TOLD))
    if any(True for _ in islice(waiting, 1)):
        told.append(f"there is more than these {TOLD} problems; {_STEP}")
    return Verified(walk.links, walk.head, tuple(told))


class _Walk:
    """Goes along the chain once."""

    def __init__(self, connection: sa.Connection, wanted: str) -> None:
        self._connection = connection
        self._wanted = wanted
        self.links = 0
        self.head = ""
        #: Scope → the number of the first run whose state is whole.
        self._horizons = _horizons(connection)
        #: Scope → the run before.
        self._since: dict[int, str] = {}

    def problems(self) -> Iterator[str]:
        found = self._wanted in ("", self.head)
        for link in links(self._connection):
            yield from self._place(link)
            yield from self._self(link)
            yield from self._content(link)
            if found and self._wanted and link.sort == chain.PRUNE:
                yield (
                    f"{link.named} took out what was old after the head {self._wanted}, which says"
                    " nothing of what is left: whoever took it out verifies with the head that"
                    f" prune printed; if it was nobody, {_STEP}"
                )
            self.links, self.head = self.links + 1, link.digest
            found = found or link.digest == self._wanted
        yield from self._end()
        if not found:
            yield (
                f"no run of the history has the head {self._wanted}: what was recorded up to it was"
                f" taken out or written anew; {_STEP}"
            )
        for problem in contents.problems(self._connection, self._horizons):
            yield f"{problem}; {_STEP}"

    def _place(self, link: Link) -> Iterator[str]:
        """Yield what is wrong with a link's number and the one that it names before it."""
        if link.seq != self.links + 1:
            yield f"before {link.named} number {self.links + 1} is missing; {_STEP}"
            self.links = link.seq - 1
        if link.previous != self.head:
            yield f"{link.named} does not follow the one before it; {_STEP}"

    def _self(self, link: Link) -> Iterator[str]:
        """Yield what is wrong with a link itself."""
        if link.digest != chain.link_digest(link.previous, link.text):
            yield f"{link.named} is not what its digest says: it was edited; {_STEP}"
        wanted = [(name, getattr(link, name)) for name in ("sort", "id", "as_of", "scope")]
        for name, value in wanted:
            if link.body.get(name) != value:
                yield f"{link.named}: its {name} was edited; {_STEP}"

    def _content(self, link: Link) -> Iterator[str]:
        """Yield what is wrong with what a link says of other tables."""
        if link.sort == chain.RUN:
            yield from self._run(link)
        elif link.scope_id in self._horizons and _horizon(link) == self._horizons[link.scope_id]:
            yield from self._prune(link)

    def _run(self, link: Link) -> Iterator[str]:
        since = self._since.get(link.scope_id, "")
        self._since[link.scope_id] = link.id
        if link.body.get("since") != since:
            yield f"{link.named} was not recorded after '{since}'; {_STEP}"
        horizon = self._horizons.get(link.scope_id, 0)
        covered = [("clauses", chain.clauses, "how the clauses stood")]
        if link.seq > horizon:
            covered.append(("closed", chain.closed, "what it ended"))
        if link.seq >= horizon:
            covered += [
                ("opened", chain.opened, "what began with it"),
                ("events", chain.events, "its events"),
            ]
            for name in schema.CONTENTS:
                if not contents.is_there(self._connection, str(link.body.get(name))):
                    yield f"{link.named}: the content of its {name} is missing; {_STEP}"
        for name, digest_of, words in covered:
            if digest_of(self._connection, link.seq) != link.body.get(name):
                yield f"{link.named}: {words} is not what was recorded; {_STEP}"

    def _prune(self, link: Link) -> Iterator[str]:
        horizon = self._horizons[link.scope_id]
        kept = chain.kept(self._connection, link.scope_id, horizon)
        if kept != link.body.get("kept"):
            text = f"{link.named}: what it kept from before number {horizon}"
            yield f"{text} is not what was recorded; {_STEP}"

    def _end(self) -> Iterator[str]:
        rows = self._connection.execute(sa.select(schema.store)).all()
        if len(rows) != 1:
            yield f"where the history ends is noted {len(rows)} times instead of once; {_STEP}"
            return
        row = rows[0]
        if (row.head, row.length) != (self.head, self.links):
            yield (
                f"the history ends with number {self.links}, but number {row.length} was recorded:"
                f" the last runs were taken out or added; {_STEP}"
            )


def links(connection: sa.Connection, sort: str = "") -> Iterator[Link]:
    """Yield the links of a store, or those of one sort, in the order of their numbers."""
    table, scope = schema.run, schema.scope
    names = ("sort", "id", "as_of", "body", "previous", "digest")
    found = (
        sa.select(table.c.seq, scope.c.name, table.c.scope_id, *(table.c[name] for name in names))
        .select_from(table.outerjoin(scope, table.c.scope_id == scope.c.id))
        .order_by(table.c.seq)
        .limit(_PAGE)
    )
    found = found.where(table.c.sort == sort) if sort else found
    after = -OPEN
    while rows := connection.execute(found.where(table.c.seq > after)).all():
        for row in rows:
            seq, name, scope_id, sort, run, as_of, text, previous, digest = row
            yield Link(
                seq,
                name or "",
                scope_id,
                sort,
                run,
                as_of,
                text,
                previous,
                digest,
                edited.body_of(text),
            )
        after = rows[-1][0]


def _horizon(link: Link) -> int | None:
    """Return the number that a link of a removal calls its horizon."""
    found = link.body.get("horizon")
    seq = found.get("seq") if isinstance(found, dict) else None
    return seq if isinstance(seq, int) else None


def _horizons(connection: sa.Connection) -> dict[int, int]:
    """Return the horizon of every scope that was pruned."""
    found = ((link.scope_id, _horizon(link)) for link in links(connection, chain.PRUNE))
    return {scope_id: seq for scope_id, seq in found if seq is not None}
