"""``troth serve``: a small local web page over the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from troth.cli import fail, store
from troth.errors import TrothError, UsageError

if TYPE_CHECKING:  # --help pays for neither
    from troth.serve.address import Listen
    from troth.serve.source import Source


@click.command("serve")
@store.options
@click.option(
    "--listen",
    "listen_at",
    default="127.0.0.1:8421",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="Where to serve; port 0 takes a free one.",
)
@click.option(
    "--host-name",
    "host_names",
    multiple=True,
    metavar="NAME",
    help="A name by which a proxy asks for the pages. May be given again.",
)
@click.option(
    "--allow-remote", is_flag=True,
    help="Serve others than this machine; nobody is asked who they are.",
)  # fmt: skip
def command(
    asked: store.Asked, listen_at: str, host_names: tuple[str, ...], allow_remote: bool
) -> None:
    """Serve the history as web pages on this machine, until Ctrl-C; read-only."""
    from troth.serve import address

    at = address.listen(listen_at)
    names = address.names(at, host_names)
    if not at.loopback and not allow_remote:
        text = f"--listen: {at.host} can be reached by others, and nobody is asked who they are"
        raise UsageError(f"{text}; listen at 127.0.0.1 behind a proxy, or add --allow-remote")
    place = asked.place()
    if place is None:
        text = "no history is named; write history: {store: history.db} into troth.yaml"
        raise UsageError(f"{text}, or name one with --history or TROTH_HISTORY")
    _extra()
    from troth.serve import app, server
    from troth.serve.source import Source

    source = Source(place.url, place.scope)

    def ready(real: Listen) -> None:
        click.echo(f"serving http://{real}", err=True)
        if not real.loopback:
            text = "there is no authentication: put a proxy in front that asks who somebody is"
            click.echo(f"troth: {text}", err=True)

    _look(source)
    fail(server.serve(app.make(source, names), at, ready))


def _extra() -> None:
    """Raise :class:`~troth.errors.UsageError` if what the extra brings is not there."""
    import importlib

    try:
        for name in ("flask", "sqlalchemy", "waitress"):
            importlib.import_module(name)
    except ModuleNotFoundError as error:
        text = f"{error.name} is not installed; pip install 'troth[serve]'"
        raise UsageError(text) from None


def _look(source: Source) -> None:
    """Say at once what every page would say; the night that begins the history may still come."""
    from troth.credentials import redacted
    from troth.report.words import harmless

    try:
        with source.history():
            return
    except TrothError as error:
        click.echo(f"troth: {harmless(redacted(str(error)))}", err=True)
