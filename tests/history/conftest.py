"""The same tests on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.history import server
from tests.history.world import World
from troth.history import diff
from troth.history.changes import Change, Event
from troth.history.reading import History
from troth.history.recording import Recorded, record
from troth.history.store import Store
from troth.report.account import Account

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[server.Server]:
    """Return a running PostgreSQL server."""
    with server.running() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a store that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    made: server.Server = request.getfixturevalue("postgres")
    return made.database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Return an empty store."""
    with Store.open(url, create=True) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return an estate in which every promise is kept."""
    return World(tmp_path)


class Nights:
    """Lets nights pass in a world and records them."""

    def __init__(self, store: Store, world: World, scope: str = "main") -> None:
        self.store, self.world, self.scope = store, world, scope

    def record(self, account: Account, exit_code: int = 0) -> Recorded:
        """Record a run."""
        return record(self.store, self.scope, account, exit_code, NOW)

    def passes(self, **options: Any) -> list[Event]:
        """Let a night pass and return its events."""
        made = self.record(self.world.night(**options))
        with self.store.reading() as connection:
            return History(connection, self.scope).events(made.seq - 1, made.seq)

    def told(self, **options: Any) -> list[tuple[str, str, str]]:
        """Let a night pass and return change, clause (or policy) and resource of its events."""
        return brief(self.passes(**options))

    def between(self, old: str, new: str) -> list[tuple[str, str, str]]:
        """Return what a comparison of two recorded nights tells."""
        with self.store.reading() as connection:
            history = History(connection, self.scope)
            return brief(diff.between(history, history.night(old), history.night(new)).events)


def brief(events: Any) -> list[tuple[str, str, str]]:
    """Return change, clause (or policy) and resource of events."""
    return [(event.change.value, event.clause or event.policy, event.resource) for event in events]


@pytest.fixture
def nights(store: Store, world: World) -> Nights:
    """Return an empty history of a world."""
    return Nights(store, world)


def changes(events: list[Event]) -> set[Change]:
    """Return which changes there are."""
    return {event.change for event in events}


Counted = Callable[[], dict[str, int]]


@pytest.fixture
def rows(store: Store) -> Counted:
    """Return a function that counts the rows of every table."""
    import sqlalchemy as sa

    from troth.history import schema

    def count() -> dict[str, int]:
        with store.reading() as connection:
            return {
                str(table.name): connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar_one()
                for table in schema.metadata.sorted_tables
            }

    return count
