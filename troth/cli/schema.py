"""``troth schema``: print the JSON Schema of a file format of ours."""

from __future__ import annotations

import json

import click

from troth.catalogue import formats
from troth.catalogue.schemas import unknown
from troth.errors import UsageError


@click.command("schema")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Print the JSON Schema of the format NAME; without NAME, list the formats.

    For instance: troth schema report-json > report-json.schema.json
    """
    if name is None:
        for known in formats.names():
            click.echo(f"{known}  {formats.described(known)}")
    elif name in formats.names():
        click.echo(json.dumps(formats.bundled(name), ensure_ascii=False, indent=2))
    else:
        raise UsageError(unknown("format", name, formats.names()))
