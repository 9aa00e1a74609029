"""The tables of the history: runs in a chain, and spans of what held from one run to a later one.

A span is closed interval of run numbers, ``first`` to ``last``; one that still holds ends at
:data:`OPEN`. Only what changed is written, so a quiet night costs one row. Numbers of runs count
over the whole store; every run belongs to one scope. Texts of scanned systems may have any length,
so they are in no index: their digest is. All names begin with ``troth_``, for a shared database.

Changing a table takes a migration (``troth/history/migrations``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

#: Where a span ends that still holds.
OPEN = 2**31 - 1

metadata = sa.MetaData()


def _spans(name: str, of: str, *columns: sa.Column[Any], more: tuple[str, ...] = ()) -> sa.Table:
    """Return a table of spans of ``of``, looked up by what it is about and by either end."""
    owner: sa.Column[int] = sa.Column(
        f"{of}_id", sa.Integer, sa.ForeignKey(f"troth_{of}.id"), primary_key=True
    )
    keys = [sa.Column(key, sa.Text, primary_key=True) for key in more]
    return sa.Table(
        f"troth_{name}", metadata, owner, *keys,
        sa.Column("first", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
        *columns,
        sa.Index(f"troth_{name}_first", "first"),
        sa.Index(f"troth_{name}_last", "last"),
        sqlite_with_rowid=False,
    )  # fmt: skip


#: One row, locked by whoever writes.
store = sa.Table(
    "troth_store", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("head", sa.Text, nullable=False),
    sa.Column("length", sa.Integer, nullable=False),
)  # fmt: skip

scope = sa.Table(
    "troth_scope", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),
)  # fmt: skip

#: The chain: a link per recorded run (``sort`` run) and per removal of old spans (``sort`` prune).
run = sa.Table(
    "troth_run", metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), nullable=False),
    sa.Column("sort", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("as_of", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.UniqueConstraint("scope_id", "id"),
)  # fmt: skip

#: Content by its SHA-256: canonical JSON, compressed with zlib.
blob = sa.Table(
    "troth_blob", metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

#: ``hash`` is of target, checker, partition and key: a key may be too long for an index.
resource = sa.Table(
    "troth_resource", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), nullable=False),
    sa.Column("hash", sa.LargeBinary(32), nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("checker", sa.Text, nullable=False),
    sa.Column("partition", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.UniqueConstraint("scope_id", "hash"),
)  # fmt: skip

resource_span = _spans("resource_span", "resource")
fact_span = _spans(
    "fact_span", "resource", sa.Column("digest", sa.LargeBinary(32), nullable=False),
    more=("facet",),
)  # fmt: skip

listing = sa.Table(
    "troth_listing", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("checker", sa.Text, nullable=False),
    sa.Column("partition", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.UniqueConstraint("scope_id", "target", "checker", "partition"),
)  # fmt: skip

#: ``reason`` is empty for a complete list, else why it is not.
listing_span = _spans("listing_span", "listing", sa.Column("reason", sa.Text, nullable=False))

finding = sa.Table(
    "troth_finding", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("clause", sa.Text, nullable=False),
    sa.Column("binding", sa.Text, nullable=False),
    sa.Column("control", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.UniqueConstraint("scope_id", "key"),
)  # fmt: skip

#: ``looked`` is false where nobody could look and the span is kept open as unknown.
finding_span = _spans(
    "finding_span", "finding",
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("waiver", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("looked", sa.Boolean, nullable=False),
)  # fmt: skip

#: What was expected and found where a finding is not a pass.
detail_span = _spans(
    "detail_span", "finding", sa.Column("digest", sa.LargeBinary(32), nullable=False)
)

clause = sa.Table(
    "troth_clause", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("clause", sa.Text, nullable=False),
    sa.UniqueConstraint("scope_id", "policy", "clause"),
)  # fmt: skip

#: ``state`` is kept, broken, waived, unknown or not-applicable; or ``kept, unmended``.
clause_span = _spans("clause_span", "clause", sa.Column("state", sa.Text, nullable=False))

event = sa.Table(
    "troth_event", metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    *[
        sa.Column(name, sa.Text, nullable=False)
        for name in (
            "change", "text", "policy", "clause", "control", "finding", "target", "kind",
            "resource", "severity", "before", "now",
        )
    ],
    sqlite_with_rowid=False,
)  # fmt: skip

#: Up to which run each channel was told of changes.
told = sa.Table(
    "troth_told", metadata,
    sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)  # fmt: skip

#: The members of a run's link that name content by its digest.
CONTENTS = ("promises", "endings", "definitions")

#: Every table of spans with what it is about, in the order in which the chain covers them.
SPANS = (
    (resource_span, resource),
    (fact_span, resource),
    (listing_span, listing),
    (finding_span, finding),
    (detail_span, finding),
    (clause_span, clause),
)
