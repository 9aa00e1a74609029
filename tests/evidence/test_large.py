"""A run of a hundred thousand findings packs, verifies and comes back in bounded memory.

The peak is that of a process of its own, for two sizes; what grows between them is what a finding
costs. Twice a hundred thousand files would take minutes and show the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.report.accounts import account
from troth import canonical, record

SIZES = (250, 2_500)
#: Packs without the renditions, which have a test of their own (tests/report/test_large.py).
PROGRAM = """\
import re, sys
from pathlib import Path
from troth.evidence import archive, pack, renditions, secrets, unpack, verify
renditions.write = lambda account, data: None
secrets.scan = lambda folder: []
run, place = Path(sys.argv[1]), Path(sys.argv[2])
made = pack.pack(run, place / "bag.tar.gz", pack.Order())
verify.verify(made.path, {}, unsigned=True)
with archive.opened(made.path) as folder:
    unpack.rebuild(folder, place / "again")
# Unlike ru_maxrss this does not count what the process was before it became this program.
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def enlarge(run: Path, times: int) -> Path:
    """Write every resource and finding of a run ``times`` times, each with facts of its own."""
    shard = next((run / record.OBSERVATIONS).glob("*toy.box*.jsonl"))
    head, *lines = shard.read_bytes().splitlines()
    first = canonical.loads(lines[0])
    rows = [grown(first, number) for number in range(times)]
    body = canonical.loads(head)
    body["listing"]["count"] = times
    shard.write_bytes(b"".join(canonical.dumps(row) + b"\n" for row in [body, *rows]))
    finding = canonical.loads((run / record.FINDINGS).read_bytes().splitlines()[0])
    digest = record.put_lines(
        run / record.FINDINGS, (told(finding, row, number) for number, row in enumerate(rows))
    )
    summary = record.get_json(run / record.RESULTS)
    summary["findings"] = {"count": times, "digest": digest}
    results = record.put_json(run / record.RESULTS, summary)
    envelope = record.get_json(run / record.ENVELOPE)
    envelope |= {"files": record.manifest(run), "results_digest": results}
    record.put_json(run / record.ENVELOPE, envelope)
    return run


def grown(row: dict[str, Any], number: int) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(row))
    made["id"] = made["name"] = f"box-{number:06}"
    seen = made["facets"]["lock"]
    seen["facts"]["bits"] = number
    covered = {key: seen[key] for key in ("facts", "missing", "covered")}
    seen["digest"] = canonical.digest({"facet": "lock", **covered})
    return made


def told(finding: dict[str, Any], row: dict[str, Any], number: int) -> dict[str, Any]:
    observations = [row["facets"]["lock"]["digest"]]
    own = {"id": f"f-{number:020x}", "resource": row["id"], "observations": observations}
    return {**finding, **own}


def peak(run: Path, place: Path) -> int:
    """Return the KiB that packing, verifying and unpacking a run takes at most."""
    place.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, run, place], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


def test_memory_hardly_grows_with_the_run(tmp_path: Path) -> None:
    peaks = []
    for times in SIZES:
        place = tmp_path / str(times)
        place.mkdir()
        peaks.append(peak(enlarge(account(place).folder, times), place / "out"))
    small, large = peaks
    # What grows is the manifest, a name and a digest a file: for a hundred thousand findings
    # with facts of their own it stays below the 600 MiB that all of troth may take.
    each = (large - small) / (SIZES[1] - SIZES[0])
    assert small + each * 100_000 < 600 * 1024, peaks
