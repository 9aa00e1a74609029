"""``troth history``: recorded runs, how promises stood over time, and the care of the store."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from troth.cli import common, store, terminal
from troth.cli.stored import Stored, exit_code
from troth.errors import IntegrityError, UsageError
from troth.record import get_envelope as record_of
from troth.report.words import harmless, plural

if TYPE_CHECKING:  # --help pays for no database
    from troth.history.prune import Pruned
    from troth.history.store import Store
    from troth.report.account import Account


class _Group(click.Group):
    """Shows whatever is named that is no command: a clause, a document, a finding."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of a line; one that is nearly a command's name is an error."""
        named = args[0] if args else ""
        if named not in self.commands and not named.startswith("-"):
            near = get_close_matches(named, self.commands, n=1)
            if near:
                text = f"there is no command '{named}'; did you mean '{near[0]}'?"
                raise click.UsageError(f"{text} A document: troth history show {named}")
            args = ["show", *args]
        return super().resolve_command(ctx, args)


_all_option = click.option(
    "--all", "whole", is_flag=True, help="Show everything, not the latest only."
)


@click.group("history", cls=_Group, invoke_without_command=True)
@store.options
@_all_option
@click.pass_context
def command(ctx: click.Context, asked: store.Asked, whole: bool) -> None:
    """Show the recorded runs, or how a promise stood over time.

    troth history POLICY/CLAUSE shows a clause, troth history POLICY a document, and troth history
    f-… a finding. Without a name the runs are listed, the last one first.
    """
    if ctx.invoked_subcommand is None:
        with asked.reading() as history:
            from troth.cli import timeline

            timeline.runs(history, terminal.console(), whole=whole)


@command.command("show")
@store.options
@click.argument("name")
@_all_option
def show(asked: store.Asked, name: str, whole: bool) -> None:
    """Show how NAME stood over time: POLICY/CLAUSE, POLICY, or a finding, f-…."""
    with asked.reading() as history:
        from troth.cli import timeline

        timeline.of(history, name, terminal.console(), whole=whole or _around("whole"))


def _around(option: str) -> bool:
    """Tell whether a flag was given to the command around this one."""
    around = click.get_current_context().parent
    return around is not None and bool(around.params.get(option))


@command.command("record")
@store.options
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
def record(asked: store.Asked, runs: tuple[str, ...]) -> None:
    """Record stored runs (folders, or ids below runs:) afterwards, in the order of their times.

    A run that is recorded already is left alone. The exit code is that of the default gate. The
    first run makes the store.
    """
    folders = [common.run_folder(one, asked.runs) for one in runs]
    stored = sorted((Stored.of(folder) for folder in folders), key=lambda one: one.judged)
    with asked.opened(writes=True, create=True) as (opened, scope):
        new = _new(opened, scope, stored)
        for one in stored:
            if one in new:
                _put(opened, scope, one)
            else:
                click.echo(f"{harmless(one.id)}: recorded already")


@command.command("verify")
@store.options
@click.option("--head", default="", metavar="DIGEST", help="A head that was kept elsewhere.")
def verify(asked: store.Asked, head: str) -> None:
    """Verify the chain of all recorded runs and everything it covers; exit 4 if it does not fit.

    Prints the chain's head: keep it where whoever writes the store cannot reach it.
    """
    with asked.opened() as (opened, _):
        from troth.history.verify import verify as verifying

        found = verifying(opened, head)
    if found.problems:
        raise IntegrityError("\n".join(found.problems))
    click.echo(f"{plural(found.links, 'link')}, and everything fits")
    click.echo(found.head)


@command.command("prune")
@store.options
@click.option("--keep", required=True, metavar="DURATION", help="As P1Y or P90D: what stays.")
def prune(asked: store.Asked, keep: str) -> None:
    """Take out what ended before the last DURATION; what still holds stays, and so does every run.

    The chain gets a link that says what was taken out, so that verify still fits.
    """
    before = _before(keep)
    with asked.opened(writes=True) as (opened, scope):
        from troth.history import prune as pruning

        gone = pruning.prune(opened, scope, before, datetime.now(UTC))
        given = bool(gone.horizon) and opened.vacuum()
    for line in _pruned(gone, given=given):
        click.echo(line)


def _new(opened: Store, scope: str, stored: list[Stored]) -> list[Stored]:
    """Return the runs that are not recorded yet; raises for one that has no place there."""
    from troth.history.order import misplaced

    new = _unknown(opened, scope, stored)
    for one in new:
        if why := misplaced(opened, scope, one.id, one.judged, datetime.now(UTC)):
            step = "a history goes forward: record it in another scope with --scope"
            raise UsageError(f"{one.folder} {why}; {step}")
    return new


def _unknown(opened: Store, scope: str, stored: list[Stored]) -> list[Stored]:
    """Return the runs that no recorded one is; raises if one has another's id."""
    from troth.history.reading import History, scopes
    from troth.history.recording import check_same

    with opened.reading() as connection:
        if scope not in scopes(connection):
            return stored
        history = History(connection, scope)
        new = [one for one in stored if not history.has(one.id)]
        for one in stored:
            if one not in new:
                check_same(history.night(one.id).body, record_of(one.folder))
    return new


def _put(opened: Store, scope: str, one: Stored) -> None:
    from troth.history.recording import record as put
    from troth.report.account import Account

    account = Account.of_run(one.folder)
    _whole(account)
    code = exit_code(account)
    made = put(opened, scope, account, code, datetime.now(UTC))
    said = "recorded already" if made.known else f"recorded, exit {code}, head {made.head}"
    click.echo(f"{harmless(one.id)}: {said}")


def _whole(account: Account) -> None:
    """Refuse a run over some clauses only: recorded, all others would look lost."""
    chosen = account.envelope["clauses"]
    lacking = [
        name for name, one in account.policies.items() if len(chosen[name]) < len(one.clauses)
    ]
    if lacking:
        text = f"{account.folder}: this run judged only some clauses of {', '.join(lacking)}"
        raise UsageError(f"{text}; recorded, the others would look lost: record a whole run")


def _before(keep: str) -> datetime:
    from zoneinfo import ZoneInfo

    from troth.params import BadValue, parse_duration

    try:
        return parse_duration(keep).before(datetime.now(UTC), ZoneInfo("UTC"))
    except BadValue as error:
        raise UsageError(f"--keep: {error}") from None
    except (OverflowError, ValueError):
        raise UsageError(f"--keep: {keep} reaches back too far; write a shorter one") from None


def _pruned(gone: Pruned, *, given: bool) -> list[str]:
    """Return what was taken out, a line each; the head last, as verify prints it.

    ``given`` tells that the space was given back.
    """
    if not gone.horizon:
        return ["nothing is older than that: nothing was taken out", gone.head]
    numbers = ((gone.spans, "span"), (gone.events, "event"), (gone.subjects, "subject"))
    counts = ", ".join(plural(number, one) for number, one in numbers)
    contents = plural(gone.contents, "content")
    return [
        f"taken out: {counts}, {contents}",
        f"whole from the run {harmless(gone.horizon)} on; every run is still in the chain",
        *([] if given else ["PostgreSQL gives the space back by itself (autovacuum)"]),
        gone.head,
    ]
