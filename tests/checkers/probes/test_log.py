"""A monitor's export: every row counts, and a wrong one costs the series and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.driver import Seen, observe
from troth.catalogue.kinds import load_kind
from troth.checkers.probes.log import Logs
from troth.model import Failure, Reason

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)


FILE = {"path": "shop.csv", "system": "shop", "interval_seconds": 60, "vantage": "external"}


def look(folder: Path, text: str | bytes, window: str = "P1M") -> dict[str, Any]:
    """Observe one file; its facts must satisfy the kind."""
    body = text.encode() if isinstance(text, str) else text
    (folder / "shop.csv").write_bytes(body)
    target = {"id": "m", "type": "probe-log", "files": [FILE], "base_dir": str(folder)}
    ((_, listed, found),) = observe(Logs, target, {"samples": {"window": window}})
    assert listed == []
    facets = found["probes:m:shop.csv"]
    for name, seen in facets.items():
        if isinstance(seen, Seen):
            assert load_kind("availability-series").validate(name, seen, seen.missing) == []
    return dict(facets)


def failure(folder: Path, text: str | bytes) -> Failure:
    seen = look(folder, text)["samples"]
    assert isinstance(seen, Failure)
    return seen


def minute(number: int) -> str:
    return (NOON + timedelta(minutes=number)).isoformat()


def test_rows_become_runs(tmp_path: Path) -> None:
    rows = [f"{minute(n)},{0 if 3 <= n < 5 else 1}" for n in range(8)]
    facets = look(tmp_path, "\n".join(["time,up", *rows]))
    assert facets["subject"] == {"system": "shop", "vantage": "external"}
    items = sorted(facets["samples"]["runs"]["items"], key=lambda run: str(run["first_at"]))
    assert [(run["up"], run["first_at"], run["last_at"], run["count"]) for run in items] == [
        (True, minute(0), minute(2), 3),
        (False, minute(3), minute(4), 2),
        (True, minute(5), minute(7), 3),
    ]
    assert facets["samples"]["until"] == minute(7)


@pytest.mark.parametrize(
    ("up", "read"),
    [("1", True), ("UP", True), ("true", True), ("0", False), ("Down", False), (" false ", False)],
)
def test_what_monitors_write_for_up(tmp_path: Path, up: str, read: bool) -> None:
    (run,) = look(tmp_path, f"up,time\n{up},{minute(0)}\n")["samples"]["runs"]["items"]
    assert run["up"] is read


def test_seconds_since_1970_are_times_too(tmp_path: Path) -> None:
    text = f"time,up,location\n{NOON.timestamp():.0f}.5,1,Oslo\n"
    (run,) = look(tmp_path, text)["samples"]["runs"]["items"]
    assert run["first_at"] == NOON.isoformat().replace("+00:00", ".500+00:00")


def test_what_is_older_than_two_windows_is_left_out(tmp_path: Path) -> None:
    old = (NOON - timedelta(days=100)).isoformat()
    text = f"time,up\n{old},0\n{minute(0)},1\n"
    (run,) = look(tmp_path, text)["samples"]["runs"]["items"]
    assert run["up"] is True
    assert len(look(tmp_path, text, window="P3M")["samples"]["runs"]["items"]) == 2


def test_an_export_without_rows_shows_nothing(tmp_path: Path) -> None:
    assert look(tmp_path, "time,up\n")["samples"]["runs"] == {"items": [], "complete": True}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "shop.csv:1 has no columns time and up"),
        ("when,up\n1,1\n", "shop.csv:1 has no columns time and up"),
        (f"time,up\n{minute(0)},1\n{minute(1)},\n", "shop.csv:3 up is ''; write 1 or 0"),
        (f"time,up\n{minute(0)},perhaps\n", "shop.csv:2 up is 'perhaps'; write 1 or 0"),
        (f"time,up\n{minute(0)}\n", "shop.csv:2 has 1 cells"),
        ("time,up\nyesterday,1\n", "shop.csv:2 time is 'yesterday'"),
        ("time,up\n2026-11-21T08:00:00,1\n", "shop.csv:2 time is '2026-11-21T08:00:00'"),
        (f"time,up\n{minute(1)},1\n{minute(0)},1\n", "shop.csv:3 comes not after the row before"),
        (f"time,up\n{minute(1)},1\n{minute(1)},0\n", "shop.csv:3 comes not after the row before"),
        (b"time,up\n\xff\xfe,1\n", "no CSV in UTF-8"),
        (f'time,up\n"{minute(0)},1\n', "no CSV in UTF-8"),
    ],
)
def test_a_wrong_file_is_told_by_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    found = failure(tmp_path, text)
    assert found.reason is Reason.MALFORMED_RESPONSE
    assert said in found.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    look(tmp_path, "time,up\n")
    (tmp_path / "shop.csv").unlink()
    target = {"id": "m", "base_dir": str(tmp_path), "files": [FILE]}
    ((_, _, found),) = observe(Logs, target)
    seen = found["probes:m:shop.csv"]["samples"]
    assert isinstance(seen, Failure)
    assert (seen.reason, "export the monitor" in seen.message) == (Reason.NO_DATA, True)
