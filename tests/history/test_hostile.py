"""Names as an attacker would give them are kept as they are, and mean nothing to a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.history.conftest import NOW
from tests.report.accounts import HOSTILE, account
from troth.history import diff
from troth.history.events import LENGTH
from troth.history.reading import History
from troth.history.recording import record
from troth.history.store import Store
from troth.history.verify import verify
from troth.report.account import Account

NAMES = dict(HOSTILE) | {
    "sql": "'; DROP TABLE troth_run; --",
    "sql-like": "%_\\",
    "emoji": "\U0001f4a9\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "combining": "e\u0301",
    "composed": "\u00e9",
    "surrogate": "a\udcffb".encode(errors="backslashreplace").decode(),
    "nul-shown": "a\u2400b",
    "line-separator": "a\u2028b",
    "bom": "\ufeffx",
    "like a list": "listing toy.box here",
    "population": "population",
    "latest": "latest~1",
}


def _night(folder: Path, name: str, bits: int) -> Account:
    rows: list[Mapping[str, Any]] = [
        {"id": f"{one}{end}", "bits": bits if end else 256, "holders": [one]}
        for one in NAMES.values()
        for end in ("", " broken")
    ]
    made = account(folder / name, rows)
    return dataclasses.replace(made, envelope={**made.envelope, "id": name})


def test_hostile_names_are_kept_and_told(store: Store, tmp_path: Path) -> None:
    for name, bits in (("one", 64), ("two", 64), ("three", 256)):
        record(store, "main", _night(tmp_path, name, bits), 0, NOW)
    assert verify(store).problems == ()
    wanted = {f"{one} broken".replace("\x00", "\u2400") for one in NAMES.values()}
    with store.reading() as connection:
        history = History(connection, "main")
        standing = history.standing(history.night("one"), ("fail",), policy="acme", clause="1.1")
        assert {one.about.resource for one in standing} == wanted
        # The two that look alike without their zero are two findings all the same.
        assert len(standing) == len(NAMES)
        assert len({one.about.key for one in standing}) == len(NAMES)
        assert len(history.events(0, 1)) == len(NAMES)
        assert history.events(1, 2) == []
        fixed = history.events(2, 3)
        assert {event.change.value for event in fixed} == {"fixed"}
        assert {event.resource for event in fixed} == wanted
        assert all(len(event.text) <= LENGTH for event in history.events(0, 3))
        found = diff.between(history, history.night("one"), history.night("three"))
        assert {event.resource for event in found.events} == wanted
        longest = max(standing, key=lambda one: len(one.about.resource)).about
        assert len(longest.resource) > 10_000
        facts = history.facts(history.night("one"), longest.target, longest.kind, longest.resource)
        assert facts["lock"]["facts"]["bits"] == 64
        key = next(one.about.key for one in standing if "DROP" in one.about.resource)
        assert len(history.finding_spans(key)[1]) == 2


@pytest.mark.parametrize("scope", ["'; DROP TABLE troth_run; --", "b\u00e9ta", "x" * 200])
def test_a_scope_may_have_any_name(store: Store, tmp_path: Path, scope: str) -> None:
    made = account(tmp_path / "run")
    record(store, scope, made, 0, NOW)
    with store.reading() as connection:
        assert len(History(connection, scope).nights()) == 1
    assert verify(store).problems == ()
