"""``troth check``: look, judge, record, and say which promises are kept."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click

from troth.cli import common, fail
from troth.cli.output import Outputs, gate_of
from troth.cli.prepare import Ready, prepare
from troth.collect.door import Disguise
from troth.collect.runner import Budget
from troth.errors import Exit
from troth.report.account import Account
from troth.run import Run, carry_out, new_id
from troth.verdicts import exit_code, first


class Stop:
    """Turns the first Ctrl-C or SIGTERM into an orderly end; a second one ends at once."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.event = threading.Event()
        self.code: Exit | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note the signal; raise :class:`KeyboardInterrupt` if it is the second."""
        if self.event.is_set():
            raise KeyboardInterrupt
        self.code = Exit.TERMINATED if number == signal.SIGTERM else Exit.INTERRUPTED
        self.event.set()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the signals while looking; only the main thread may."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@click.command("check")
@common.config_option
@common.clause_option
@common.output_option
@common.gate_options
@click.option("--as-of", help="Judge at this instant (ISO 8601 with offset); default: now.")
@click.option("--run", "run_path", type=Path, help="Folder of the run; default: below runs:.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=16,
    show_default=True,
    help="Calls at the same time.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    default=600.0,
    show_default=True,
    help="Seconds for one checker in one partition.",
)
@click.option(
    "--pseudonymize",
    default="",
    metavar="WHAT,…",
    help="Record pseudonyms for account, person or ip; needs --pseudonym-key.",
)
@click.option(
    "--pseudonym-key",
    type=Path,
    metavar="FILE",
    help="Key of the pseudonyms, 32 bytes or more; it is never recorded.",
)
@click.option("--offline", is_flag=True, help="Refuse every socket; only local reads work.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary on stderr.")
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], clauses: tuple[str, ...], outputs: tuple[str, ...], fail_on: str,
    gate: str, as_of: str | None, run_path: Path | None, jobs: int, timeout: float,
    pseudonymize: str, pseudonym_key: Path | None, offline: bool, quiet: bool,
) -> None:  # fmt: skip
    """Look at the configured targets and say which promises are kept."""
    wanted = Outputs.parse(outputs)
    gating = gate_of(fail_on, gate)
    judged_at = common.instant(as_of)
    ready = prepare(config_path, common.folders(controls, policies, kinds), clauses)
    disguise = _disguise(pseudonymize, pseudonym_key, ready)
    if offline:
        from troth.offline import refuse_sockets

        refuse_sockets()
    stop = Stop()
    runs = ready.setup.config.runs
    folder = run_path or runs / new_id(datetime.now(UTC))
    with stop.listening():
        run = _carried_out(ready, folder, judged_at, Budget(jobs, timeout), stop, quiet, disguise)
    wanted.write(Account.of_run(run.folder, run.results))
    code = first([exit_code(run.results, gating), *([stop.code] if stop.code else [])])
    if not quiet:
        _farewell(run, code)
    fail(code)


def _carried_out(
    ready: Ready, folder: Path, as_of: datetime, budget: Budget, stop: Stop, quiet: bool,
    disguise: Disguise | None,
) -> Run:  # fmt: skip
    from troth.cli.progress import shown

    with shown(quiet=quiet) as progress:
        return carry_out(
            ready.setup, ready.plan(), ready.checkers, folder, as_of, budget, stop.event, progress,
            disguise,
        )  # fmt: skip


def _disguise(wanted: str, key: Path | None, ready: Ready) -> Disguise | None:
    """Return what puts pseudonyms in place, if any are wanted and the inputs allow it."""
    if not wanted and not key:
        return None
    from troth.evidence import disguisable, pseudonyms

    made = pseudonyms.load(wanted, key)
    if made:
        disguisable.require(made, ready.setup)
    return made


def _farewell(run: Run, code: Exit) -> None:
    """Say on stderr where the run lies and what the exit code means."""
    click.echo(f"run: {run.folder}", err=True)
    click.echo(f"exit {int(code)}: {MEANING[code]}", err=True)
    sys.stderr.flush()


MEANING = {
    Exit.OK: "every selected clause was evaluated, none is broken",
    Exit.BROKEN: "a promise is broken",
    Exit.INCOMPLETE: "nothing is broken, but something is unknown, or nothing was evaluated",
    Exit.BUG: "a rule or checker failed; see the findings with reason rule-error",
    Exit.USAGE: "usage, or an invalid or missing file; nothing was evaluated",
    Exit.INTEGRITY: "a stored run or bundle does not match its digests or signature",
    Exit.INTERRUPTED: "interrupted; the partial run is kept",
    Exit.TERMINATED: "terminated; the partial run is kept",
}
