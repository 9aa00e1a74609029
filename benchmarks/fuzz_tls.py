"""A million mutated server flights through the parsers of ``checkers/tls``.

``python -m benchmarks.fuzz_tls [COUNT [SEED]]`` records flights of real servers on loopback,
mutates them, and prints how the mutations ended and how much memory the process had. It ends with
a traceback where a parser raised, hung or kept too much.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from tests.checkers.tls import authority, fuzz, recorded


def main() -> None:
    """Run and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    middle = authority.authority("middle", authority.authority("root"), "rsa2048")
    issued = [authority.leaf(middle, kind=kind) for kind in ("rsa2048", "p256")]
    with tempfile.TemporaryDirectory() as folder:
        flights = recorded.flights(Path(folder), issued)
    ders = [each.der for each in issued]
    fuzz.run(flights, recorded.PREAMBLES, ders, 1000, seed + 1)
    before, begin = _peak(), time.monotonic()
    counts = fuzz.run(flights, recorded.PREAMBLES, ders, count, seed)
    print(f"{count} mutations of {len(flights)} flights, seed {seed}, no exception, no hang")
    print(f"{time.monotonic() - begin:.0f} s, peak memory {before} KiB before, {_peak()} KiB after")
    for ended, number in counts.most_common():
        print(f"{number:9d}  {ended}")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
