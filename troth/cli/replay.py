"""``troth replay``: judge a stored run again, from its own files, with sockets refused."""

from __future__ import annotations

import click

from troth.cli import common, fail
from troth.cli.output import Outputs, gate_of
from troth.errors import Exit
from troth.offline import refuse_sockets
from troth.replay import replay
from troth.report.account import Account
from troth.verdicts import exit_code, first


@click.command("replay")
@click.argument("run")
@common.output_option
@common.gate_options
@click.option(
    "--what-if",
    is_flag=True,
    help="The run's files were changed on purpose: judge them, do not call it tampering.",
)
def command(
    run: str, outputs: tuple[str, ...], fail_on: str, gate: str, what_if: bool
) -> None:  # fmt: skip
    """Judge the stored RUN (a folder) again; exit 4 if anything differs from what it recorded."""
    refuse_sockets()
    wanted, gating = Outputs.parse(outputs), gate_of(fail_on, gate)
    folder = common.run_folder(run)
    replayed = replay(folder, what_if=what_if)
    wanted.write(Account.of_run(folder, replayed.results))
    codes = [exit_code(replayed.results, gating)]
    for text in replayed.differences:
        click.echo(f"troth: {text}", err=True)
    if replayed.differences and not what_if:
        codes.append(Exit.INTEGRITY)
    if not replayed.differences:
        click.echo(f"the results are the recorded ones: {replayed.digest}", err=True)
    fail(first(codes))
