"""A store that cannot be read is a page that says so; nothing is ever written to one."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.history.world import World
from tests.report.html.pages import Read
from tests.serve import nights
from tests.serve.served import Site, running

Spoil = Callable[[Path], None]


def _missing(path: Path) -> None:
    path.unlink()


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("Dear diary, today nothing was recorded. " * 500)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _zeroed(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[8192:] = bytes(len(whole) - 8192)
    path.write_bytes(whole)


def _statement(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as plain, plain:
        for statement in statements:
            plain.execute(statement)


def _foreign(path: Path) -> None:
    path.unlink()
    _statement(path, "CREATE TABLE diary (day TEXT)")


def _newer(path: Path) -> None:
    _statement(path, "UPDATE troth_version SET version_num = '9999'")


def _no_runs(path: Path) -> None:
    _statement(path, "PRAGMA foreign_keys = OFF", "DELETE FROM troth_run")


def _no_table(path: Path) -> None:
    _statement(path, "DROP TABLE troth_clause_span")


def _body(path: Path) -> None:
    _statement(path, "UPDATE troth_run SET body = '{'")


def _lacking(path: Path) -> None:
    _statement(path, "UPDATE troth_run SET body = '{}'")


def _no_blobs(path: Path) -> None:
    _statement(path, "DELETE FROM troth_blob")


def _edited_blobs(path: Path) -> None:
    with closing(sqlite3.connect(path)) as plain, plain:
        for digest, body in plain.execute("SELECT digest, body FROM troth_blob").fetchall():
            text = zlib.decompress(body).replace(b"Promise", b"Premise")
            plain.execute(
                "UPDATE troth_blob SET body = ? WHERE digest = ?", (zlib.compress(text), digest)
            )


def _odd_time(path: Path) -> None:
    _statement(path, "UPDATE troth_run SET as_of = 'yesterday'")


def _odd_state(path: Path) -> None:
    _statement(path, "UPDATE troth_clause_span SET state = 'fine'")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_missing, "there is no history; troth history record RUN begins one"),
        (_nothing, "holds no history yet; troth history record RUN begins one"),
        (_text, "is damaged or no history"),
        (_folder, "history.db"),
        (_half, "history.db"),
        (_zeroed, "history.db"),
        (_foreign, "is a database of another program"),
        (_newer, "was made by another troth (form 9999"),
        (_no_runs, "nothing was recorded yet; troth history record RUN does it"),
        (_no_table, "history.db"),
        (_body, "was edited: the link with number 1 is not what its digest says"),
        (_lacking, "was edited: the link with number 1 is not what its digest says"),
        (_no_blobs, "the history lacks the content sha256:"),
        (_edited_blobs, "was changed in the history; restore a copy of it"),
        (_odd_time, "does not fit together; troth history verify tells more"),
    ],
    ids=lambda one: one.__name__.strip("_") if callable(one) else "",
)
def test_it_is_said_in_a_page_and_mended_by_a_copy(own: Path, spoil: Spoil, said: str) -> None:
    copy = own.read_bytes()
    with running(f"sqlite:///{own}") as site:
        assert site.ask("/").status == 200
        spoil(own)
        answer = site.ask("/")
        assert answer.status == 503
        page = Read(answer.body)
        assert "The history cannot be read now" in page.words
        assert said in page.words
        assert {"href": "/"} in page.all("a")
        assert "Traceback" not in answer.body
        assert "sqlalchemy" not in answer.body.lower()
        assert answer.headers["cache-control"] == "no-store"
        if own.is_dir():
            own.rmdir()
        own.write_bytes(copy)
        assert site.ask("/").status == 200, "nothing has to be started again"
        code, _ = site.end()
        assert code == 0


EVERY = (
    "/", "/runs", "/runs/run-001", "/endings", "/documents/acme", "/documents/acme/1",
    "/findings/f-x", "/runs/latest",
)  # fmt: skip


def test_no_page_of_a_damaged_store_is_a_traceback(own: Path) -> None:
    with running(f"sqlite:///{own}") as site:
        for spoil in (_odd_time, _odd_state, _lacking, _no_blobs, _no_table, _zeroed):
            copy = own.read_bytes()
            spoil(own)
            for path in EVERY:
                answer = site.ask(path)
                assert answer.status in (200, 404, 503), (spoil, path)
                assert "Traceback" not in answer.body
            own.write_bytes(copy)


def test_a_scope_that_is_not_there_is_told_with_those_that_are(own: Path) -> None:
    with running(f"sqlite:///{own}", "--scope", "other") as site:
        answer = site.ask("/")
        assert answer.status == 503
        assert "the history has no scope 'other'; it has main" in Read(answer.body).words


def test_a_writer_who_holds_the_file_is_not_waited_for(own: Path) -> None:
    with running(f"sqlite:///{own}") as site, closing(sqlite3.connect(own)) as writer:
        writer.isolation_level = None
        writer.execute("BEGIN EXCLUSIVE")
        answer = site.ask("/")
        assert answer.status == 503
        assert "is being written; load this again" in Read(answer.body).words
        writer.execute("ROLLBACK")
        assert site.ask("/").status == 200


def test_a_writer_who_has_not_saved_yet_disturbs_nobody(own: Path) -> None:
    with running(f"sqlite:///{own}") as site, closing(sqlite3.connect(own)) as writer:
        writer.isolation_level = None
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM troth_event")
        assert site.ask("/").status == 200
        writer.execute("ROLLBACK")


def test_a_reader_of_a_page_holds_up_no_writer(own: Path) -> None:
    with running(f"sqlite:///{own}") as site:
        assert site.ask("/").status == 200
        with closing(sqlite3.connect(own, timeout=0)) as writer:
            writer.isolation_level = None
            writer.execute("BEGIN EXCLUSIVE")
            writer.execute("ROLLBACK")


def test_the_next_night_is_there_without_starting_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    url = nights.told(nights.at(tmp_path), world, nights.STORY[0])
    with running(url) as site:
        assert "Every promise is kept" in site.ask("/").body
        nights.told(url, world, nights.STORY[1])
        assert "1 of 2 promises is broken" in Read(site.ask("/").body).words


def _crawled(site: Site) -> int:
    seen: set[str] = set()
    waiting = ["/", "/nowhere", "/runs/nobody"]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            page = site.ask(path).body
            found = [one["href"] for one in Read(page).all("a")] if page.startswith("<!") else []
            waiting += [name for name in found if name.startswith("/")]
    return len(seen)


def test_reading_every_page_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    url = nights.story(tmp_path)
    path = tmp_path / "history.db"
    before = hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns
    with running(url) as site:
        assert _crawled(site) > 15
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before
    assert {one.name for one in tmp_path.iterdir()} == {"history.db", "workspace"}


def test_a_password_of_the_store_is_on_no_page() -> None:
    url = "postgresql://reader:hunter2@127.0.0.1:1/history?connect_timeout=2"
    with running(url) as site:
        answer = site.ask("/")
        assert answer.status == 503
        assert "cannot be used" in answer.body
        assert "hunter2" not in answer.body
        code, err = site.end()
    assert code == 0
    assert "hunter2" not in "".join([err, *site.before])
