"""The first form of the tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_EVENT = (
    "change", "text", "policy", "clause", "control", "finding", "target", "kind", "resource",
    "severity", "before", "now",
)  # fmt: skip


def upgrade() -> None:
    """Make all tables, and the one row that writers lock."""
    _of_runs()
    _of_subjects()
    _of_spans()
    _of_events()
    store = sa.table("troth_store", *map(sa.column, ("id", "head", "length")))
    op.bulk_insert(store, [{"id": 1, "head": "", "length": 0}])


def _of_runs() -> None:
    op.create_table("troth_store", _id(auto=True), _text("head"), _number("length"))
    op.create_table("troth_scope", _id(), _text("name"), sa.UniqueConstraint("name"))
    op.create_table(
        "troth_run",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        _scope(),
        *map(_text, ("sort", "id", "as_of", "body", "previous", "digest")),
        sa.UniqueConstraint("scope_id", "id"),
    )
    op.create_table(
        "troth_blob",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def _of_subjects() -> None:
    op.create_table(
        "troth_resource",
        _id(), _scope(), sa.Column("hash", sa.LargeBinary(32), nullable=False),
        *map(_text, ("target", "checker", "partition", "kind", "key")),
        sa.UniqueConstraint("scope_id", "hash"),
    )  # fmt: skip
    op.create_table(
        "troth_listing",
        _id(), _scope(),
        *map(_text, ("target", "checker", "partition", "kind")),
        sa.UniqueConstraint("scope_id", "target", "checker", "partition"),
    )  # fmt: skip
    names = ("key", "policy", "clause", "binding", "control", "part", "kind", "target", "resource")
    op.create_table(
        "troth_finding",
        _id(), _scope(), *map(_text, names), sa.UniqueConstraint("scope_id", "key"),
    )  # fmt: skip
    op.create_table(
        "troth_clause",
        _id(), _scope(), *map(_text, ("policy", "clause")),
        sa.UniqueConstraint("scope_id", "policy", "clause"),
    )  # fmt: skip


def _of_spans() -> None:
    digest = sa.LargeBinary(32)
    _spans("resource_span", "resource")
    facet = sa.Column("facet", sa.Text, primary_key=True)
    _spans("fact_span", "resource", sa.Column("digest", digest, nullable=False), more=(facet,))
    _spans("listing_span", "listing", _text("reason"))
    looked = sa.Column("looked", sa.Boolean, nullable=False)
    said = map(_text, ("verdict", "reason", "waiver", "severity"))
    _spans("finding_span", "finding", *said, looked)
    _spans("detail_span", "finding", sa.Column("digest", digest, nullable=False))
    _spans("clause_span", "clause", _text("state"))


def _of_events() -> None:
    op.create_table(
        "troth_event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        *map(_text, _EVENT),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "troth_told",
        sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        _number("seq"),
        _text("at"),
    )


def _spans(
    name: str, of: str, *columns: sa.Column[Any], more: tuple[sa.Column[str], ...] = ()
) -> None:
    op.create_table(
        f"troth_{name}",
        sa.Column(f"{of}_id", sa.Integer, sa.ForeignKey(f"troth_{of}.id"), primary_key=True),
        *more,
        sa.Column("first", sa.Integer, primary_key=True),
        _number("last"),
        *columns,
        sqlite_with_rowid=False,
    )
    op.create_index(f"troth_{name}_first", f"troth_{name}", ["first"])
    op.create_index(f"troth_{name}_last", f"troth_{name}", ["last"])


def _id(*, auto: bool = False) -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=auto)


def _scope() -> sa.Column[int]:
    return sa.Column("scope_id", sa.Integer, sa.ForeignKey("troth_scope.id"), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)
