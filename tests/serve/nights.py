"""Stores with real nights in them: what each holds is told here, by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.history.world import FAIL, PASS, UNKNOWN, World
from tests.report.accounts import HOSTILE
from troth.history.recording import record
from troth.history.store import Store
from troth.report.account import Account

#: What happens before a night: it changes the world.
Before = Callable[[World], None]


def at(folder: Path) -> str:
    """Return the URL of a store in a folder."""
    return f"sqlite:///{folder}/history.db"


def put(url: str, *accounts: Account, scope: str = "main", exit_code: int = 1) -> None:
    """Record runs in a store, which is made if need be."""
    with Store.open(url, create=True) as store:
        for account in accounts:
            record(store, scope, account, exit_code, datetime.now(UTC))


def told(url: str, world: World, *nights: Before) -> str:
    """Let a night pass in a world after each change of it, record it, and return the URL."""
    for before in nights:
        before(world)
        put(url, world.night())
    return url


def _quiet(world: World) -> None:
    """Change nothing."""


def _leaves(world: World) -> None:
    world.people["hr"]["bob"] = FAIL


def _returns(world: World) -> None:
    world.people["hr"]["bob"] = PASS


def _much(world: World) -> None:
    world.people["hr"] |= {"ann": FAIL, "dan": FAIL}
    world.people["shop"]["cid"] = UNKNOWN
    world.waive("leave-dan", "dan", "2026-01-20")


#: Six nights from the first of January 2026, at three o'clock UTC. Clause 1 is kept on the 1st,
#: broken on the 2nd and 3rd, kept on the 4th, broken on the 5th and 6th. In the last night ann
#: leaves too, dan appears and is waived until the 20th, and cid's row can be read no more, so that
#: clause 2 is unknown.
STORY: tuple[Before, ...] = (_quiet, _leaves, _quiet, _returns, _leaves, _much)


def story(folder: Path, url: str = "") -> str:
    """Record the six nights, and return the store's URL."""
    return told(url or at(folder), World(folder), *STORY)


def hostile(folder: Path) -> str:
    """Record two nights of people with hostile names; in the second one nothing of them is kept."""
    names = list(HOSTILE.values())

    def arrive(world: World) -> None:
        world.people = {"hr": dict.fromkeys(names, PASS), "shop": {}}

    def fall(world: World) -> None:
        world.people = {"hr": dict.fromkeys(names, FAIL), "shop": dict.fromkeys(names, UNKNOWN)}

    return told(at(folder), World(folder), arrive, fall)


def many(folder: Path, number: int) -> str:
    """Record two nights of so many people; in the second one all are on leave."""
    names = [f"p{at:06}" for at in range(number)]

    def arrive(world: World) -> None:
        world.people = {"hr": dict.fromkeys(names, PASS)}

    def leave(world: World) -> None:
        world.people = {"hr": dict.fromkeys(names, FAIL)}

    return told(at(folder), World(folder), arrive, leave)
