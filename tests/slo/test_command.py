"""``troth slo`` over a real run: a monitor's export, a register of maintenance, a contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from troth.cli import main

#: The first instant of the last month in UTC, and of this one.
THIS = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
LAST = (THIS - timedelta(days=1)).replace(day=1)
MONTH = f"{LAST:%Y-%m}"
MINUTE = timedelta(minutes=1)

POLICY = """\
schema: 1
id: acme
title: Service level of Acme
source: {language: en}
timezone: UTC
clauses:
  - id: "1"
    promise: The shop is available for 99.9 % of each month.
    assess: observed
    lines: {at: [1]}
    controls:
      - control: service-availability
        set:
          subjects: [share]
          min_availability_percent: 99.9
          window: P1M
          min_counted_outage: PT5M
          counted_part: whole
          order: excluded-first
          denominator: period-without-exclusions
          exclude_planned_maintenance: true
          min_notice: PT24H
  - id: "2"
    promise: Logs are encrypted.
    assess: observed
    lines: {at: [2]}
    awaits: [encryption-of-logs]
"""
SETTINGS = """\
schema: 1
policies: [{policy: policies/acme.yaml, targets: [probes, registers]}]
targets:
  - id: probes
    type: probe-log
    files: [{path: shop.csv, system: shop, interval_seconds: 60, vantage: external}]
  - {id: registers, type: register, folder: registers}
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str


Troth = Callable[..., Said]


@pytest.fixture
def troth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Troth:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROTH_CONFIG", raising=False)

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(list(arguments))
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run


def checked(
    troth: Troth, base: Path, down: list[tuple[datetime, int]], maintenance: str = ""
) -> Path:
    """Check a month in which so many minutes were down from these instants; return the run."""
    (base / "policies").mkdir()
    (base / "policies" / "acme.yaml").write_text(POLICY)
    (base / "troth.yaml").write_text(SETTINGS)
    minutes, at = [], LAST - timedelta(days=1)
    while at < datetime.now(UTC):
        bad = any(begin <= at < begin + count * MINUTE for begin, count in down)
        minutes.append(f"{at.isoformat()},{0 if bad else 1}")
        at += MINUTE
    (base / "shop.csv").write_text("time,up\n" + "\n".join(minutes) + "\n")
    registers = base / "registers"
    registers.mkdir()
    head = f"# register: {{}}\n# exported_at: {datetime.now(UTC).isoformat()}\n# source: tests\n"
    columns = "id,starts_at,ends_at,notified_at,channels,recipients,customers\n"
    (registers / "maintenance.csv").write_text(head.format("maintenance") + columns + maintenance)
    said = troth("check", "--run", str(base / "runs" / "one"))
    assert said.code in (1, 3), said.err
    return base / "runs" / "one"


def test_every_outage_stands_in_the_ledger(troth: Troth, tmp_path: Path) -> None:
    first, second = LAST + timedelta(days=3, hours=4), LAST + timedelta(days=5, hours=1)
    window = f"m-1,{second.isoformat()},{(second + 30 * MINUTE).isoformat()},"
    window += f"{(second - timedelta(days=2)).isoformat()},email,,\n"
    checked(troth, tmp_path, [(first, 60), (second, 30), (LAST, 2)], window)
    said = troth("slo", "acme/1", "--period", MONTH)
    assert said.code == 1, said
    lines = said.out.splitlines()
    assert lines[0] == f"shop, {MONTH} in UTC:"
    times = f"{first - MINUTE / 2:%Y-%m-%d %H:%M:%S} to {first + 59.5 * MINUTE:%H:%M:%S}"
    assert f"  {times}  1 h of it count" in lines
    # It may have begun half a minute before the window.
    assert any("it does not count, 29 min 30 s were announced" in line for line in lines)
    assert any(line.endswith("it does not count") for line in lines)
    assert lines[-1] == "  broken"


def test_without_a_period_it_is_the_newest_that_the_clause_judges(
    troth: Troth, tmp_path: Path
) -> None:
    checked(troth, tmp_path, [])
    said = troth("slo", "acme/1")
    assert (said.code, said.out.splitlines()[-1]) == (0, "  kept")
    assert said.out == troth("slo", "acme/1", "--period", MONTH).out
    assert "  available  100 %" in said.out.splitlines()


def test_json_has_seconds_and_instants(troth: Troth, tmp_path: Path) -> None:
    begin = LAST + timedelta(days=3)
    checked(troth, tmp_path, [(begin, 90)])
    (one,) = json.loads(troth("slo", "acme/1", "--period", MONTH, "--json").out)
    assert (one["kept"], one["system"], one["period"]) == (False, "shop", MONTH)
    assert (one["from"], one["until"]) == (LAST.isoformat(), THIS.isoformat())
    planned = (THIS - LAST).total_seconds()
    assert one["best"] == {"down_seconds": 89 * 60, "planned_seconds": planned}
    assert one["worst"]["down_seconds"] == 91 * 60
    assert one["outages"] == [
        {
            "from": (begin - MINUTE / 2).isoformat(),
            "until": (begin + 89.5 * MINUTE).isoformat(),
            "excused_seconds": 0,
            "counted_seconds": 90 * 60,
        }
    ]


def test_a_running_month_is_told_so_far(troth: Troth, tmp_path: Path) -> None:
    checked(troth, tmp_path, [])
    said = troth("slo", "acme/1", "--period", f"{THIS:%Y-%m}")
    assert said.out.startswith(f"shop, {THIS:%Y-%m} so far in UTC:")


def test_a_month_without_probes_is_unknown(troth: Troth, tmp_path: Path) -> None:
    checked(troth, tmp_path, [])
    before = (LAST - timedelta(days=1)).replace(day=1)
    said = troth("slo", "acme/1", "--period", f"{before:%Y-%m}")
    assert said.code == 3
    assert "no probes" in said.out
    assert "[no-data]" in said.out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acme/9"], "the run judged no clause 'acme/9'"),
        (["1"], "the run judged no clause '1'"),
        (["acme/2"], "acme/2 promises no availability"),
        (["acme/1", "--period", "October"], "'October' is no period; write 2026-10 or 2026"),
        (["acme/1", "--period", "2999-01"], "2999-01 begins after the run"),
        (["acme/1", "--run", "nowhere"], "'nowhere' is not a run folder"),
    ],
)
def test_what_cannot_be_told(troth: Troth, tmp_path: Path, arguments: list[str], said: str) -> None:
    checked(troth, tmp_path, [])
    answer = troth("slo", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_a_run_that_was_changed_is_no_evidence(troth: Troth, tmp_path: Path) -> None:
    run = checked(troth, tmp_path, [])
    shards = (run / "observations").iterdir()
    shard = next(path for path in shards if '"up":true' in path.read_text())
    shard.write_text(shard.read_text().replace('"up":true', '"up":false'))
    answer = troth("slo", "acme/1")
    assert answer.code == 4
    assert "was changed after the run" in answer.err


def test_without_a_run(troth: Troth) -> None:
    assert "there is no run in runs/" in troth("slo", "acme/1").err
