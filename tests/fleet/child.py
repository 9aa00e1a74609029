"""Observe the TLS target on stdin as a run does, and print the recorded lines.

python -m tests.fleet.child < target.json
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from troth.catalogue.kinds import load_kind
from troth.checkers.tls.checker import Endpoints
from troth.collect.calls import Calls
from troth.collect.observe import Observer
from troth.plan import Unit


def observed(target: dict[str, Any], told: Callable[[], None]) -> list[dict[str, Any]]:
    """Return a line per endpoint with every facet of the kind; ``told`` hears of each result."""
    kind = load_kind("tls-endpoint")
    (partition,) = Endpoints.partitions(target)
    facets = tuple(sorted(Endpoints.facets()))
    unit = Unit(target["id"], Endpoints.id, partition, kind.id, facets, ())
    with ThreadPoolExecutor(16) as pool:
        observer = Observer(Calls(16), {kind.id: kind}, pool, progress=lambda *_: told())
        return list(observer.observe(Endpoints, target, unit).lines)


def main() -> None:
    """Look, print the lines, and print the cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    results: list[float] = []
    lines = observed(json.load(sys.stdin), lambda: results.append(time.perf_counter() - wall))
    cost = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "first": min(results),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    for line in [*lines, cost]:
        print(json.dumps(line))


if __name__ == "__main__":
    main()
