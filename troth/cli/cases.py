"""``troth test``: run the worked examples of controls; offline."""

from __future__ import annotations

from pathlib import Path

import click

from troth import cases
from troth.cli import common, fail
from troth.cli.known import known
from troth.errors import Exit, UsageError
from troth.report.words import plural


@click.command("test")
@common.config_option
@click.argument("controls_named", nargs=-1, metavar="[CONTROL]...")
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], controls_named: tuple[str, ...],
) -> None:  # fmt: skip
    """Run the cases of all controls, or of those named; exit 1 if one is not as wanted."""
    books = known(config_path, common.folders(controls, policies, kinds), ()).books
    names = controls_named or tuple(books.controls)
    for name in names:
        if name not in books.controls:
            raise UsageError(f"there is no control '{name}'; troth list controls shows them")
    outcomes = [outcome for name in names for outcome in cases.run(books.controls[name], books)]
    wrong = [outcome for outcome in outcomes if outcome.faults]
    for outcome in wrong:
        click.echo(f"{outcome.place} {outcome.control}: {outcome.case}")
        for fault in outcome.faults:
            click.echo(f"    {fault}")
    click.echo(
        f"{plural(len(names), 'control')}, {plural(len(outcomes), 'case')}, {len(wrong)} wrong"
    )
    fail(Exit.BROKEN if wrong else Exit.OK)
