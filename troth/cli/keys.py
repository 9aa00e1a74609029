"""``troth keys``: the keys that sign bundles."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from troth.errors import UsageError

#: The environment variable that holds a private key's passphrase.
VARIABLE = "TROTH_KEY_PASSPHRASE"


@click.group("keys")
def command() -> None:
    """Make the keys that sign evidence bundles, and show their public halves."""


@command.command("new")
@click.argument("path", type=Path)
@click.option(
    "--type", "kind", type=click.Choice(["p256", "ed25519"]), default="p256", show_default=True,
    help="P-256 verifies with openssl of any age, Ed25519 with openssl 3.",
)  # fmt: skip
@click.option("--encrypt", is_flag=True, help=f"Encrypt it; from {VARIABLE}, or it is asked for.")
def new(path: Path, kind: str, encrypt: bool) -> None:
    """Write a new private key to PATH, for its owner only, and print its id.

    Never replaces a file. The id is the SHA-256 of the public key, as troth keys export shows it.
    """
    from troth.evidence import keyfiles

    password = _chosen(path) if encrypt else None
    click.echo(keyfiles.write(path, kind, password))
    click.echo(f"wrote {path}; keep it secret. troth keys export {path} shows the rest", err=True)


@command.command("export")
@click.argument("signer", metavar="KEY")
def export(signer: str) -> None:
    """Print the public half of KEY in PEM, and the SHA-256 that it is known by.

    KEY is a private key's file, or NAME:… of an installed signer. The line with the SHA-256 stands
    before the PEM, where readers of PEM pass over it.
    """
    from troth.evidence import signers

    found = signers.load(signer, passphrase)
    click.echo(f"SHA-256 of the public key (DER, SubjectPublicKeyInfo): {found.keyid}")
    click.echo(found.public_pem.decode(), nl=False)


def passphrase(what: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """Return the passphrase of ``what``: from the environment, else asked for at the terminal.

    Raises :class:`~troth.errors.UsageError` where there is neither.
    """
    if VARIABLE in environ:
        return environ[VARIABLE].encode(errors="surrogateescape")
    if not sys.stdin.isatty():
        raise UsageError(f"{what} needs a passphrase and nobody can be asked; set {VARIABLE}")
    typed: str = click.prompt(f"Passphrase of {what}", hide_input=True, err=True)
    return typed.encode()


def _chosen(path: Path) -> bytes:
    """Return a new passphrase, asked for twice; raises :class:`UsageError` for an empty one."""
    if VARIABLE in os.environ or not sys.stdin.isatty():
        made = passphrase(str(path))
    else:
        text = f"New passphrase of {path}"
        typed: str = click.prompt(text, hide_input=True, confirmation_prompt=True, err=True)
        made = typed.encode()
    if not made:
        raise UsageError(f"the passphrase of {path} is empty; choose one, or leave --encrypt out")
    return made
