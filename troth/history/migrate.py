"""Make the tables of a store, or bring those of an older troth to today's form (Alembic)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

#: The table that says which form the others have.
VERSION_TABLE = "troth_version"


def upgrade(engine: sa.Engine) -> None:
    """Migrate to the newest form, all of it or nothing."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":  # two that begin at once: one after the other
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('troth'))"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
