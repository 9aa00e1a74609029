"""The doctor tells what would keep a night from being recorded or told, and leaves no trace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.history.server import Server
from tests.nightly.conftest import SECRET, Nightly
from tests.notify.receiver import Receiver


def leaves(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file below a folder: when it was written, and what is in it."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def lines(nightly: Nightly, code: int) -> list[str]:
    """Return what the doctor says of the history, the channels and the switch."""
    nightly.world._write()
    before = leaves(nightly.base)
    said = nightly.troth("doctor")
    assert leaves(nightly.base) == before
    assert said.code == code, said.out
    assert SECRET not in said.out + said.err
    words = ("history:", "notify:", "ping:")
    return [line for line in said.out.splitlines() if line[5:].startswith(words)]


def test_a_store_that_is_not_there_is_not_made(nightly: Nightly) -> None:
    path = nightly.base / "history.db"
    (line,) = lines(nightly, 0)
    assert line == f"ok   history: {path}, scope main: the first run makes it"
    nightly.night()
    (line,) = lines(nightly, 0)
    assert line == f"ok   history: {path}, scope main"


def test_a_store_in_a_folder_that_is_not_there_is_not_made_either(nightly: Nightly) -> None:
    nightly.world.more["history"] = {"store": "deep/er/history.db", "scope": "x"}
    (line,) = lines(nightly, 0)
    assert line.endswith("deep/er/history.db, scope x: the first run makes it")
    assert not (nightly.base / "deep").exists()
    assert nightly.night().code == 0


@pytest.mark.parametrize("form", ["a folder", "below a file"])
def test_a_place_where_no_store_can_be_is_told(nightly: Nightly, form: str) -> None:
    if form == "a folder":
        (nightly.base / "history.db").mkdir()
    else:
        (nightly.base / "file").write_text("in the way")
        nightly.world.more["history"] = {"store": "file/history.db"}
    (line,) = lines(nightly, 2)
    assert line.startswith("BAD  history: ")
    assert line.endswith("it cannot be made there; name another place in history:")
    assert nightly.night().code == 2


def test_a_damaged_store_is_told(nightly: Nightly) -> None:
    (nightly.base / "history.db").write_bytes(b"no database, only some bytes")
    (line,) = lines(nightly, 2)
    assert line.startswith(f"BAD  history: {nightly.base}/history.db is damaged or no history: ")


def test_a_database_without_tables_is_left_so_and_one_that_is_away_is_told(
    nightly: Nightly, postgres: Server
) -> None:
    import psycopg

    url = nightly.world.more["history"]["store"] = postgres.database()
    (line,) = lines(nightly, 0)
    assert line.endswith(", scope main: the first run makes its tables")
    with psycopg.connect(url) as connection:
        found = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(found).fetchone() == (0,)
    assert nightly.night().code == 0
    (line,) = lines(nightly, 0)
    assert line.endswith(", scope main")
    nightly.world.more["history"]["store"] = "postgresql://me@127.0.0.1:1/none"
    (line,) = lines(nightly, 2)
    assert line.startswith("BAD  history: postgresql://me@127.0.0.1:1/none cannot be used: ")


def test_channels_and_the_switch_are_looked_at_and_nothing_is_sent(
    nightly: Nightly, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly.world.more["ping"] = "TROTH_PING"
    monkeypatch.setenv("TROTH_PING", os.environ["TROTH_HOOK"])
    assert [line[:4] for line in lines(nightly, 0)] == ["ok  "]
    monkeypatch.setenv("TROTH_PING", f"http://other.example/{SECRET}")
    nightly.world.more["notify"].append({"url": "TROTH_CHAT", "through": "apprise"})
    assert lines(nightly, 2)[1:] == [
        "BAD  notify: TROTH_CHAT: it is not set; put the URL into this environment variable",
        "BAD  ping: TROTH_PING: it is a URL of plain http to another machine; use https",
    ]
    assert hook.requests == []


def test_channels_without_a_history_are_told(nightly: Nightly, hook: Receiver) -> None:
    del nightly.world.more["history"]
    (line,) = lines(nightly, 2)
    assert line == ("BAD  notify: tells what changed since the last run on record; add history:")
    assert hook.requests == []
