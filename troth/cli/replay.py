"""``troth replay``: judge a stored run again, from its own files, with sockets refused."""

from __future__ import annotations

import click

from troth.cli import common, fail
from troth.cli.output import Outputs, gate_of
from troth.errors import Exit
from troth.offline import refuse_sockets
from troth.replay import replay
from troth.verdicts import FAIL_ON, exit_code, first


@click.command("replay")
@click.argument("run")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="text, json or junit; to standard output without a path. May be given again.",
)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="low",
    show_default=True,
    help="From which severity on a broken promise gives exit code 1.",
)
@click.option(
    "--gate",
    default="observed,recorded,attested",
    show_default=True,
    help="Whose unknowns give exit code 3.",
)
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
    replayed = replay(common.run_folder(run))
    wanted.write(replayed.results)
    codes = [exit_code(replayed.results, gating)]
    for text in replayed.differences:
        click.echo(f"troth: {text}", err=True)
    if replayed.differences and not what_if:
        codes.append(Exit.INTEGRITY)
    if not replayed.differences:
        click.echo(f"the results are the recorded ones: {replayed.digest}", err=True)
    fail(first(codes))
