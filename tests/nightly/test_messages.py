"""Who is told what, night by night: nothing new, one failure, no sight, and receivers that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.history.world import FAIL, PASS, UNKNOWN
from tests.nightly.conftest import DOWN, SECRET, Nightly, Serve, bodies, counted, told
from tests.notify.receiver import Receiver
from troth.history import outbox
from troth.history.store import Store, StoreError

BOB = ("new", "1", "staff/bob")


def test_identical_nights_send_nothing(nightly: Nightly, hook: Receiver) -> None:
    for _ in range(4):
        said = nightly.night()
        assert said.code == 0, said.err
        assert said.events("nothing to tell")
    assert len(hook.requests) == 0
    assert len(nightly.recorded()) == 4


def test_identical_nights_with_a_backlog_send_nothing_after_the_first(
    nightly: Nightly, hook: Receiver
) -> None:
    nightly.world.people["hr"]["bob"] = FAIL
    assert [nightly.night().code for _ in range(4)] == [1, 1, 1, 1]
    assert told(hook) == [[BOB]]


def test_one_new_failure_sends_one_message_that_names_it(nightly: Nightly, hook: Receiver) -> None:
    nightly.night()
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night()
    nightly.night()
    assert said.code == 1
    (body,) = bodies(hook)
    assert body["run"] == said.run
    (row,) = body["events"]
    assert (row["change"], row["clause"], row["control"]) == ("new", "1", "present")
    assert (row["policy"], row["resource"]) == ("acme", "staff/bob")
    assert "acme 1, present, high: hr staff/bob" in body["text"]
    assert (body["exit_code"], body["scope"], body["head"]) == (
        1, "main", said.events("recorded")[0]["head"],
    )  # fmt: skip


def test_a_list_that_cannot_be_read_is_lost_coverage_and_nothing_is_fixed_or_new_by_it(
    nightly: Nightly, hook: Receiver
) -> None:
    """Broken, unknown, broken, unknown, kept: what is told is the losses and the one mending."""
    people = nightly.world.people["hr"]
    people["bob"] = FAIL
    nightly.night()
    nightly.world.shut.add("hr")
    assert nightly.night().code == 3
    assert set(counted(hook)) == {"new", "coverage-lost"}
    nightly.world.shut.clear()
    assert nightly.night().code == 1
    assert counted(hook)["new"] == 1
    assert counted(hook)["coverage-regained"] >= 1
    nightly.world.shut.add("hr")
    nightly.night()
    assert "fixed" not in counted(hook)
    nightly.world.shut.clear()
    people["bob"] = PASS
    assert nightly.night().code == 0
    assert counted(hook)["new"] == 1
    assert [row for row in told(hook)[-1] if row[0] == "fixed"] == [("fixed", "1", "staff/bob")]


def test_one_fact_that_cannot_be_read_is_lost_coverage(nightly: Nightly, hook: Receiver) -> None:
    nightly.night()
    nightly.world.people["hr"]["bob"] = UNKNOWN
    assert nightly.night().code == 3
    assert set(counted(hook)) == {"coverage-lost"}
    nightly.world.people["hr"]["bob"] = PASS
    nightly.night()
    assert set(counted(hook)) == {"coverage-lost", "coverage-regained"}


def test_what_was_not_told_for_two_nights_is_told_once_in_the_third(
    nightly: Nightly, hook: Receiver
) -> None:
    nightly.night()
    hook.replies += [DOWN, DOWN]
    people = nightly.world.people["hr"]
    people["bob"] = FAIL
    first = nightly.night()
    people["ann"] = FAIL
    second = nightly.night()
    assert [first.code, second.code] == [1, 1]
    for said in (first, second):
        (failed,) = said.events("not told")
        assert failed["message"].startswith("notify: TROTH_HOOK: it answered with HTTP status 404")
        assert SECRET not in said.err
    nightly.night()
    nightly.night()
    assert [sorted(one) for one in told(hook)[2:]] == [[("new", "1", "staff/ann"), BOB]]


def test_a_channel_that_was_never_reached_is_owed_what_happened_since_it_is_there(
    nightly: Nightly, hook: Receiver
) -> None:
    nightly.world.people["hr"]["bob"] = FAIL
    hook.replies += [DOWN, DOWN]
    nightly.night()
    nightly.night()
    nightly.night()
    assert told(hook)[2:] == [[BOB]]


def test_a_receiver_that_fails_keeps_no_other_from_being_told(
    nightly: Nightly, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    down, to = serve(DOWN), serve()
    monkeypatch.setenv("TROTH_HOOK", down.url())
    monkeypatch.setenv("TROTH_CHAT", to.url())
    names = ("TROTH_UNSET", "TROTH_HOOK", "TROTH_CHAT")
    nightly.world.more["notify"] = [{"url": name, "through": "webhook"} for name in names]
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night("--fail-on", "none")
    assert said.code == 0
    assert [one["channel"] for one in said.events("not told")] == ["TROTH_UNSET", "TROTH_HOOK"]
    (unusable,) = said.events("channel not usable")
    assert "TROTH_UNSET: it is not set" in unusable["message"]
    assert (len(down.requests), told(to)) == (1, [[BOB]])
    nightly.night()
    assert (told(down)[1:], len(to.requests)) == ([[BOB]], 1)


@pytest.mark.parametrize("person", [PASS, FAIL, UNKNOWN])
def test_a_receiver_that_fails_changes_no_exit_code(
    person: str, nightly: Nightly, hook: Receiver
) -> None:
    nightly.night()
    hook.replies += [DOWN]
    nightly.world.people["hr"] |= {"bob": person, "ann": "ended"}
    assert nightly.night().code == {PASS: 0, FAIL: 1, UNKNOWN: 3}[person]


def test_a_new_channel_on_an_old_history_is_told_of_that_night_only(
    nightly: Nightly, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = nightly.world.people["hr"]
    people["bob"] = FAIL
    nightly.night()
    nightly.night()
    to = serve()
    monkeypatch.setenv("TROTH_HOOK", to.url())
    nightly.world.more["notify"] = [{"url": "TROTH_HOOK", "through": "webhook", "changes": ["new"]}]
    people["ann"] = FAIL
    nightly.night()
    assert told(to) == [[("new", "1", "staff/ann")]]


def test_a_channel_hears_only_of_the_changes_it_asks_for(nightly: Nightly, hook: Receiver) -> None:
    nightly.world.more["notify"][0]["changes"] = ["fixed", "coverage-lost"]
    people = nightly.world.people["hr"]
    people["bob"] = FAIL
    nightly.night()
    assert len(hook.requests) == 0
    people["bob"] = PASS
    nightly.night()
    assert told(hook) == [[("fixed", "1", "staff/bob")]]


def test_who_is_killed_between_sending_and_noting_it_tells_again(
    nightly: Nightly, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better twice than never; the second message is of another run, with another key."""
    nightly.night()
    nightly.world.people["hr"]["bob"] = FAIL
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "mark", _killed)
        assert nightly.night().code == 1
    nightly.night()
    nightly.night()
    assert told(hook) == [[BOB], [BOB]]
    one, two = (request.headers["Idempotency-Key"] for request in hook.requests)
    assert one != two


def _killed(*_: object) -> None:
    raise StoreError("the process is gone")


def test_a_channel_is_never_noted_to_know_less_than_it_did(nightly: Nightly) -> None:
    from troth.history.reading import History

    nightly.night()
    nightly.night()
    with Store.open(nightly.url, create=True) as store, store.writing() as connection:
        history = History(connection, "main")
        one, two = reversed(history.nights())
        at = nightly.world.as_of
        for seq in (two.seq, one.seq):
            outbox.mark(history, "TROTH_HOOK", seq, at)
        since = outbox.last_told(history, "TROTH_HOOK", two)
        assert since is not None
        assert since.id == two.id


def test_no_secret_is_in_what_a_night_leaves_behind(nightly: Nightly, hook: Receiver) -> None:
    nightly.world.people["hr"]["bob"] = FAIL
    hook.replies += [DOWN]
    said = nightly.night()
    assert SECRET not in said.err + said.out
    files = [path for path in Path(nightly.base).rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
