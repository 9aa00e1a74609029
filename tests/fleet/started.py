"""Start the whole fleet, look at it as a run would, and compare with the truth."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.checkers.tls import authority
from tests.fleet import hostile, others, sites, talkers
from tests.fleet.rows import Fleet, House, Row
from troth import canonical
from troth.checkers.network.places import read_endpoint


@contextlib.contextmanager
def started(folder: Path, extra: int = 0, *, healthy: bool = False) -> Iterator[Fleet]:
    """Run the fleet; ``extra`` more modern endpoints, ``healthy`` without the hostile peers."""
    root = authority.authority("fleet root")
    house = House(root, authority.authority("fleet middle", root, "rsa2048"))
    fleet = Fleet(folder / "root.pem")
    fleet.store.write_bytes(authority.pem(root.certificate))
    with contextlib.ExitStack() as stack:
        sites.serve(stack, fleet, house, folder, extra)
        others.openssl(stack, fleet, house, folder)
        others.tlslite(stack, fleet, house)
        talkers.serve(stack, fleet, house)
        if not healthy:
            hostile.troubled(stack, fleet, house, folder)
            hostile.dead(stack, fleet)
        yield fleet


@dataclass(frozen=True)
class Sight:
    """What a process saw: name to recorded facets, and what it cost (see ``child``)."""

    facets: Mapping[str, Mapping[str, Any]]
    cost: Mapping[str, float]


def look(rows: Sequence[Row], store: Path, seed: int = 0, **options: Any) -> Sight:
    """Look at the rows in a process of its own with this hash seed."""
    endpoints = [row.entry for row in rows]
    target = {"id": "fleet", "type": "tls", "trust_store": str(store), "endpoints": endpoints}
    made = subprocess.run(
        [sys.executable, "-m", "tests.fleet.child"],
        input=json.dumps(target | options),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
    )
    if made.returncode:
        raise AssertionError(made.stderr)
    *lines, cost = map(json.loads, made.stdout.splitlines())
    seen = {line["id"]: line["facets"] for line in lines}
    return Sight({row.name: seen[read_endpoint(row.entry).id("tls")] for row in rows}, cost)


def told(facets: Mapping[str, Any]) -> bytes:
    """Return everything that was seen but when, as canonical bytes to compare."""
    return canonical.dumps(
        {
            name: {k: v for k, v in seen.items() if k != "observed_at"}
            for name, seen in facets.items()
        }
    )


def wrong(row: Row, facets: Mapping[str, Any]) -> list[str]:
    """Return every way in which what was seen is not the truth, a sentence each."""
    found = []
    for path, truth in row.truth.items():
        seen = _leaves(facets) if path == "leaves" else _at(facets, path)
        good = seen in truth if isinstance(truth, set) else seen == truth
        if not good:
            found.append(f"{row.name}: {path} is {seen}, in truth {truth}")
    return found


def _at(facets: Mapping[str, Any], path: str) -> Any:
    """Return a fact's value, or the reason why it is not there."""
    facet, _, fact = path.partition(".")
    seen = facets[facet]
    if "failure" in seen:
        return seen["failure"]["reason"]
    if fact in seen["missing"]:
        return seen["missing"][fact]["reason"]
    return seen["facts"][fact] if fact else "read"


def _leaves(facets: Mapping[str, Any]) -> Any:
    presented = _at(facets, "certificates.presented")
    if not isinstance(presented, Mapping):
        return presented
    rows = [row for row in presented["items"] if row["position"] in ("leaf", "self-signed")]
    return sorted(f"{row['key_type']} {row['key_bits']}" for row in rows)
