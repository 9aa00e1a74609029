"""What several commands share: options, instants, the names of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from troth.cli.fail_on import FailOnType
from troth.errors import UsageError
from troth.model import FAIL_ON
from troth.report import Format

_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(function: _Command) -> _Command:
    """Add ``--config`` and the folders of a company's own files."""
    for decorate in (
        click.option("--kinds", multiple=True, type=Path, help="Folder of further kinds."),
        click.option("--policies", multiple=True, type=Path, help="Folder of further policies."),
        click.option("--controls", multiple=True, type=Path, help="Folder of further controls."),
        click.option(
            "-c", "--config", "config_path", type=Path, envvar="TROTH_CONFIG",
            help="troth.yaml; by default the nearest from here upwards.",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


def output_option(function: _Command) -> _Command:
    """Add ``-o``."""
    return click.option(
        "-o", "--output", "outputs", multiple=True, metavar="FORMAT[@VERSION][=PATH]",
        help="Write the results so; to standard output without a path. May be given again. "
        f"Formats: {', '.join(Format)}.",
    )(function)  # fmt: skip


def gate_options(function: _Command) -> _Command:
    """Add ``--fail-on`` and ``--gate``."""
    for decorate in (
        click.option(
            "--gate", default="observed,recorded,attested", show_default=True,
            help="Whose unknowns give exit code 3.",
        ),
        click.option(
            "--fail-on", type=click.Choice(FAIL_ON), default="low", show_default=True,
            help="From which severity on a broken promise gives exit code 1.",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


def new_gate_options(function: _Command) -> _Command:
    """Add ``--fail-on`` as it is where there may be an earlier run, ``--gate``, ``--baseline``."""
    for decorate in (
        click.option(
            "--baseline", metavar="RUN",
            help="With --fail-on new: what counts as known is what was broken in this run.",
        ),
        click.option(
            "--gate", default="observed,recorded,attested", show_default=True,
            help="Whose unknowns give exit code 3.",
        ),
        click.option(
            "--fail-on", type=FailOnType(), default="low", show_default=True, metavar="WHICH",
            help="What gives exit code 1: broken promises from a severity on "
            f"({', '.join(FAIL_ON)}), or new, or new,SEVERITY.",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


def history_options(function: _Command) -> _Command:
    """Add ``--history``, ``--scope`` and ``--no-history`` of a check."""
    for decorate in (
        click.option(
            "--no-history", is_flag=True, help="Do not record this run, and tell nobody of it."
        ),
        click.option("--scope", help="Part of the history that this run belongs to."),
        click.option(
            "--history", metavar="STORE",
            help="A file, or postgresql://…; default: TROTH_HISTORY, or history: of troth.yaml.",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


def clause_option(function: _Command) -> _Command:
    """Add ``--clause``."""
    return click.option(
        "--clause", "clauses", multiple=True, metavar="POLICY/CLAUSE",
        help="Only these clauses; * matches anything. May be given again.",
    )(function)  # fmt: skip


Folders = Mapping[str, tuple[Path, ...]]


def folders(
    controls: tuple[Path, ...], policies: tuple[Path, ...], kinds: tuple[Path, ...]
) -> Folders:
    """Return the folders given on the command line by what they hold."""
    return {"controls": controls, "policies": policies, "kinds": kinds}


def merged(extend: Mapping[str, Iterable[Path]], extra: Folders) -> Folders:
    """Return the folders of ``extend:`` and the further ones of the command line, each once."""
    both: dict[str, tuple[Path, ...]] = {}
    for what in ("controls", "policies", "kinds"):
        named = tuple(extend.get(what, ()))
        there = {folder.resolve() for folder in named}
        further = (one for one in extra.get(what, ()) if one.resolve() not in there)
        both[what] = (*named, *further)
    return both


#: What leaves room for every duration before and after, in every zone.
_YEARS = range(1970, 2970)


def instant(text: str | None) -> datetime:
    """Return an ISO 8601 instant with offset in UTC, or now; raises :class:`UsageError`."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        made = None
    if made is None or made.tzinfo is None:
        raise UsageError(
            f"'{text}' is not an instant with its offset; write 2026-11-21T00:00:00+00:00"
        )
    if made.year not in _YEARS:
        raise UsageError(f"the year of '{text}' is not one to judge at; write the right one")
    return made.astimezone(UTC)


def run_folder(text: str, runs: Path | None = None) -> Path:
    """Return a run's folder by path or by its id below ``runs``; raises :class:`UsageError`."""
    from troth import record

    for folder in (Path(text), (runs or Path("runs")) / text):
        if (folder / record.ENVELOPE).is_file():
            return folder
    raise UsageError(f"'{text}' is not a run folder; troth list runs shows them")
