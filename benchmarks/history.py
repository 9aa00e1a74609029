"""Measure what ninety nights cost the history; prints figures and asserts nothing.

    python -m benchmarks.history                        5,000 resources, 2 % change, 90 nights
    python -m benchmarks.history --nights 10 --change 10
    python -m benchmarks.history --postgres postgresql://user@/database

Each night is a real run: a list of people is checked against two promises, and the run's folder is
recorded by a process of its own. CPU is user and system time of that whole process, without
checking (the folder is there already) but with starting Python and importing SQLAlchemy; ``write``
is the part from opening the run and the store until both are closed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.history.world import FAIL, PASS, World

WANTED_MB, WANTED_WRITE, WANTED_DIFF = 25, 1.0, 0.1


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--resources", type=int, default=5000)
    asked.add_argument("--nights", type=int, default=90)
    asked.add_argument("--change", type=float, default=2.0, help="per cent of resources a night")
    asked.add_argument("--postgres", default="", help="URL of an empty database")
    asked.add_argument("--record", nargs=2, help=argparse.SUPPRESS)
    asked.add_argument("--diff", nargs=3, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.record:
        print(json.dumps(record(*options.record)))
    elif options.diff:
        print(json.dumps(compare(*options.diff)))
    else:
        measure(options.resources, options.nights, options.change, options.postgres)


def measure(resources: int, nights: int, change: float, postgres: str) -> None:
    """Let nights pass and print what they cost."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        urls = {"SQLite": f"sqlite:///{path}"} | ({"PostgreSQL": postgres} if postgres else {})
        world = World(Path(folder), people={"hr": _people(resources)})
        writes: dict[str, list[Mapping[str, float]]] = {name: [] for name in urls}
        chance = random.Random(1)
        for _ in range(nights):
            run = world.night().folder
            for name, url in urls.items():
                writes[name].append(_child("--record", url, str(run)))
            _change(world.people["hr"], chance, round(resources * change / 100))
        print(f"{nights} nights of {resources:,} resources, {change:g} % change a night")
        for name, url in urls.items():
            _print(name, writes[name], _size(url), nights, url)


def _print(
    name: str, writes: list[Mapping[str, float]], size: float, nights: int, url: str
) -> None:
    print(f"{name}: {size:.1f} MB (wanted: {WANTED_MB})")
    first, *rest = writes
    print(f"  the first night: {first['whole']:.2f} s CPU, of which write {first['write']:.2f} s")
    for what in ("whole", "write"):
        spent = sorted(one[what] for one in rest)
        median = statistics.median(spent)
        print(f"  a night, {what}: median {median:.2f} s, worst {spent[-1]:.2f} s CPU"
              f" (wanted: {WANTED_WRITE})")  # fmt: skip
    for old, new in ((nights - 1, nights), (1, nights)):
        found = _child("--diff", url, f"run-{old:03}", f"run-{new:03}")
        print(f"  nights {old} and {new} compared: {found['diff']:.3f} s CPU, {found['events']}"
              f" changes (wanted: {WANTED_DIFF})")  # fmt: skip


def record(url: str, run: str) -> Mapping[str, float]:
    """Record one run and return what it cost."""
    from datetime import UTC, datetime

    from troth.history.recording import record
    from troth.history.store import Store
    from troth.report.account import Account

    begin = time.process_time()
    with Store.open(url, create=True) as store:
        record(store, "main", Account.of_run(Path(run)), 1, datetime.now(UTC))
    return {"write": time.process_time() - begin, "whole": _cpu()}


def compare(url: str, old: str, new: str) -> Mapping[str, float]:
    """Compare two nights and return what it cost; the second time, as a server would."""
    from troth.history import diff
    from troth.history.reading import History
    from troth.history.store import Store

    with Store.open(url) as store, store.reading() as connection:
        history = History(connection, "main")
        begin = time.process_time()
        found = diff.between(history, history.night(old), history.night(new))
        return {"diff": time.process_time() - begin, "events": len(found.events)}


def _child(*arguments: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.history", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _size(url: str) -> float:
    if url.startswith("sqlite"):
        return Path(url.removeprefix("sqlite:///")).stat().st_size / 1e6
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return row[0] / 1e6 if row else 0.0


def _people(count: int) -> dict[str, str]:
    """Return people with names as long as those of a cloud; one in twenty is not as promised."""
    name = "arn:aws:iam::123456789012:user/team-{:02}/person-{:06}"
    return {name.format(n % 40, n): FAIL if n % 20 == 0 else PASS for n in range(count)}


def _change(people: dict[str, str], chance: random.Random, count: int) -> None:
    """Break as many promises as are mended; of those who change a tenth get another name."""
    failing = sorted(name for name, status in people.items() if status == FAIL)
    passing = sorted(name for name, status in people.items() if status == PASS)
    half = min(count // 2, len(failing))
    chosen = chance.sample(failing, half) + chance.sample(passing, count - half)
    for number, name in enumerate(chosen):
        if number % 10 == 0:
            people[f"{name[:60]}-{chance.randrange(10**6)}"] = people.pop(name)
        else:
            people[name] = PASS if people[name] == FAIL else FAIL


if __name__ == "__main__":
    main()
