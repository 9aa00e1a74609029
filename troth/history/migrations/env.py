"""Alembic's entry: run the steps on the connection that :mod:`troth.history.migrate` opened."""

from __future__ import annotations

from alembic import context

from troth.history.migrate import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
