"""``troth report``: write a stored run in other formats, without looking again."""

from __future__ import annotations

import click

from troth.cli import common
from troth.cli.output import Outputs
from troth.report.account import Account


@click.command("report")
@click.argument("run")
@common.output_option
def command(run: str, outputs: tuple[str, ...]) -> None:  # fmt: skip
    """Write the stored RUN (a folder) in other formats."""
    wanted = Outputs.parse(outputs, only=True)
    wanted.write(Account.of_run(common.run_folder(run)))
