"""``troth demo``: everything on an invented company, on loopback, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import click

from troth.cli import fail


@click.command("demo")
@click.argument("folder", type=Path, default=Path("troth-demo"))
@click.option("--keep", is_flag=True, help="Keep the emulators running until Ctrl-C.")
def command(folder: Path, keep: bool) -> None:
    """Build a small company on loopback in FOLDER, check it, and compare with what is true.

    Exits 0 if and only if every verdict is the one written down by hand.
    """
    from troth.demo import run

    fail(run(folder, keep=keep))
