"""``troth diff``: what changed between two runs, and whether that ends the pipeline."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from troth import record
from troth.cli import fail, store, terminal
from troth.cli.fail_on import FailOn
from troth.cli.stored import Stored, exit_code
from troth.errors import Exit, UsageError
from troth.model import FAIL_ON
from troth.report.words import harmless

if TYPE_CHECKING:  # --help pays for no database
    from troth.cli.differences import Difference
    from troth.history.changes import Event
    from troth.history.reading import History, Night

FORMATS = ("text", "json", "markdown")
_SCOPE = "compared"


@click.command("diff")
@store.options
@click.argument("old", default="latest~1")
@click.argument("new", default="latest")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="For people, for programs, or for a pull request.",
)
@click.option(
    "--fail-on",
    default="new",
    show_default=True,
    metavar="new[,SEVERITY]|none",
    help="Exit 1 if something broke, only from a severity on, or never.",
)
@click.option("--all", "whole", is_flag=True, help="Tell every change, not the first of each sort.")
def command(
    asked: store.Asked, old: str, new: str, form: str, fail_on: str, whole: bool
) -> None:  # fmt: skip
    """Show what changed from the run OLD to the run NEW.

    A run is the id of a recorded one, latest, latest~1 for the one before it, or the folder of a
    run. Without OLD and NEW the last two recorded runs are compared.

    Exit codes: 1 if something is newly broken, else 3 if something cannot be looked at any more,
    else 0.
    """
    gate = _gate(fail_on)
    store.stores()
    with _compared(asked, old, new, whole=whole) as found:
        _write(found, form)
        code = _exit_code(found.digest.events, gate)
    fail(code)


def _gate(text: str) -> FailOn:
    """Return what ``--fail-on`` asks for: here only new things count, or nothing does."""
    found = FailOn.read(text)
    if found and (found.newly or found.severity == "none"):
        return found
    said = f"--fail-on: '{text}' is neither new nor none; write new, or new with one of"
    raise UsageError(f"{said} {', '.join(FAIL_ON[1:])}, as new,high")


def _exit_code(events: tuple[Event, ...], gate: FailOn) -> Exit:
    from troth.history.changes import NEWLY_BROKEN, Change

    if any(event.change in NEWLY_BROKEN and gate.counts(event.severity) for event in events):
        return Exit.BROKEN
    lost = any(event.change is Change.COVERAGE_LOST for event in events)
    return Exit.INCOMPLETE if lost else Exit.OK


def _write(found: Difference, form: str) -> None:
    from troth.cli import differences

    if form == "text":
        differences.show(found, terminal.console())
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    writer = differences.write_json if form == "json" else differences.write_markdown
    writer(found, sys.stdout)


@contextmanager
def _compared(asked: store.Asked, old: str, new: str, *, whole: bool) -> Iterator[Difference]:
    """Yield what changed: by the history where both are recorded, else by the runs' folders."""
    if not _is_folder(old) and not _is_folder(new) and asked.place():
        with asked.reading() as history:
            yield _between(history, history.night(old), history.night(new), whole=whole)
        return
    with _recorded([_folder(asked, named) for named in (old, new)]) as (history, before, after):
        yield _between(history, before, after, whole=whole)


def _between(history: History, old: Night, new: Night, *, whole: bool) -> Difference:
    from troth.cli import differences
    from troth.history import diff

    if old.seq > new.seq:
        text = f"{old.id} was recorded after {new.id}; the older run comes first"
        raise UsageError(f"{text}: troth diff {new.id} {old.id}")
    if datetime.fromisoformat(old.as_of) > datetime.fromisoformat(new.as_of):
        text = f"{old.id} was judged after {new.id}; the older run comes first"
        click.echo(f"troth: {harmless(text)}", err=True)
    made = diff.between(history, old, new)
    return differences.Difference(old, new, made, None if whole else differences.SHOWN)


def _is_folder(named: str) -> bool:
    return (Path(named) / record.ENVELOPE).is_file()


def _folder(asked: store.Asked, named: str) -> Path:
    """Return a run's folder: the one named, or that of a recorded run, below ``runs:``."""
    for folder in (Path(named), asked.runs / named):
        if (folder / record.ENVELOPE).is_file():
            return folder
    if not asked.place():
        text = f"'{named}' is not a run folder, and no history is named"
        raise UsageError(f"{text}; name two folders, or the history with --history")
    with asked.reading() as history:
        name = history.night(named).id
    if (asked.runs / name / record.ENVELOPE).is_file():
        return asked.runs / name
    text = f"a folder is compared with a folder, and {asked.runs / name} is not there"
    raise UsageError(f"{text}; record the other run too (troth history record), or name a folder")


@contextmanager
def _recorded(folders: list[Path]) -> Iterator[tuple[History, Night, Night]]:
    """Yield a history of two runs that nothing is left of."""
    from troth.history.reading import History
    from troth.history.recording import record as put
    from troth.report.account import Account

    for folder in folders:
        Stored.of(folder)
    accounts = [Account.of_run(folder) for folder in folders]
    old, new = (one.envelope for one in accounts)
    if old["id"] == new["id"] and old["results_digest"] != new["results_digest"]:
        text = f"{folders[0]} and {folders[1]} are both the run {old['id']}, with other results"
        raise UsageError(f"{text}; one was changed: compare the runs themselves")
    with store.stores().in_memory() as made:
        for account in accounts:
            put(made, _SCOPE, account, exit_code(account), datetime.now(UTC))
        with made.reading() as connection:
            history = History(connection, _SCOPE)
            yield history, history.night(old["id"]), history.night(new["id"])
