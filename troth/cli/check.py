"""``troth check``: look, judge, record, and say which promises are kept."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from troth import config, lock, record
from troth.cli import common, fail, logs, streams, telling
from troth.cli.afterwards import Changed, Memory
from troth.cli.fail_on import FailOn
from troth.cli.output import Outputs, gate_of
from troth.cli.prepare import Ready, prepare
from troth.cli.stopping import Stop, Stopped, length, limit
from troth.cli.store import Asked
from troth.collect.door import Disguise
from troth.collect.resume import Search
from troth.collect.runner import Budget
from troth.errors import Exit, InputError, UsageError
from troth.events import ERROR, WARNING, tell
from troth.model import Verdict
from troth.report.account import Account
from troth.run import Run, carry_out, new_id
from troth.verdicts import Gate, exit_code, first


class _Wish(NamedTuple):
    """What the options ask for, read before anything else is."""

    outputs: Outputs
    gate: Gate
    as_of: datetime
    budget: Budget
    run: Path | None
    tells: bool


class _Job(NamedTuple):
    """Everything that a check was asked for, read and checked."""

    ready: Ready
    wish: _Wish
    memory: Memory
    told: logs.Logs
    disguise: Disguise | None
    search: Search | None
    stop: Stop


class _End(NamedTuple):
    """What a check came to."""

    run: Run
    changed: Changed
    meaning: str


@click.command("check")
@common.config_option
@common.clause_option
@common.output_option
@common.new_gate_options
@common.history_options
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
    "--max-time",
    metavar="DURATION",
    help="Stop looking after this time (PT3H); what was not read by then is unknown.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Take over what the last run had finished, if that was cut short and asked the same.",
)
@click.option(
    "--resume-within",
    metavar="DURATION",
    default="PT12H",
    show_default=True,
    help="How long ago a run may have begun to be resumed.",
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
@logs.options
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary on stderr.")
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], clauses: tuple[str, ...], outputs: tuple[str, ...], fail_on: FailOn,
    gate: str, baseline: str | None, history: str | None, scope: str | None, no_history: bool,
    as_of: str | None, run_path: Path | None, jobs: int, timeout: float, max_time: str | None,
    resume: bool, resume_within: str, pseudonymize: str, pseudonym_key: Path | None, offline: bool,
    log_format: str, log_level: str | None, quiet: bool,
) -> None:  # fmt: skip
    """Look at the configured targets and say which promises are kept."""
    told = logs.Logs.of(log_format, log_level, quiet=quiet)
    with told.listening():
        wish = _Wish(
            Outputs.parse(outputs), gate_of(fail_on.plain, gate), common.instant(as_of),
            Budget(jobs, timeout, limit(max_time)), run_path, not (offline or no_history),
        )  # fmt: skip
        within = length(resume_within, "--resume-within")
        stop = Stop()

        def read() -> Ready:
            return prepare(config_path, common.folders(controls, policies, kinds), clauses)

        with stop.listening():
            with _begun(config_path, wish, read) as (ready, ended):
                settings = ready.setup.config
                earlier = common.run_folder(baseline, settings.runs) if baseline else None
                asked = Asked(Path(settings.path), history, scope)
                memory = Memory.of(
                    asked, settings, earlier, fail_on, whole=not clauses, off=no_history
                )
                disguise = _disguise(pseudonymize, pseudonym_key, ready)
                if offline:
                    from troth.offline import refuse_sockets

                    refuse_sockets()
                search = Search(settings.runs, within, resume_within) if resume else None
                job = _Job(ready, wish, memory, told, disguise, search, stop)
                end = _done(job)
                ended.code = end.changed.code
                ended.summary = telling.summary(end.changed, end.run.folder.name, end.meaning)
            code = _farewell(end, told, stop)
    fail(code)


@contextlib.contextmanager
def _begun(
    config_path: Path | None, wish: _Wish, read: Callable[[], Ready]
) -> Iterator[tuple[Ready, telling.Ended]]:
    """Hold the lock and tell the dead man's switch, as soon as troth.yaml has named both.

    What is wrong with anything else that a run needs is then told to the switch as well.
    """
    try:
        named = config.load(config_path or config.find(Path.cwd()), None)
    except InputError:
        read()  # tells everything that is wrong, not only there
        raise
    ping = named.ping if wish.tells else ""
    with _locked(named.runs, wish.run), telling.pinged(ping) as ended:
        ready = read()
        if ready.setup.config.runs != named.runs:  # then another lock would be the right one
            raise UsageError(f"{named.path} was changed while it was read; start again")
        yield ready, ended


def _done(job: _Job) -> _End:
    """Look, judge, write, remember and tell."""
    settings, memory, stop = job.ready.setup.config, job.memory, job.stop
    if job.wish.tells:
        telling.warn(settings)
    run, codes = _looked(job)
    account = Account.of_run(run.folder, run.results)
    before, after = job.wish.outputs.around()
    written = _written(before, account)
    # What the history keeps as the exit code has to be what the process ends with.
    codes += [*([] if written else [Exit.INCOMPLETE]), *stop.codes]
    changed = memory.changed(account, codes)
    if not _written_again(after, memory, changed, account):
        written, changed = False, changed._replace(code=first([changed.code, Exit.INCOMPLETE]))
    if job.wish.tells:
        telling.told(settings, memory.place, changed)
    changed = changed._replace(code=first([changed.code, *stop.codes]))
    return _End(run, changed, _meaning(changed, account, written=written))


def _looked(job: _Job) -> tuple[Run, list[Exit]]:
    """Look and judge; return the run, and the exit codes that it asks for."""
    from troth.cli.progress import shown

    stop, wish, setup = job.stop, job.wish, job.ready.setup
    if stop.code:
        raise Stopped(stop.code)
    folder = wish.run or setup.config.runs / new_id(datetime.now(UTC))
    job.memory.begins(folder)
    with shown(quiet=job.told.is_silent) as progress:
        run = carry_out(
            setup, job.ready.plan(), job.ready.checkers, folder, wish.as_of, wish.budget,
            stop.event, progress, job.disguise, job.search,
        )  # fmt: skip
    codes = [exit_code(run.results, wish.gate)]
    if run.envelope["state"] == "partial":
        codes.append(Exit.INCOMPLETE)
    return run, codes


@contextlib.contextmanager
def _locked(runs: Path, run_path: Path | None) -> Iterator[None]:
    """Hold the lock of the folder of runs, unless there is none and the run goes elsewhere."""
    if run_path is not None:
        record.require_new(run_path)  # before the folder of runs is made for nothing
    is_new = not runs.exists()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.held(runs, datetime.now(UTC)))
        except lock.NoLockFile as error:
            if run_path is None:
                raise
            tell("not locked", WARNING, reason=str(error))
            is_new = False
        try:
            yield
        except BaseException:
            if is_new:
                _unmade(runs)
            raise


def _unmade(runs: Path) -> None:
    """Take away a folder of runs that was made for a run that never began; it is still locked."""
    with contextlib.suppress(OSError):
        if [path.name for path in runs.iterdir()] == [lock.NAME]:
            (runs / lock.NAME).unlink()
            runs.rmdir()


def _disguise(wanted: str, key: Path | None, ready: Ready) -> Disguise | None:
    """Return what puts pseudonyms in place, if any are wanted and the inputs allow it."""
    if not wanted and not key:
        return None
    from troth.evidence import disguisable, pseudonyms

    made = pseudonyms.load(wanted, key)
    if made:
        disguisable.require(made, ready.setup)
    return made


def _written(outputs: Outputs, account: Account) -> bool:
    """Write the outputs; tell of those that could not be written, for the run is kept."""
    try:
        outputs.write(account)
    except (BrokenPipeError, SystemExit):  # nobody reads any more; the terminal's writer exits then
        streams.let_go()
        return False
    except UsageError as error:
        for line in str(error).splitlines():
            said = f"{line}; the run is kept, troth report {account.folder} writes it again"
            tell("output not written", ERROR, said=said)
        return False
    return True


def _written_again(outputs: Outputs, memory: Memory, changed: Changed, account: Account) -> bool:
    """Write what shows the history, now that the run is in it; tell if nothing stands there."""
    if not outputs.wanted:
        return True
    shown = memory.shown(changed, account)
    again, once = outputs.parted()
    if shown is not account:
        try:
            again.write(shown)
        except UsageError as error:
            tell(
                "output without history",
                WARNING,
                said=f"{error}; this night's history is not shown there",
            )
    return not once.wanted or _written(once, shown)


def _farewell(end: _End, told: logs.Logs, stop: Stop) -> Exit:
    """Say where the run lies, what is other than before, and what the exit code means; return it.

    A signal that came while the dead man's switch was told of another code still counts.
    """
    run, changed, meaning = end
    code = first([changed.code, *stop.codes])
    if code is not changed.code:
        meaning = MEANING[code]
    stop.told()
    tell("exit", code=int(code), meaning=meaning, run=run.folder.name)
    if not told.is_silent:
        click.echo(f"run: {run.folder}", err=True)
        if changed.digest:
            click.echo(f"history: {telling.changes(changed.digest)}", err=True)
        click.echo(f"exit {int(code)}: {meaning}", err=True)
        sys.stderr.flush()
    return code


def _meaning(changed: Changed, account: Account, *, written: bool) -> str:
    """Return what an exit code means here: ``--fail-on`` may leave out what is broken."""
    code = changed.code
    if changed.failed and code is Exit.INCOMPLETE:
        return "the run could not be recorded, so what is new is not known"
    if not written and code is Exit.INCOMPLETE:
        return "an output could not be written; the run is kept"
    broken = any(row["verdict"] == Verdict.FAIL and not row["waived"] for row in account.clauses)
    return _UNCOUNTED.get(code, MEANING[code]) if broken else MEANING[code]


_UNCOUNTED = {
    Exit.OK: "every selected clause was evaluated; what is broken is not counted by --fail-on",
    Exit.INCOMPLETE: "something is unknown; what is broken is not counted by --fail-on",
}
MEANING = {
    Exit.OK: "every selected clause was evaluated, none is broken",
    Exit.BROKEN: "a promise is broken",
    Exit.INCOMPLETE: "nothing is broken, but something is unknown, or nothing was evaluated",
    Exit.BUG: "a rule or checker failed; see the findings with reason rule-error",
    Exit.USAGE: "usage, or an invalid or missing file; nothing was evaluated",
    Exit.INTEGRITY: "a stored run or bundle does not match its digests or signature",
    Exit.INTERRUPTED: "interrupted; what was looked at by then is kept",
    Exit.TERMINATED: "terminated; what was looked at by then is kept",
}
