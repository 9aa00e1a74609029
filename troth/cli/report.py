"""``troth report``: write a stored run in other formats, without looking again."""

from __future__ import annotations

from pathlib import Path

import click

from troth import record
from troth.cli import common
from troth.cli.output import Outputs
from troth.errors import IntegrityError
from troth.verdicts import Results


@click.command("report")
@click.argument("run")
@common.output_option
def command(run: str, outputs: tuple[str, ...]) -> None:  # fmt: skip
    """Write the stored RUN (a folder) in other formats."""
    wanted = Outputs.parse(outputs, only=True)
    wanted.write(stored(common.run_folder(run)))


def stored(folder: Path) -> Results:
    """Return a run's stored results after its files have been compared with its manifest.

    Raises :class:`~troth.errors.IntegrityError` naming every file that was changed.
    """
    envelope = record.get_envelope(folder)
    changed = record.verify(folder, envelope["files"])
    if changed:
        raise IntegrityError("\n".join(f"{folder}: {text}" for text in changed))
    summary = record.get_json(folder / record.RESULTS)
    return Results(summary, tuple(record.get_lines(folder / record.FINDINGS)))
