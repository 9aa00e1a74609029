"""``troth report``: write a stored run in other formats, without looking again."""

from __future__ import annotations

import click

from troth.cli import common, earlier, store
from troth.cli.output import Outputs
from troth.report import Format
from troth.report.account import Account


@click.command("report")
@store.options
@click.argument("run")
@common.output_option
def command(asked: store.Asked, run: str, outputs: tuple[str, ...]) -> None:  # fmt: skip
    """Write the stored RUN (a folder) in other formats.

    With a history the page (-o html) also shows how the promises stood in the runs before.
    """
    wanted = Outputs.parse(outputs, only=True)
    account = Account.of_run(common.run_folder(run))
    if any(one.form is Format.HTML for one in wanted.wanted):
        account = earlier.known(account, asked)
    wanted.write(account)
