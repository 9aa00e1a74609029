"""Opening a store: what is made, what is refused, and with which words."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.history.conftest import NOW, Nights
from tests.history.world import World
from troth.history import schema
from troth.history.reading import History
from troth.history.recording import compared, record
from troth.history.store import Store, StoreError
from troth.history.verify import verify


def refused(url: str, *, create: bool = False) -> str:
    """Return the one line with which a store is refused."""
    with pytest.raises(StoreError) as caught:
        Store.open(url, create=create)
    text = str(caught.value)
    assert "\n" not in text
    assert "; " in text
    return text


def test_the_migrated_tables_are_those_of_the_schema(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "troth_version"})
        assert compare_metadata(context, schema.metadata) == []
        there = sa.inspect(connection)
        for table in schema.metadata.sorted_tables:
            name = str(table.name)
            indices = {str(one["name"]) for one in there.get_indexes(name)}
            assert {str(index.name) for index in table.indexes} <= indices
            keys = there.get_pk_constraint(name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]


def test_only_the_owner_may_read_a_file(tmp_path: Path, world: World) -> None:
    path = tmp_path / "deep" / "er" / "history.db"
    old = os.umask(0)
    try:
        with Store.open(f"sqlite:///{path}", create=True) as store:
            record(store, "main", world.night(), 0, NOW)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["history.db"]


def test_reading_writes_nothing(tmp_path: Path, world: World) -> None:
    path = tmp_path / "history.db"
    url = f"sqlite:///{path}"
    with Store.open(url, create=True) as store:
        record(store, "main", world.night(), 0, NOW)
    body, at = path.read_bytes(), path.stat().st_mtime_ns
    with Store.open(url) as store:
        with store.reading() as connection:
            assert len(History(connection, "main").nights()) == 1
        assert verify(store).problems == ()
        with pytest.raises(StoreError, match="readonly"):
            record(store, "main", world.night(), 0, NOW)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (body, at)


def test_a_store_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none" / "history.db"
    assert refused(f"sqlite:///{path}") == (
        f"{path}: there is no history; troth history record RUN begins one"
    )
    assert not path.parent.exists()


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    assert "Is a directory; name another place" in refused(f"sqlite:///{tmp_path}", create=True)


def test_a_file_in_the_place_of_its_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = refused(f"sqlite:///{tmp_path}/file/history.db", create=True)
    assert "; name another place in history: of troth.yaml" in text


def test_an_empty_file_is_told_to_hold_nothing_and_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.touch()
    assert "holds no history yet; troth history record RUN begins one" in refused(
        f"sqlite:///{path}"
    )
    with Store.open(f"sqlite:///{path}", create=True) as store:
        assert verify(store) == (0, "", ())


@pytest.mark.parametrize("create", [False, True])
def test_a_text_file_is_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes. " * 500)
    text = refused(f"sqlite:///{path}", create=create)
    assert text.startswith(f"{path} is damaged or no history: file is not a database; ")
    assert path.read_text() == "These are my notes. " * 500


@pytest.mark.parametrize("create", [False, True])
def test_a_database_of_another_program_is_refused_and_left_alone(
    tmp_path: Path, create: bool
) -> None:
    path = tmp_path / "photos.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (name)")
    connection.commit()
    connection.close()
    body = path.read_bytes()
    assert "is a database of another program; " in refused(f"sqlite:///{path}", create=create)
    assert path.read_bytes() == body


def test_a_file_that_was_cut_is_told(tmp_path: Path, world: World) -> None:
    path = tmp_path / "history.db"
    url = f"sqlite:///{path}"
    with Store.open(url, create=True) as store:
        record(store, "main", world.night(), 0, NOW)
    body = path.read_bytes()
    for size in (1, 100, 5000, len(body) // 2, len(body) - 4096):
        path.write_bytes(body[:size])
        with pytest.raises(StoreError, match="; ") as caught, Store.open(url) as store:
            assert verify(store).problems == ()
        assert "\n" not in str(caught.value)


def test_a_store_of_another_troth_is_refused(store: Store, url: str) -> None:
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE troth_version SET version_num = '0099'"))
    for create in (False, True):
        text = refused(url, create=create)
        assert "was made by another troth (form 0099, this one knows 0001)" in text
        assert "; use that one, or another store" in text


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/history"
    text = refused(url)
    assert text.startswith("postgresql://me:***@127.0.0.1:1/history cannot be used: ")
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "url",
    ["mysql://me:hunter2@host/history", "nothing:hunter2@", "postgresql://me:hunter2@host:x/y"],
)
def test_what_is_no_store_is_told_without_the_password(url: str) -> None:
    assert "hunter2" not in refused(url)


def test_an_empty_database_is_told_to_hold_nothing(url: str) -> None:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).touch()
    assert "holds no history yet; troth history record RUN begins one" in refused(url)


def test_a_run_that_is_recorded_twice_is_there_once(nights: Nights) -> None:
    account = nights.world.night()
    first = nights.record(account)
    again = nights.record(account)
    assert (first.known, again.known) == (False, True)
    assert (again.seq, again.head) == (first.seq, first.head)
    assert verify(nights.store).links == 1


def test_two_scopes_do_not_see_each_other(nights: Nights, tmp_path: Path) -> None:
    other = Nights(nights.store, World(tmp_path / "other"), "other")
    nights.passes()
    assert other.told() == []
    nights.world.people["hr"]["bob"] = "leave"
    assert nights.told() == [("new", "1", "staff/bob")]
    assert other.told() == []
    assert other.between("run-001", "run-002") == []
    assert verify(nights.store).problems == ()


def test_what_is_only_compared_is_not_recorded(nights: Nights) -> None:
    nights.passes()
    nights.world.people["hr"]["bob"] = "leave"
    head = verify(nights.store).head
    found = compared(nights.store, "main", nights.world.night(), NOW)
    assert [(event.change.value, event.resource) for event in found] == [("new", "staff/bob")]
    assert verify(nights.store) == (1, head, ())


def test_a_quiet_night_costs_little(tmp_path: Path, world: World) -> None:
    path = tmp_path / "history.db"
    world.people["hr"] |= {f"p{n}": "active" if n % 9 else "leave" for n in range(300)}
    with Store.open(f"sqlite:///{path}", create=True) as store:
        record(store, "main", world.night(), 0, NOW)
        sizes = []
        for _ in range(10):
            record(store, "main", world.night(), 0, NOW)
            sizes.append(path.stat().st_size)
    assert sizes[-1] - sizes[0] <= 9 * 4096
