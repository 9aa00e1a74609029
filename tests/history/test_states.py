"""Whatever happens from night to night: the spans give back what each night saw."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.history.conftest import NOW
from tests.history.world import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, World
from troth.history import diff
from troth.history.changes import NEWLY_BROKEN, Change
from troth.history.prune import prune
from troth.history.reading import History
from troth.history.recording import record
from troth.history.store import Store
from troth.history.verify import verify
from troth.report.account import Account

PEOPLE = ("ann", "bob")
ALL = ("pass", "fail", "unknown", "not-applicable")
#: A night: the status of each person (None: not on the list), and whether there is a list.
NIGHTS = st.lists(
    st.tuples(
        st.fixed_dictionaries({
            name: st.sampled_from([PASS, FAIL, UNKNOWN, NOT_APPLICABLE, None]) for name in PEOPLE
        }),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=2,
    max_size=6,
)  # fmt: skip


@settings(max_examples=15)
@given(NIGHTS)
def test_every_night_can_be_told_again(nights: list[tuple[dict[str, str | None], bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.in_memory() as store:
        world = World(Path(folder), clauses={"1": "present"}, people={"hr": {}})
        seen: list[dict[str, str]] = []
        told: list[set[tuple[str, str]]] = []
        for people, listed in nights:
            world.people["hr"] = {name: status for name, status in people.items() if status}
            world.shut = set() if listed else {"hr"}
            account = world.night()
            seen.append(_seen(account))
            made = record(store, "main", account, 0, NOW)
            with store.reading() as connection:
                events = History(connection, "main").events(made.seq - 1, made.seq)
                told.append({(event.change.value, event.resource) for event in events})
        assert verify(store).problems == ()
        wanted = _known_with_held(seen, [listed for _, listed in nights])
        with store.reading() as connection:
            history = History(connection, "main")
            for number, states in enumerate(wanted, 1):
                assert _stood(history, f"run-{number:03}") == states
            _compare(history, wanted)
        _hold_to_the_words(wanted, told)
        prune(store, "main", world.as_of, NOW)
        assert verify(store).problems == ()
        with store.reading() as connection:
            assert _stood(History(connection, "main"), "latest") == wanted[-1]


def _seen(account: Account) -> dict[str, str]:
    """Return the verdicts of a run as its own file has them."""
    return {row["resource"]: row["verdict"] for row in account.findings}


def _known_with_held(seen: list[dict[str, str]], listed: list[bool]) -> list[dict[str, str]]:
    """Return what holds after each night: who could not be listed is unknown, not gone."""
    held: list[dict[str, str]] = []
    for states, there in zip(seen, listed, strict=True):
        now = dict(states)
        if not there and held:
            now |= {
                name: "unknown"
                for name in held[-1]
                if name not in now and not name.startswith("listing ")
            }
        held.append(now)
    return held


def _stood(history: History, name: str) -> dict[str, str]:
    found = history.standing(history.night(name), ALL)
    return {one.about.resource: one.state.verdict for one in found}


def _compare(history: History, wanted: list[dict[str, str]]) -> None:
    """Compare every two nights: what is broken in the later one is new to it, or still."""
    for old in range(len(wanted)):
        for new in range(old + 1, len(wanted)):
            nights = [history.night(f"run-{number + 1:03}") for number in (old, new)]
            events = diff.between(history, *nights).events
            broken = {name for name, verdict in wanted[new].items() if verdict == "fail"}
            named = {e.resource for e in events if e.change in NEWLY_BROKEN | {Change.STILL}}
            assert named == broken
            fixed = {e.resource for e in events if e.change is Change.FIXED}
            assert all(wanted[new][name] == "pass" for name in fixed)


def _hold_to_the_words(wanted: list[dict[str, str]], told: list[set[tuple[str, str]]]) -> None:
    """Check each night's words against all that was known before it."""
    known: dict[str, str] = {}
    for number, (states, events) in enumerate(zip(wanted, told, strict=True)):
        by: dict[str, set[str]] = {}
        for change, resource in events:
            by.setdefault(change, set()).add(resource)
        for name in by.get("fixed", set()):
            assert states[name] == "pass"
            assert known[name] == "fail"
        for name, verdict in states.items():
            was: dict[str, Any] = wanted[number - 1] if number else {}
            if verdict == "fail" and known.get(name) != "fail":
                assert name in by.get("new", set()) | by.get("regressed", set())
            if verdict == "pass" and known.get(name) == "fail" and name in was:
                assert name in by.get("fixed", set())
            if verdict == "unknown":
                assert name not in by.get("fixed", set()) | by.get("new", set())
        known |= {name: verdict for name, verdict in states.items() if verdict != "unknown"}
