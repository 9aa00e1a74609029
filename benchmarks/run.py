"""Measure what the design promises about speed; prints figures and asserts nothing.

    python benchmarks/run.py            everything
    python benchmarks/run.py findings   one of: start, validate, findings

CPU seconds are user and system time of the whole process. The median of the runs is the figure to
hold against what is wanted; the best stands beside it, because the two lie far apart on a machine
that others use too.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from troth import canonical
from troth.catalogue.controls import read_control
from troth.catalogue.kinds import load_kind
from troth.cycles import uncollected
from troth.definitions import Binding, Setting
from troth.judge.part import PartJudge
from troth.judge.question import Moment, Question, Seen
from troth.judge.subjects import Unit, subject
from troth.model import Listing
from troth.params import parse

RUNS = 7
#: Distinct facts in one measurement, and how many measurements the median is taken over.
FINDINGS, ROUNDS = 2_000, 50
AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
#: As a user has it: compiled modules are kept, as every installation does.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
TROTH = str(Path(sys.executable).with_name("troth"))


def cpu_of(*command: str) -> str:
    """Return median and best CPU seconds of a process over several runs, the first not counted."""
    seen = []
    for _ in range(RUNS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seen.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return f"{statistics.median(seen[1:]):.3f} s CPU (best {min(seen[1:]):.3f})"


def start() -> None:
    """Time how long it takes to say the version, and to help."""
    for flag in ("--version", "--help"):
        print(f"troth {flag:<29} {cpu_of(TROTH, flag)}, wanted < 0.2")


POLICY = """\
schema: 1
id: policy-{number}
title: Generated policy {number}
source: {{language: en}}
timezone: Asia/Tokyo
clauses:
"""
CLAUSE = """\
  - id: "{number}.{clause}"
    promise: Logs of two kinds are kept for {days} days and their stores are encrypted.
    assess: observed
    lines: {{at: [{clause}]}}
    interpretation: [G-1]
    controls:
      - control: log-retention
        set: {{min_retention: P{days}D, log_kinds: [access, error]}}
      - control: encryption-at-rest
        set: {{algorithm: AES, min_key_bits: 256}}
    unbound:
      - {{name: servers, value: 2, reason: a definition}}
"""


def validate() -> None:
    """Time the validation of 100 policies of 10 clauses, the process included, no cache."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number in range(100):
            text = POLICY.format(number=number)
            for clause in range(1, 11):
                text += CLAUSE.format(number=number, clause=clause, days=30 + number)
            path = Path(folder) / f"policy-{number}.yaml"
            path.write_text(text, encoding="utf-8")
            paths.append(str(path))
        told = cpu_of(TROTH, "validate", *paths)
        print(f"validate 100 policies of 10 clauses {told}, wanted < 0.5")


CONTROL = """\
schema: 1
id: bench
domain: logging
title: Logs are kept for at least {min_retention}
parameters:
  min_retention: {type: duration, stricter: higher}
parts:
  - name: kept
    kind: log-store
    reads: [retention, extent]
    rules:
      - name: set
        expect: >-
          facts.retention.mode == "forever" ||
          facts.retention.days >= params.min_retention.days
        proves: setting
        expected: kept at least {min_retention}
      - name: there
        expect: >-
          facts.extent.oldest_event_at != null &&
          facts.extent.oldest_event_at <= params.min_retention.ago
        proves: outcome
        expected: the oldest event is at least {min_retention} old
severity: high
fix: {any: keep them}
frameworks: {}
"""


def findings() -> None:
    """Time complete findings: a recorded line in, the line that findings.jsonl holds out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(CONTROL, encoding="utf-8")
        control = read_control(path, {"log-store": load_kind("log-store")}, {})
    lines = [canonical.dumps(_line(number)) for number in range(FINDINGS)]
    value = parse(control.parameters["min_retention"], "P30D")
    binding = Binding("bench", "bench", {"min_retention": Setting(value, "stated")})
    question = Question("bench", "1", binding, control, control.parts[0])
    rates = [FINDINGS / _judged(question, lines) for _ in range(ROUNDS)]
    best, middle = max(rates), statistics.median(rates)
    told = f"{middle:.0f} a second a core (best {best:.0f}), wanted >= 15000"
    print(f"complete findings, two rules        {told}")


def _judged(question: Question, lines: list[bytes]) -> float:
    """Return the CPU seconds of judging the lines."""
    kind = load_kind("log-store")
    moment = Moment(AS_OF, ZoneInfo("Asia/Tokyo"))
    unit = Unit("t", "bench", "p", "log-store", Listing(FINDINGS))
    began = time.process_time()
    with uncollected():
        judge = PartJudge(question, {"log-store": kind}, {}, moment)
        items = tuple(subject(kind, "t", canonical.parse(line), AS_OF) for line in lines)
        answer = judge.answer(Seen((unit,), items), {})
        stored = {canonical.dumps(finding.as_json()) for finding in answer.findings}
    spent = time.process_time() - began
    assert len(stored) == FINDINGS
    return spent


def _line(number: int) -> dict[str, object]:
    oldest = AS_OF - timedelta(days=number % 60, seconds=number)
    retention = {"mode": "days", "days": number % 60}
    extent = {
        "created_at": None,
        "has_events": True,
        "oldest_event_at": oldest.isoformat(),
        "newest_event_at": AS_OF.isoformat(),
    }
    seen = {"observed_at": AS_OF.isoformat(), "missing": {}, "covered": {}}
    return {
        "id": f"arn:aws:logs:eu-west-1:123456789012:log-group:/app/{number}",
        "name": f"/app/{number}",
        "partition": "eu-west-1",
        "facets": {
            "retention": {**seen, "facts": retention, "digest": canonical.digest(retention)},
            "extent": {**seen, "facts": extent, "digest": canonical.digest(extent)},
        },
    }


BENCHMARKS: dict[str, Callable[[], None]] = {
    "start": start, "validate": validate, "findings": findings,
}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
