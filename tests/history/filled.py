"""A history with a bit of everything in it: two scopes, six nights, each change once."""

from __future__ import annotations

from pathlib import Path

from tests.history.conftest import NOW
from tests.history.world import FAIL, PASS, World
from troth.history.recording import record
from troth.history.store import Store


def fill(url: str, folder: Path) -> None:
    """Record nights 1, 2, 4, 5 and 6 of a scope ``main``, and as number 3 one of ``other``."""
    world = World(folder / "main")
    people = world.people["hr"]
    with Store.open(url, create=True) as store:
        people["bob"] = FAIL
        record(store, "main", world.night(), 1, NOW)
        people |= {"bob": PASS, "dan": FAIL}
        record(store, "main", world.night(), 1, NOW)
        record(store, "other", World(folder / "other").night(), 0, NOW)
        world.shut.add("hr")
        record(store, "main", world.night(), 3, NOW)
        world.shut.clear()
        world.waive("w-1", "dan", until="2026-12-31")
        people["eve"] = FAIL
        record(store, "main", world.night(), 1, NOW)
        people["cy"] = PASS
        del people["ann"]
        record(store, "main", world.night(), 1, NOW)
