"""Look at a fleet of real TLS endpoints whose truth is known; prints figures.

    python -m benchmarks.tls                  everything but the comparison
    python -m benchmarks.tls truth            20 looks: other hash seeds and orders, what is wrong
    python -m benchmarks.tls connections      how often each endpoint is connected to
    python -m benchmarks.tls scale            memory of 10 and 1,000 endpoints, and time
    python -m benchmarks.tls tarpits          200 endpoints, 10 of which never answer
    python -m benchmarks.tls sslyze PYTHON    100 endpoints, beside the sslyze of that interpreter

The fleet is the one of the tests (tests/fleet): nginx, openssl s_server, tlslite-ng and peers that
are slow, moody or mean. ``truth`` exits with 1 when anything decided is not the truth.
"""

from __future__ import annotations

import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.checkers.tls import servers
from tests.fleet.counted import counted
from tests.fleet.rows import Fleet, Row, entry, nothing
from tests.fleet.started import look, started, told, wrong
from troth.model import Reason

LOOKS = 20
#: The most connections that one endpoint is to be given.
MOST = 10


@contextlib.contextmanager
def fleet_of(extra: int = 0, *, healthy: bool = False) -> Iterator[Fleet]:
    """Run the fleet in a folder of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder), extra, healthy=healthy) as fleet,
    ):
        yield fleet


def truth() -> None:
    """Look again and again, and count what is not as it should be."""
    bad, seen = 0, defaultdict(set)
    with fleet_of() as fleet:
        for number in range(LOOKS):
            fleet.reset()
            rows = random.Random(number).sample(fleet.rows, len(fleet.rows))
            sight = look(rows, fleet.store, seed=number)
            for row in rows:
                seen[row.name].add(told(sight.facets[row.name]))
                for problem in wrong(row, sight.facets[row.name]):
                    bad += 1
                    print(f"look {number}: {problem}")
        compared = LOOKS * sum(len(row.truth) for row in fleet.rows)
    differ = sorted(name for name, ways in seen.items() if len(ways) > 1)
    print(f"{LOOKS} looks at {len(fleet.rows)} endpoints: {bad} of {compared} results are wrong")
    print(f"not byte-identical in every look: {', '.join(differ) or 'none'}")
    if bad:
        sys.exit(1)


def connections() -> None:
    """Count at the servers how often each endpoint that answers is connected to."""
    with (
        fleet_of(healthy=True) as fleet,
        counted([row for row in fleet.rows if row.live]) as (
            rows,
            count,
        ),
    ):
        _cost(rows, fleet)
    for words, mute in (("refuse by an alert", False), ("refuse by hanging up", True)):
        seen = sorted(count[row.name] for row in rows if row.mute is mute)
        spread = f"{seen[0]} to {seen[-1]}, median {statistics.median(seen):g}"
        print(f"{len(seen):>3} endpoints that {words}: {spread} connections")
    print(f"wanted: <= {MOST}; where nothing is said, each refusal takes three (ADR 30)")


def scale() -> None:
    """Compare the memory for many endpoints with that for few."""
    with fleet_of(extra=1000, healthy=True) as fleet:
        many = [row for row in fleet.rows if row.name.startswith("more-")]
        few, all_of_them = _cost(many[:10], fleet), _cost(many, fleet)
    for count, cost in ((10, few), (len(many), all_of_them)):
        print(f"{count:>5} endpoints  {_words(cost)}")
    print(f"memory for the others: {all_of_them['memory'] - few['memory']:.0f} MiB, wanted <= 64")


def tarpits() -> None:
    """Time 200 endpoints of which 5 % take the connection and say nothing."""
    with fleet_of(extra=190, healthy=True) as fleet, contextlib.ExitStack() as stack:
        rows = [row for row in fleet.rows if row.name.startswith("more-")]
        for number in range(10):
            port = stack.enter_context(servers.serve(lambda peer, index: servers.hang(peer)))
            rows.append(Row(f"tarpit-{number}", entry(port), nothing(Reason.TIMEOUT)))
        cost = _cost(random.Random(0).sample(rows, len(rows)), fleet)
    print(f"  200 endpoints, 10 tarpits  {_words(cost)}; wanted <= 10 s, first <= 1 s")


def _cost(rows: Sequence[Row], fleet: Fleet) -> Mapping[str, float]:
    """Return what a look costs that sees the truth; another is worth nothing."""
    sight = look(rows, fleet.store)
    problems = [problem for row in rows for problem in wrong(row, sight.facets[row.name])]
    if problems:
        sys.exit("\n".join(problems[:10]))
    return sight.cost


def _words(cost: Mapping[str, float]) -> str:
    first = f"first result after {cost['first']:.2f} s"
    return f"{cost['wall']:.2f} s, {cost['cpu']:.2f} s CPU, {first}, {cost['memory']:.0f} MiB"


#: Asks sslyze what troth asks: certificates and every version, 10 servers at a time.
SSLYZE = """
import json, resource, sys, time
from sslyze import (Scanner, ScanCommand, ServerNetworkConfiguration,
    ServerNetworkLocation, ServerScanRequest)
wanted = {ScanCommand.CERTIFICATE_INFO, ScanCommand.SSL_3_0_CIPHER_SUITES,
    ScanCommand.TLS_1_0_CIPHER_SUITES, ScanCommand.TLS_1_1_CIPHER_SUITES,
    ScanCommand.TLS_1_2_CIPHER_SUITES, ScanCommand.TLS_1_3_CIPHER_SUITES}
wall, cpu, first, count = time.perf_counter(), time.process_time(), 0.0, 0
scanner = Scanner()
scanner.queue_scans([ServerScanRequest(ServerNetworkLocation(row["host"], row["port"],
    ip_address=row["address"]), scan_commands=wanted) for row in json.load(sys.stdin)])
for result in scanner.get_results():
    count += 1
    first = first or time.perf_counter() - wall
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu,
    "first": first, "count": count,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def sslyze(python: str, rounds: int = 3) -> None:
    """Time 100 endpoints with both, in turn, and print the ratios of the medians."""
    costs = defaultdict(list)
    with fleet_of(extra=100, healthy=True) as fleet:
        rows = [row for row in fleet.rows if row.name.startswith("more-")]
        for _ in range(rounds):
            costs["troth"].append(_cost(rows, fleet))
            costs["sslyze"].append(_sslyze(python, rows))
    middle = {
        name: {key: statistics.median(cost[key] for cost in seen) for key in seen[0]}
        for name, seen in costs.items()
    }
    for name, cost in middle.items():
        print(f"{name:<7} {len(rows)} endpoints  {_words(cost)}")
    for key, wanted in (("cpu", 20), ("wall", 10)):
        ratio = middle["sslyze"][key] / middle["troth"][key]
        print(f"{key}: {ratio:.0f} x less, wanted >= {wanted}")


def _sslyze(python: str, rows: Sequence[Row]) -> dict[str, float]:
    made = subprocess.run(
        [python, "-c", SSLYZE],
        input=json.dumps([row.entry for row in rows]),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(made.stdout))


BENCHMARKS: dict[str, Callable[[], None]] = {
    "truth": truth,
    "connections": connections,
    "scale": scale,
    "tarpits": tarpits,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["sslyze"]:
        sslyze(sys.argv[2])
    else:
        for name in sys.argv[1:] or BENCHMARKS:
            BENCHMARKS[name]()
