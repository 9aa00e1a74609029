"""The store is away, or the process ends before it was asked: the next check records it first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.history.server import Server, running
from tests.history.world import FAIL, PASS
from tests.nightly.conftest import Nightly, Said, told
from tests.notify.receiver import Receiver
from tests.unattended.conftest import Nursery
from troth.errors import IntegrityError
from troth.history import arrears, keeping

NEW = ("--fail-on", "new")
WhileLooking = Callable[[Callable[[], object]], Receiver]


def open_to_all(server: Server, url: str, *, yes: bool) -> None:
    """Let a database take connections, or end those that there are and take none."""
    name = url.removeprefix("postgresql://postgres@/").partition("?")[0]
    server.execute("postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS {yes}")
    if not yes:
        of = f"FROM pg_stat_activity WHERE datname = '{name}'"
        server.execute("postgres", f"SELECT pg_terminate_backend(pid) {of}")


def not_recorded(said: Said, why: str) -> None:
    """Require that a run was kept and noted, and that this was said."""
    (told,) = said.events("not recorded")
    assert why in told["message"]
    assert told["message"].endswith("; the run is kept and is recorded with the next one")
    assert told["level"] == "error"
    if said.code == 3:
        assert said.meaning == "the run could not be recorded, so what is new is not known"


def test_while_postgresql_is_away_runs_are_kept_and_recorded_in_order_when_it_is_back(
    nightly: Nightly, postgres: Server, hook: Receiver
) -> None:
    url = nightly.world.more["history"]["store"] = postgres.database()
    first = nightly.night(*NEW)
    open_to_all(postgres, url, yes=False)
    nightly.world.people["hr"]["bob"] = FAIL
    second = nightly.night(*NEW)
    third = nightly.night("--fail-on", "low")
    assert [first.code, second.code, third.code] == [0, 3, 1]
    for said in (second, third):
        (before,) = said.events("history not reachable")
        assert before["level"] == "warning"
        assert said.err.index("history not reachable") < said.err.index("run started")
        not_recorded(said, "cannot be used: ")
    assert nightly.noted() == [[3, second.run], [1, third.run]]
    assert hook.requests == []
    open_to_all(postgres, url, yes=True)
    fourth = nightly.night(*NEW)
    # Nobody heard that it is newly broken, until now.
    assert fourth.code == 1
    assert [one["run"] for one in fourth.events("recorded late")] == [second.run, third.run]
    assert told(hook) == [[("new", "1", "staff/bob")]]
    assert [one["changes"] for one in fourth.events("recorded")] == [1]
    assert nightly.recorded(url=url) == [
        (first.run, 0), (second.run, 3), (third.run, 1), (fourth.run, 1),
    ]  # fmt: skip
    assert nightly.noted() == []
    assert nightly.night(*NEW).code == 0
    nightly.verified()


def test_a_server_that_was_stopped_hides_no_broken_promise(nightly: Nightly) -> None:
    with running() as server:
        nightly.world.more["history"]["store"] = server.database()
        assert nightly.night(*NEW).code == 0
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night(*NEW)
    assert said.code == 3
    not_recorded(said, "cannot be used: ")
    assert (nightly.runs / said.run / "run.json").exists()
    assert nightly.noted() == [[3, said.run]]
    assert nightly.night().code == 1


def test_a_store_that_is_damaged_while_looking_gets_the_run_when_it_was_restored(
    nightly: Nightly, while_looking: WhileLooking
) -> None:
    store, copy = nightly.base / "history.db", nightly.base / "copy.db"
    nightly.night()
    shutil.copy(store, copy)
    to = while_looking(lambda: store.write_bytes(b"no database"))
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night(*NEW)
    assert said.code == 3
    not_recorded(said, "is damaged or no history: ")
    to.requests = []
    # Damaged, and not away: no night cures that, so it is told before anything is looked at.
    refused = nightly.night(*NEW)
    assert refused.code == 2
    assert refused.events("error")[0]["message"].endswith("; restore a copy of it")
    assert not refused.events("run started")
    assert nightly.noted() == [[3, said.run]]
    shutil.copy(copy, store)
    last = nightly.night(*NEW)
    assert last.code == 1
    assert [name for name, _ in nightly.recorded()][1:] == [said.run, last.run]
    nightly.verified()


def test_what_broke_and_was_mended_while_the_store_was_away_is_told_and_not_counted(
    nightly: Nightly, postgres: Server, hook: Receiver
) -> None:
    url = nightly.world.more["history"]["store"] = postgres.database()
    people = nightly.world.people["hr"]
    nightly.night()
    open_to_all(postgres, url, yes=False)
    people["bob"] = FAIL
    nightly.night()
    open_to_all(postgres, url, yes=True)
    people["bob"] = PASS
    assert nightly.night(*NEW).code == 0
    assert told(hook) == [[("new", "1", "staff/bob"), ("fixed", "1", "staff/bob")]]


def test_a_run_over_some_clauses_is_not_said_to_be_recorded_later(
    nightly: Nightly, postgres: Server
) -> None:
    url = nightly.world.more["history"]["store"] = postgres.database()
    nightly.night()
    open_to_all(postgres, url, yes=False)
    said = nightly.night(*NEW, "--clause", "acme/1")
    assert said.code == 3
    assert said.events("not recorded")[0]["message"].endswith("; the run is kept")
    assert nightly.noted() == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_was_saved_by_a_process_that_is_gone_is_recorded_once(
    nightly: Nightly, monkeypatch: pytest.MonkeyPatch, hook: Receiver, moment: str
) -> None:
    """Killed before it was recorded, or after that and before it was struck out."""
    nightly.night()
    nightly.world.people["hr"]["bob"] = FAIL
    with monkeypatch.context() as patch:
        if moment == "before":
            patch.setattr(keeping, "keep", _gone)
            patch.setattr(arrears, "note", _only_at_first(arrears.note))
        else:
            patch.setattr(arrears, "strike", _gone)
        second = nightly.night(*NEW)
    assert second.code == 70
    assert [row[1] for row in nightly.noted()] == [second.run]
    third = nightly.night(*NEW)
    assert third.code == 1
    runs = nightly.recorded()
    assert [name for name, _ in runs][1:] == [second.run, third.run]
    # Nobody saw the end of the second: what its results alone ask for is what stands there.
    assert [code for _, code in runs] == [0, 1, 1]
    assert nightly.noted() == []
    assert told(hook) == [[("new", "1", "staff/bob")]]


def _gone(*_: object, **__: object) -> None:
    raise ZeroDivisionError("the process is gone")


def _only_at_first(note: Callable[..., None]) -> Callable[..., None]:
    def noted(runs: object, folder: object, code: int | None) -> None:
        if code is not None:
            _gone()
        note(runs, folder, code)

    return noted


def test_a_run_that_was_cut_off_before_it_was_saved_is_none_and_is_no_error(
    nightly: Nightly,
) -> None:
    nightly.night()
    (nightly.runs / "cut" / "observations").mkdir(parents=True)
    (nightly.runs / "cut" / "unfinished.json").write_text("{}")
    arrears.note(nightly.runs, nightly.runs / "cut", None)
    arrears.note(nightly.runs, nightly.runs / "never-begun", None)
    said = nightly.night()
    assert said.code == 0
    assert not said.events("not recorded")
    assert len(nightly.recorded()) == 2
    assert nightly.noted() == []


def waiting(nightly: Nightly) -> Said:
    """Return a run that waits to be recorded."""
    url = nightly.world.more["history"].pop("store")
    nightly.world.more["history"]["store"] = "postgresql://nobody@127.0.0.1:1/none"
    said = nightly.night()
    assert said.code == 3
    nightly.world.more["history"]["store"] = url
    assert nightly.noted() == [[3, said.run]]
    return said


def _delete(nightly: Nightly, run: str) -> None:
    shutil.rmtree(nightly.runs / run)


def _edit(nightly: Nightly, run: str) -> None:
    path = nightly.runs / run / "findings.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"pass"', b'"fail"'))


def _cut(nightly: Nightly, run: str) -> None:
    path = nightly.runs / run / "run.json"
    body = json.loads(path.read_text())
    del body["versions"]
    path.write_text(json.dumps(body))


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        (_delete, "run.json: No such file or directory; this is not a whole run folder"),
        (_edit, "findings.jsonl was changed after the run"),
        (_cut, "run.json: there is no 'versions'; the run was changed or cut off"),
    ],
    ids=["deleted", "edited", "without a key"],
)
def test_a_noted_run_that_is_gone_or_changed_is_told_once_and_keeps_no_other_from_the_history(
    nightly: Nightly, deed: Callable[[Nightly, str], None], why: str
) -> None:
    nightly.night()
    lost = waiting(nightly)
    deed(nightly, lost.run)
    said = nightly.night()
    (told,) = said.events("not recorded")
    assert f"{why}; it will be missing in the history" in told["message"]
    assert told["run"] == lost.run
    assert len(nightly.recorded()) == 2
    assert nightly.noted() == []
    assert not nightly.night().events("not recorded")
    nightly.verified()


WRONG = {
    "no JSON": b"[3,\n",
    "no row": b"5\n",
    "no name": b'[3,"a"]\n[3]\n',
    "no number": b'["3","a"]\n',
    "no text": b"[3,4]\n",
    "a NUL": b'[3,"a\\u0000"]\n',
    "yes": b'[true,"a"]\n',
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_note_that_is_not_ours_is_told_with_the_next_step(nightly: Nightly, body: bytes) -> None:
    nightly.runs.mkdir(exist_ok=True)
    path = nightly.runs / ".unrecorded"
    path.write_bytes(body)
    with pytest.raises(IntegrityError, match="take that file away, then record the runs since"):
        arrears.owed(nightly.runs)
    with pytest.raises(IntegrityError, match="take that file away"):
        arrears.note(nightly.runs, nightly.runs / "a", 0)
    assert path.read_bytes() == body


def test_with_a_damaged_note_the_run_is_kept_and_nothing_is_recorded_until_it_is_taken_away(
    nightly: Nightly,
) -> None:
    first = nightly.night()
    path = nightly.runs / ".unrecorded"
    path.write_bytes(b"5\n")
    said = nightly.night()
    assert said.code == 3
    (told,) = said.events("not recorded")
    assert told["message"] == (
        f"{path}:1 is not what a check notes of a run; take that file away, then record the "
        "runs since: troth history record RUN...; the run is kept"
    )
    assert [name for name, _ in nightly.recorded()] == [first.run]
    path.unlink()
    assert nightly.troth("history", "record", first.run, said.run).code == 0
    assert [name for name, _ in nightly.recorded()] == [first.run, said.run]
    assert nightly.night().code == 0


def test_two_folders_that_share_a_scope_on_postgresql_are_both_recorded(
    nightly: Nightly, postgres: Server, while_looking: WhileLooking, nursery: Nursery
) -> None:
    """The second looks and records while the first looks; each has a lock of its own."""
    url = nightly.world.more["history"]["store"] = postgres.database()
    nightly.night()
    other = nightly.base.parent / "other"
    shutil.copytree(nightly.base, other, ignore=shutil.ignore_patterns("runs"))
    codes = []

    def second() -> None:
        same = nightly.world.as_of - timedelta(days=1)  # the world counts the night that runs
        at = ("--as-of", same.isoformat())
        for more in ([], ["--scope", "else"]):
            codes.append(nursery.start(other, "check", "-q", *at, *more).wait())

    while_looking(second)
    assert nightly.night().code == 0
    assert codes == [0, 0]
    assert (len(nightly.recorded(url=url)), len(nightly.recorded("else", url))) == (3, 1)
    nightly.verified()
