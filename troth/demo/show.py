"""The demo from beginning to end: build, check, compare, and say how to go on."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import click

from troth.cli import common
from troth.cli.check import MEANING
from troth.cli.output import Outputs
from troth.collect.runner import Budget
from troth.demo import estate, expected, machine, settings
from troth.demo.folder import Folder, claim
from troth.demo.moments import Moments
from troth.errors import Exit, UsageError
from troth.report.words import plural
from troth.run import Run, carry_out, new_id
from troth.verdicts import Gate, exit_code

#: What the extra ``demo`` brings.
LIBRARIES = ("boto3", "moto", "flask", "gcp_storage_emulator", "google.cloud.storage")
#: Threads, and seconds for one checker in one place.
BUDGET = Budget(jobs=8, seconds=60)


def run(folder: Path, *, keep: bool) -> Exit:
    """Build the company in ``folder``, check it, and compare with what is true.

    With ``keep`` the servers run until Ctrl-C. Returns OK if every verdict is the expected one,
    BROKEN otherwise. Raises :class:`~troth.errors.UsageError` if the extra is not installed or
    something else is in the folder.
    """
    _require()
    made = claim(folder)
    moments = Moments(datetime.now(UTC).replace(microsecond=0))
    with settings.environment(), estate.standing(made, moments) as company:
        _built(folder, company)
        done = _checked(made, "troth.yaml", moments.now)
        Outputs.parse(()).write(done.results)
        odd = expected.differences(expected.load(), done.results, company.names)
        _compared(done, odd)
        machine.report(made, moments.now, BUDGET)
        _go_on(folder, done, keep=keep)
        if keep:
            _wait()
    return Exit.BROKEN if odd else Exit.OK


def _require() -> None:
    for name in LIBRARIES:
        try:
            there = find_spec(name) is not None
        except ModuleNotFoundError:
            there = False
        if not there:
            raise UsageError(f"the demo needs {name}; pip install 'troth[demo]'")


def _checked(folder: Folder, config: str, as_of: datetime) -> Run:
    ready = common.prepare(folder.path / config, common.folders((), (), ()))
    runs = ready.setup.config.runs
    folder.make(runs)
    return carry_out(
        ready.setup, ready.plan(), ready.checkers, runs / new_id(as_of), as_of, BUDGET,
        threading.Event(),
    )  # fmt: skip


def _built(folder: Path, company: estate.Estate) -> None:
    click.echo(f"Hinoki, a company that does not exist, was built in {folder} and on loopback:")
    for line in company.lines:
        click.echo(f"  {line}")
    click.echo("  what is wrong there, on purpose, is told in company.md\n")


def _compared(done: Run, odd: list[str]) -> None:
    clauses = plural(len(done.results.summary["clauses"]), "clause")
    if odd:
        click.echo(f"{plural(len(odd), 'difference')} from what is true, of {clauses}:")
        for text in odd:
            click.echo(f"  {text}")
    else:
        click.echo(f"All {clauses} came out as written down by hand (troth/demo/expected.yaml).")
    code = exit_code(done.results, Gate())
    click.echo(f"troth check would have exited with {int(code)}: {MEANING[code]}.\n")


def _go_on(folder: Path, done: Run, *, keep: bool) -> None:
    run_folder = f"{done.folder.parent.name}/{done.folder.name}"
    click.echo("Go on by hand:")
    for command in (
        f"cd {folder}",
        "less company.md",
        "troth plan",
        f"troth explain smart-receico/3.1a --run {run_folder}",
        f"troth replay {run_folder}",
        f"troth report {run_folder} -o junit=junit.xml",
        "troth list waivers -c troth.yaml",
    ):
        click.echo(f"  {command}")
    if not keep:
        click.echo("A new check needs the servers: run `troth demo --keep` in another terminal.")


def _wait() -> None:
    click.echo("The servers run until Ctrl-C. In another terminal, in the folder:")
    click.echo("  . ./demo.env && troth check")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("The servers were stopped.")
