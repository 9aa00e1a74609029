"""The dead man's switch: told when a check begins and how it ended, whatever that is."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.history.world import FAIL, PASS, UNKNOWN
from tests.nightly.conftest import DOWN, SECRET, Nightly, Watched, counted, steps
from tests.notify.receiver import Receiver
from tests.unattended import depot as depots
from tests.unattended.conftest import CHECK, Nursery, until
from tests.unattended.depot import Depot

WhileLooking = Callable[[Callable[[], object]], Receiver]


@pytest.fixture
def switch(while_looking: WhileLooking) -> Receiver:
    """Return the receiver of the pings."""
    return while_looking(lambda: None)


@pytest.mark.parametrize(("status", "code"), [(PASS, 0), (FAIL, 1), (UNKNOWN, 3)])
def test_a_check_is_told_when_it_begins_and_how_it_ended(
    nightly: Nightly, switch: Receiver, status: str, code: int
) -> None:
    nightly.world.people["hr"]["bob"] = status
    assert nightly.night().code == code
    assert steps(switch) == ["start", str(code)]
    rids = {request.path.partition("rid=")[2] for request in switch.requests}
    assert len(rids) == 1


def test_the_end_names_what_is_newly_broken_and_the_head_of_the_chain(
    nightly: Nightly, switch: Receiver
) -> None:
    nightly.world.people["hr"]["old"] = FAIL
    nightly.night()
    nightly.world.people["hr"] |= {f"bob{number}": FAIL for number in range(7)}
    said = nightly.night()
    lines = switch.bodies[-1].decode().splitlines()
    assert len(lines) <= 10
    assert lines[:2] == ["exit 1: a promise is broken", f"run {said.run}"]
    assert [line for line in lines if line.startswith("new: ")] == [
        f"new: acme/1 staff/bob{number}" for number in range(4)
    ]
    assert lines[-1] == "and 3 more"
    assert "staff/old" not in switch.bodies[-1].decode()
    (head,) = [line.removeprefix("head ") for line in lines if line.startswith("head ")]
    assert nightly.troth("history", "verify", "--head", head).code == 0
    other = head[:-4] + ("0000" if not head.endswith("0000") else "1111")
    assert nightly.troth("history", "verify", "--head", other).code == 4
    # The head of an earlier night is still in the chain, and a forged chain would lack it.
    nightly.night()
    assert nightly.troth("history", "verify", "--head", head).code == 0


def test_no_secret_is_in_a_ping_and_a_switch_that_is_down_changes_nothing(
    nightly: Nightly, switch: Receiver, hook: Receiver
) -> None:
    switch.replies += [DOWN, DOWN]
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night("--fail-on", "none")
    assert said.code == 0
    assert len(said.events("not pinged")) == 2
    assert SECRET not in said.err
    assert all(SECRET.encode() not in body for body in switch.bodies)
    assert len(hook.requests) == 1


def test_an_end_without_looking_after_the_lock_was_held_is_told_as_2(
    nightly: Nightly, while_looking: WhileLooking
) -> None:
    """The folder of the run is in the way by the time the check wants to make it."""
    folder = nightly.base / "elsewhere"
    to = while_looking(lambda: None)
    to.requests = Watched("/start", folder.mkdir)
    assert nightly.night("--run", str(folder)).code == 2
    assert steps(to) == ["start", "2"]


@pytest.mark.parametrize(
    "options",
    [["--fail-on", "sometimes"], ["--max-time", "soon"], ["-o", "sculpture"], ["--jobs", "0"]],
    ids=lambda options: str(options[0]),
)
def test_what_is_wrong_with_the_command_line_is_told_to_no_switch(
    nightly: Nightly, switch: Receiver, options: list[str]
) -> None:
    assert nightly.night(*options).code == 2
    assert switch.requests == []


def test_a_file_that_is_wrong_is_told_to_no_switch(nightly: Nightly, switch: Receiver) -> None:
    nightly.world.more["jobs"] = "no such key"
    assert nightly.night().code == 2
    assert switch.requests == []


@pytest.fixture
def depot() -> Iterator[Depot]:
    with depots.serving(Depot()) as served:
        yield served


def furnished(folder: Path, depot: Depot, ping: Receiver) -> dict[str, str]:
    """Write a workspace with a history and a switch; return the variables of its checks."""
    made = depots.furnish(folder, depot)
    path = made / "troth.yaml"
    more = "history: {store: history.db}\nping: TROTH_PING\n"
    path.write_text(path.read_text() + more)
    return {"TROTH_PING": ping.url()}


def test_a_check_that_was_terminated_is_told_as_143_and_its_run_is_recorded_as_partial(
    nursery: Nursery,
    tmp_path: Path,
    depot: Depot,
    serve: Callable[..., Receiver],
    nightly: Nightly,
) -> None:
    to = serve()
    work = tmp_path / "depot"
    variables = furnished(work, depot, to)
    url = f"sqlite:///{work}/history.db"
    assert nursery.start(work, *CHECK, variables=variables).wait() == 0
    depot.hanging.add("hall-02")
    process = nursery.start(work, *CHECK, variables=variables)
    until(lambda: len(process.events("unit saved")) == 3, process)
    process.signal(signal.SIGTERM)
    assert process.wait() == 143, process.err
    depot.release()
    assert nightly.recorded(url=url)[-1] == (process.events("run saved")[0]["run"], 143)
    assert steps(to) == ["start", "0", "start", "143"]
    resumed = nursery.start(work, *CHECK, "--resume", variables=variables)
    assert resumed.wait() == 0
    assert [code for _, code in nightly.recorded(url=url)] == [0, 143, 0]
    assert steps(to)[-1] == "0"


def test_a_bug_of_a_checker_is_told_as_70(
    nursery: Nursery, tmp_path: Path, depot: Depot, serve: Callable[..., Receiver]
) -> None:
    to = serve()
    work = tmp_path / "depot"
    variables = furnished(work, depot, to)
    path = work / "troth.yaml"
    path.write_text(path.read_text().replace("halls: 4", "halls: -1"))
    assert nursery.start(work, *CHECK, variables=variables).wait() == 70
    assert steps(to) == ["start", "70"]


def test_a_check_that_ran_out_of_time_loses_sight_and_what_was_broken_is_not_new_afterwards(
    nursery: Nursery, tmp_path: Path, depot: Depot, serve: Callable[..., Receiver]
) -> None:
    """A box of the last hall is broken, and that hall hangs in the second night."""
    to = serve()
    work = depots.furnish(tmp_path / "depot", depot, 6)
    path = work / "troth.yaml"
    more = "history: {store: history.db}\nnotify: [{url: TROTH_HOOK, through: webhook}]\n"
    path.write_text(path.read_text() + more)
    variables = {"TROTH_HOOK": to.url()}
    assert nursery.start(work, *CHECK, variables=variables).wait() == 1
    assert counted(to) == {"new": 1}
    depot.hanging.add("hall-05")
    options = ("--max-time", "PT2S", "--fail-on", "new")
    cut = nursery.start(work, *CHECK, *options, variables=variables)
    assert cut.wait() == 3
    assert cut.events("run saved")[0]["state"] == "partial"
    depot.release()
    assert set(counted(to)) == {"new", "coverage-lost"}
    again = nursery.start(work, *CHECK, "--fail-on", "new", variables=variables)
    assert again.wait() == 0
    assert counted(to)["new"] == 1
    assert "fixed" not in counted(to)
