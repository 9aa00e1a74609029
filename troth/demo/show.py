"""The demo from beginning to end: build, check, compare, and say how to go on."""

from __future__ import annotations

import shlex
import sys
import threading
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import click

from troth.demo import bundle, estate, expected, machine, settings
from troth.demo.check import check
from troth.demo.folder import Folder, claim
from troth.demo.moments import Moments
from troth.errors import Exit, UsageError
from troth.report import console
from troth.report.account import Account
from troth.report.words import plural
from troth.run import Run
from troth.verdicts import Gate, exit_code

#: What the extra ``demo`` brings.
LIBRARIES = ("boto3", "moto", "flask", "gcp_storage_emulator", "google.cloud.storage", "httpx")
#: Columns of a report that goes into a pipe.
_WIDTH = 110


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
        done = check(made, "troth.yaml", moments.now)
        _result(done)
        odd = expected.differences(expected.load(), done.results, company.names)
        _compared(done, odd)
        bundle.seal(made, done)
        apart = machine.report(made, moments.now)
        _go_on(made, folder, _commands(folder, done, apart))
        if keep:
            _wait()
    return Exit.BROKEN if odd else Exit.OK


def _require() -> None:
    for name in LIBRARIES:
        if not _installed(name):
            raise UsageError(f"the demo needs {name}; pip install 'troth[demo]'")


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _built(folder: Path, company: estate.Estate) -> None:
    click.echo(f"Hinoki, a company that does not exist, was built in {folder} and on loopback:")
    for line in company.lines:
        click.echo(f"  {line}")
    click.echo("  company.md tells what is wrong there, on purpose\n")


def _result(done: Run) -> None:
    from rich.console import Console

    width = None if sys.stdout.isatty() else _WIDTH
    console.show(
        Account.of_run(done.folder, done.results),
        Console(file=sys.stdout, width=width, highlight=False),
    )


def _compared(done: Run, odd: list[str]) -> None:
    clauses = plural(len(done.results.summary["clauses"]), "clause")
    click.echo()
    if odd:
        click.echo(f"{plural(len(odd), 'difference')} from what is true of the {clauses}:")
        for text in odd:
            click.echo(f"  {text}")
    else:
        click.echo(f"All {clauses} came out as they had to: nothing differs from what is true,")
        click.echo("which was written down by hand (expected.yaml of the demo).")
    code = int(exit_code(done.results, Gate()))
    click.echo(f"troth check would have exited with {code}; troth explain exit:{code} says why.\n")


def _commands(folder: Path, done: Run, apart: Run) -> str:
    """Return what to type next; all of it works without the servers."""
    ours, theirs = (f"{one.folder.parent.name}/{one.folder.name}" for one in (done, apart))
    lines = (
        f"cd {shlex.quote(str(folder))}",
        "cat company.md",
        "troth plan",
        "troth list waivers -c troth.yaml",
        f"troth explain smart-receico/3.1a --run {ours}",
        f"troth replay {ours}",
        f"troth report {ours} -o html=report.html -o junit=junit.xml",
        f"troth evidence verify {bundle.BUNDLE} --key {bundle.PUBLIC}",
        f"troth replay {bundle.BUNDLE}",
        f"tar xzf {bundle.BUNDLE}",
        f"sh troth-*/verify.sh {bundle.BUNDLE} {bundle.PUBLIC}",
        f"troth report {theirs}",
    )
    return "".join(f"  {line}\n" for line in lines)


def _go_on(folder: Folder, given: Path, commands: str) -> None:
    folder.put("commands.txt", commands)
    own = Path(sys.argv[0]).absolute().parent
    if (own / "troth").is_file() and which("troth") is None:
        click.echo("The shell does not find troth yet; this tells it where troth is:")
        click.echo(f"  PATH={shlex.quote(str(own))}:$PATH\n")
    click.echo("Go on by hand (commands.txt has these lines):")
    click.echo(commands, nl=False)
    click.echo("A new check needs the servers. This builds them again, in an emptied folder, and")
    click.echo("lets them stand:")
    click.echo(f"  troth demo --keep {shlex.quote(str(given.resolve()))}")


def _wait() -> None:
    click.echo("\nThe servers stand until Ctrl-C. In another terminal, in the folder:")
    click.echo("  . ./demo.env && troth check")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("The servers are gone.")
