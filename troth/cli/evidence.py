"""``troth evidence``: a run as one file that others can verify without troth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from troth.cli import common, keys
from troth.errors import UsageError

if TYPE_CHECKING:  # --help pays for neither
    from troth.dsse import PublicKey
    from troth.evidence.verify import Verified


@click.group("evidence")
def command() -> None:
    """Seal a stored run as a signed bundle, verify one, or show what one says."""


@command.command("pack")
@click.argument("run")
@click.option("--key", metavar="KEY", help="Signs: a private key's file, or NAME:… of a signer.")
@click.option("--unsigned", is_flag=True, help="Nobody signs; verify then needs it too.")
@click.option("--out", type=Path, help="A .tar.gz, or a folder; by default troth-RUN.tar.gz here.")
@click.option("--organization", default="", help="Whose evidence it is, for bag-info.txt.")
@click.option("--previous", type=Path, help="The bundle before this one: chains them.")
@click.option("--tsa", "tsas", multiple=True, metavar="URL", help="Timestamp authority, RFC 3161.")
@click.option("--tsa-ca", type=Path, help="Its root certificates in PEM.")
@click.option("--retain-until", metavar="DATE", help="Kept until then; 400 days without.")
@click.option("--upload", "url", metavar="URL", help="s3:// or gs://, locked until then.")
def pack(
    run: str,
    key: str | None,
    unsigned: bool,
    out: Path | None,
    organization: str,
    previous: Path | None,
    tsas: tuple[str, ...],
    tsa_ca: Path | None,
    retain_until: str | None,
    url: str | None,
) -> None:
    """Pack the stored RUN as a signed bundle, without looking again."""
    from troth.collect.inputs import file_name
    from troth.evidence import archive, signers
    from troth.evidence import pack as packing

    _check_signing(key, tsas, unsigned=unsigned)
    folder, kept = common.run_folder(run), _day(retain_until)
    path = out or Path(f"troth-{file_name(folder.resolve().name)}{archive.SUFFIX}")
    if url and not path.name.endswith(archive.SUFFIX):
        raise UsageError(f"--upload takes an archive; end --out in {archive.SUFFIX}")
    order = packing.Order(
        signers.load(key, keys.passphrase) if key else None,
        _stamper(tsas, tsa_ca),
        organization,
        kept,
        previous,
    )
    packed = packing.pack(folder, path, order)
    click.echo(packed.path)
    click.echo(f"tag manifest {packed.tagmanifest}, kept until {packed.retain_until}", err=True)
    by = f"signed by the key {packed.keyid}" if packed.keyid else "NOT SIGNED"
    click.echo(by, err=True)
    if url:
        _upload(packed.path, url, packed.retain_until)


@command.command("verify")
@click.argument("bag", type=Path)
@click.option("--key", "pems", multiple=True, type=Path, help="The signer's public key in PEM.")
@click.option("--unsigned", is_flag=True, help="Check everything but who made it.")
@click.option("--tsa-ca", type=Path, help="Roots of the timestamp authority; one is required then.")
@click.option("--previous", type=Path, help="The bundle that this one has to follow.")
def verify(
    bag: Path, pems: tuple[Path, ...], unsigned: bool, tsa_ca: Path | None, previous: Path | None
) -> None:
    """Verify BAG, a folder or an archive; exit 4 with the reason if anything does not fit."""
    from troth.evidence import verify as verifying

    if unsigned and (pems or tsa_ca):
        raise UsageError("--unsigned checks no signature; leave it out, or --key and --tsa-ca")
    roots = _bytes(tsa_ca) if tsa_ca else None
    found = verifying.verify(
        bag, _trusted(pems), tsa_roots=roots, unsigned=unsigned, previous=previous
    )
    for line in _told(found):
        click.echo(line)
    for note in found.notes:
        click.echo(f"troth: {note}", err=True)


@command.command("show")
@click.argument("bag", type=Path)
def show(bag: Path) -> None:
    """Show what BAG says of itself; nothing is verified."""
    from troth.evidence import show as showing

    for line in showing.lines(bag):
        click.echo(line)


@command.command("unpack")
@click.argument("bag", type=Path)
@click.argument("folder", type=Path)
def unpack(bag: Path, folder: Path) -> None:
    """Make the run FOLDER of BAG again, byte for byte; its signature is not checked."""
    from troth.evidence import archive, verify
    from troth.evidence import unpack as unpacking

    with archive.opened(bag) as opened:
        verify.check_digests(opened)
        click.echo(unpacking.rebuild(opened, folder))


def _check_signing(key: str | None, tsas: tuple[str, ...], *, unsigned: bool) -> None:
    if unsigned and (key or tsas):
        raise UsageError("--unsigned makes no signature; leave it out, or --key and --tsa")
    if not unsigned and not key:
        text = "a bundle that nobody signed proves nothing; name a key with --key (troth keys new"
        raise UsageError(f"{text} makes one), or write --unsigned")


def _stamper(tsas: tuple[str, ...], tsa_ca: Path | None) -> Callable[[bytes], bytes] | None:
    if not tsas:
        if tsa_ca:
            raise UsageError("--tsa-ca is the root of an authority; name its address with --tsa")
        return None
    from troth.evidence import timestamp

    roots = _bytes(tsa_ca) if tsa_ca else None
    return timestamp.stamper(tsas, roots, lambda text: click.echo(f"troth: {text}", err=True))


def _upload(archive: Path, url: str, until: date) -> None:
    from troth.evidence import upload

    end = datetime.combine(until, time.max, UTC).replace(microsecond=0)
    click.echo(f"stored as {upload.upload(archive, url, end)}, locked until {until}", err=True)


def _trusted(pems: tuple[Path, ...]) -> dict[str, PublicKey]:
    from troth.dsse import KeyFileError
    from troth.evidence import signers

    found: dict[str, PublicKey] = {}
    for path in pems:
        try:
            found |= signers.trusted(_bytes(path))
        except KeyFileError as error:
            raise KeyFileError(f"{path}: {error}") from None
    return found


def _told(found: Verified) -> list[str]:
    """Return what was proved, a line each."""
    as_what = "as it was packed" if found.keyids else "as the bag's own manifests say"
    told = [f"run {found.run}: every file is {as_what}, and the facts fit the results"]
    told += [f"signed by the key {keyid}" for keyid in found.keyids]
    if found.result:
        told.append(f"what it says of the promises, in one word: {found.result}")
    if found.signed_at:
        told.append(f"signed not later than {found.signed_at.isoformat()}")
    if not found.keyids:
        told.append("NOT SIGNED, or not checked: anybody can have made this")
    return told


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--retain-until: '{text}' is not a date; write 2033-11-21") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; correct the path") from None
