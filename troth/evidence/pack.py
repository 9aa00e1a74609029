"""Packing: from a stored run folder to a sealed, signed bag; nothing is looked at again.

Everything but the signature depends on the run and the order alone, so packing twice gives the same
bytes. What would not verify is not signed, and neither is what holds a secret.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import troth
from troth import record
from troth.collect.inputs import file_name
from troth.errors import InputError, Place, Problem, UsageError
from troth.evidence import archive, bag, facts, population, readme, renditions, verify
from troth.evidence.signers import Signer
from troth.report.account import Account
from troth.report.words import harmless
from troth.shipped import FOLDER

#: For how many days after the run a bag is kept if nobody says otherwise.
KEPT_DAYS = 400

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Order:
    """What a bag is to say besides the run, and who signs it.

    ``retain_until`` is a date in UTC; without it :data:`KEPT_DAYS` after the run. ``previous`` is
    the bag before this one in the chain. ``stamp`` gets a timestamp over the signature. Without
    ``signer`` the bag is not signed.
    """

    signer: Signer | None = None
    stamp: Callable[[bytes], bytes] | None = None
    organization: str = ""
    retain_until: date | None = None
    previous: Path | None = None


@dataclass(frozen=True)
class Packed:
    """A bag that was made: where it lies, and what was signed by whom (empty if nobody did)."""

    path: Path
    run: str
    tagmanifest: str
    keyid: str
    retain_until: date


def pack(run: Path, out: Path, order: Order) -> Packed:
    """Pack a run folder as ``out``: an archive if it ends in ``.tar.gz``, otherwise a folder.

    Raises :class:`~troth.errors.IntegrityError` if the run was changed since it was recorded,
    :class:`~troth.errors.InputError` if a secret is in it, and
    :class:`~troth.errors.UsageError` if there is something at ``out`` already.
    """
    if out.exists():
        raise UsageError(f"{out} is there already; remove it, or choose another name with --out")
    account = Account.of_run(run)
    name = file_name(account.envelope["id"])
    ended = datetime.fromisoformat(account.envelope["finished_at"])
    kept = order.retain_until or (ended + timedelta(days=KEPT_DAYS)).date()
    if kept <= ended.date():
        text = f"--retain-until: {kept} is not after the run, which ended on {ended.date()}"
        raise UsageError(f"{text}; name a later date")
    with _staging(out) as place:
        folder = place / f"troth-{name}"
        info = _info(account, order, ended, kept)
        fill(folder, account, info)
        _refuse_secrets(folder)
        sealed = bag.seal(folder, info)
        verify.check_contents(folder)
        if order.signer:
            signature = folder / bag.SIGNATURES / f"{name}{bag.SIGNATURE}"
            bag.write(signature, _signed(account, sealed, order.signer, order.stamp))
        _hand_over(folder, out, int(ended.timestamp()))
    keyid = order.signer.keyid if order.signer else ""
    return Packed(out, account.envelope["id"], sealed, keyid, kept)


def fill(folder: Path, account: Account, info: dict[str, str]) -> None:
    """Write everything of a bag but its manifests into ``folder``."""
    data = folder / bag.DATA
    _copy(account.folder / record.ENVELOPE, data / record.ENVELOPE)
    for name in account.envelope["files"]:
        if not bag.is_safe(name):
            text = f"{name!r} is no name for a file of a bag; rename what it was copied from"
            raise UsageError(text)
        if name.startswith(f"{record.OBSERVATIONS}/"):
            facts.split(account.folder / name, data / name, data)
        else:
            _copy(account.folder / name, data / name)
    as_of = datetime.fromisoformat(account.envelope["as_of"])
    into = data / population.FOLDER
    population.write(account.folder, account.setup, account.plan, as_of, into)
    renditions.write(account, data)
    text = readme.text(account.summary, account.envelope, info)
    bag.write(folder / bag.README, text.encode())
    _copy(FOLDER / "evidence" / bag.SCRIPT, folder / bag.SCRIPT)


def _info(account: Account, order: Order, ended: datetime, kept: date) -> dict[str, str]:
    """Return the labels of bag-info.txt; of the run's own time, so that they stay the same."""
    labels = {"Source-Organization": harmless(order.organization)} if order.organization else {}
    labels |= {
        "External-Identifier": harmless(account.envelope["id"]),
        "Bagging-Date": ended.date().isoformat(),
        "Bag-Software-Agent": f"troth {troth.__version__}",
        "Retain-Until": kept.isoformat(),
    }
    if order.previous:
        labels[verify.PREVIOUS] = verify.tagmanifest_of(order.previous)
    return labels


def _refuse_secrets(folder: Path) -> None:
    from troth.evidence import secrets

    problems = [
        Problem(
            Place(str(found.path), found.line),
            f"{found.what}; nothing was signed: keep it out of the scanned system and check again",
        )
        for found in secrets.scan(folder)
    ]
    if problems:
        raise InputError(problems)


def _signed(
    account: Account, sealed: str, signer: Signer, stamp: Callable[[bytes], bytes] | None
) -> bytes:
    from troth.evidence import sigstore, statement

    told = statement.statement(account.summary, account.envelope, sealed)
    return sigstore.bundle(told, signer, stamp)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as old, bag.new(target) as new:
        while block := old.read(_BLOCK):
            new.write(block)


@contextmanager
def _staging(out: Path) -> Iterator[Path]:
    """Yield a folder on the disk where the bag will lie; nothing of it stays if packing fails."""
    try:
        made = tempfile.TemporaryDirectory(dir=out.parent, prefix=".troth-pack-")
    except OSError as error:
        text = f"{out} cannot be written: {error.strerror}; choose another with --out"
        raise UsageError(text) from None
    with made as place:
        yield Path(place)


def _hand_over(folder: Path, out: Path, modified: int) -> None:
    """Put the finished bag in its place, whole or not at all."""
    if not out.name.endswith(archive.SUFFIX):
        folder.rename(out)
        return
    whole = folder.with_name(out.name)
    archive.write(folder, whole, modified)
    os.link(whole, out)  # unlike a rename this never takes another's place
