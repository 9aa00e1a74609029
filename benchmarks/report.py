"""Measure what reports on a large run cost; prints figures and asserts nothing.

    python -m benchmarks.report                  every format, then all of them together
    python -m benchmarks.report json html        only these, then these together
    python -m benchmarks.report --findings 5000  a smaller run

A run of 100,000 findings (25 clauses, 4,000 resources of which a third is not as promised) is
checked for real, and ``troth report`` writes it once for each format and once in all of them. CPU
is user and system time of the whole process, memory the most it held at once (resident).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cli import toy
from troth.report import Format

FINDINGS, CLAUSES = 100_000, 25
WANTED_CPU, WANTED_MIB = 60, 600
TROTH = str(Path(sys.executable).with_name("troth"))

POLICY = """\
schema: 1
id: acme
title: What Acme promises
source: {language: en}
timezone: Asia/Tokyo
clauses:
"""
CLAUSE = """\
  - id: "{number}"
    promise: Boxes are locked with {bits} bits and opened every {days} days.
    assess: observed
    controls:
      - control: box-locked
        set: {{min_bits: {bits}, max_open: P{days}D}}
        assumed: {{min_model: "1.2"}}
"""


def rows(count: int) -> Iterator[Mapping[str, Any]]:
    """Return boxes with names as long as those of a cloud; one in nine could not be looked at."""
    for number in range(count):
        name = f"arn:aws:box:eu-central-1:123456789012:box/team-{number % 40:02}/box-{number:06}"
        if number % 9 == 0:
            yield {"id": name, "failure": "the guard said no to this one"}
        else:
            holders = [f"person-{number % 17}@acme.example", f"person-{number % 5}@acme.example"]
            yield {"id": name, "bits": 64 if number % 5 == 0 else 256, "holders": holders}


def make(folder: Path, findings: int) -> None:
    """Check the boxes; the run lies in ``workspace/runs`` of the folder."""
    from tests.report.accounts import account

    source = toy.furnish(folder / "source")
    clauses = [CLAUSE.format(number=number, bits=100 + number, days=60 + number)
               for number in range(1, CLAUSES + 1)]  # fmt: skip
    (source / "policies" / "acme.yaml").write_text(POLICY + "".join(clauses))
    waivers = source / "waivers.yaml"
    waivers.write_text(waivers.read_text().replace('"1.1"', '"1"').replace("box-9", '"*team-05*"'))
    toy.WORKSPACE = source
    run = account(folder, list(rows(findings // CLAUSES)))
    print(f"{len(run.findings):,} findings, {run.counts()['acme']}", flush=True)


def report(run: Path, into: Path, forms: Sequence[Format]) -> tuple[float, float]:
    """Return CPU seconds and peak MiB of writing a run in some formats, in a process of its own."""
    outputs = [part for form in forms for part in ("-o", f"{form}={into / form}")]
    child = subprocess.Popen([TROTH, "report", str(run), *outputs], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"troth report {' '.join(forms)} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure(folder: Path, forms: Sequence[Format]) -> None:
    """Print what each format costs, and all of them."""
    (run,) = (folder / "workspace" / "runs").iterdir()
    print(f"{'format':<20} {'CPU s':>8} {'peak MiB':>9} {'written MB':>11}")
    for form in forms:
        cpu, peak = report(run, folder, [form])
        size = (folder / form).stat().st_size / 1e6
        print(f"{form:<20} {cpu:>8.2f} {peak:>9.0f} {size:>11.1f}", flush=True)
    cpu, peak = report(run, folder, forms)
    print(f"{'all of these':<20} {cpu:>8.2f} {peak:>9.0f}", end="")
    print(f"   wanted < {WANTED_CPU} s and < {WANTED_MIB} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("forms", nargs="*", type=Format, metavar="FORMAT")
    parser.add_argument("--findings", type=int, default=FINDINGS)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        make(given.make, given.findings)
        return
    with tempfile.TemporaryDirectory() as folder:
        # A process of its own: what a parent held counts as its children's peak.
        command = [sys.executable, __file__, "--make", folder, "--findings", str(given.findings)]
        subprocess.run(command, check=True)
        measure(Path(folder), given.forms or list(Format))


if __name__ == "__main__":
    main()
