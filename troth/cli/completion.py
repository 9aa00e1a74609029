"""``troth completion``: print the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from troth.errors import UsageError

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
def command(shell: str) -> None:
    """Print the completion script of SHELL: bash, zsh or fish.

    For instance: eval "$(troth completion bash)"
    """
    from troth.cli import root

    made = get_completion_class(shell)
    if made is None:
        raise UsageError(f"click has no completion for {shell}; use one of {', '.join(SHELLS)}")
    click.echo(made(root, {}, "troth", "_TROTH_COMPLETE").source())
