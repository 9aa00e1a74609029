"""Verification: is a bag whole, is it what was signed, and who signed it.

The order matters: first the signature, then what it covers, then what that covers, down to the
facts. Whoever changes a file and every digest above it fails at the signature, and is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from troth import record
from troth.dsse import PublicKey
from troth.errors import IntegrityError, UsageError
from troth.evidence import archive, bag, facts, sigstore, statement, unpack
from troth.report.words import harmless

#: What bag-info.txt says of the bag before this one in the chain.
PREVIOUS = "Previous-Tagmanifest"


@dataclass(frozen=True)
class Verified:
    """A bag that is whole: whose it is, and what could not be checked.

    ``keyids`` are the trusted keys that signed; ``signed_at`` is the earliest instant (UTC) from a
    timestamp that was checked, or None; ``notes`` are sentences on what was not checked.
    """

    run: str
    info: Mapping[str, str]
    tagmanifest: str
    keyids: tuple[str, ...]
    signed_at: datetime | None
    result: str
    notes: tuple[str, ...]


def verify(
    path: Path,
    trusted: Mapping[str, PublicKey],
    *,
    tsa_roots: bytes | None = None,
    unsigned: bool = False,
    previous: Path | None = None,
) -> Verified:
    """Return what a bag or its archive proves.

    ``trusted`` are public keys that came another way than the bag, ``tsa_roots`` certificates in
    PEM of the timestamp authority; with them a timestamp is required. ``unsigned`` checks
    everything but the signature. ``previous`` is the bag that this one has to follow. Raises
    :class:`~troth.errors.IntegrityError` with the first thing that is wrong.
    """
    if not trusted and not unsigned:
        text = "no key was given, and a key from the bag would prove nothing; name the signer's"
        raise UsageError(f"{text} public key with --key, or check all but who made it: --unsigned")
    with archive.opened(path) as folder:
        bag.check_plain(folder)
        signed, notes = _signatures(folder, trusted, tsa_roots, unsigned=unsigned)
        check_digests(folder)
        check_contents(folder)
        for proof in signed:
            with bag.guarded():
                _check_statement(folder, proof.statement)
        info = bag.read_info(folder)
        _check_chain(info, previous)
        stamps = [proof.stamped_at for proof in signed if proof.stamped_at]
        return Verified(
            run=harmless(unpack.envelope_of(folder)["id"]),
            info=info,
            tagmanifest=bag.sha256(folder / bag.TAGMANIFEST),
            keyids=tuple(proof.keyid for proof in signed),
            signed_at=min(stamps, default=None),
            result=signed[0].statement["predicate"]["result"] if signed else "",
            notes=tuple(notes),
        )


def check_digests(folder: Path) -> None:
    """Raise :class:`~troth.errors.IntegrityError` unless the manifests list just what is there."""
    bag.check_listed(folder, bag.TAGMANIFEST)
    bag.check_listed(folder, bag.MANIFEST)
    bag.check_closed(folder)


def check_contents(folder: Path) -> None:
    """Raise :class:`~troth.errors.IntegrityError` unless facts, shards and results fit together."""
    with bag.guarded():
        bag.refuse(facts.check_names(folder))
        unpack.check(folder)
        unpack.check_results(folder)


def _signatures(
    folder: Path,
    trusted: Mapping[str, PublicKey],
    tsa_roots: bytes | None,
    *,
    unsigned: bool,
) -> tuple[list[sigstore.Verified], list[str]]:
    """Return the signatures of trusted keys over this tag manifest, and what was not checked."""
    paths = [folder / name for name in signature_names(folder)]
    _check_forms(paths)
    if unsigned:
        told = "there are signatures; they were not checked" if paths else "nobody signed the bag"
        return [], [f"{told}: who made it is not proved"]
    if not paths:
        text = "the bag is not signed; ask for a signed one, or check all but who made it"
        raise IntegrityError(f"{text}: --unsigned")
    proofs, notes = [], []
    for path in paths:
        try:
            proof = sigstore.verify(_read(path), trusted, tsa_roots)
            _check_subject(folder, proof.statement)
        except IntegrityError as error:
            notes.append(f"{bag.SIGNATURES}/{path.name}: {error}")
            continue
        proofs.append(proof)
        if proof.stamped and tsa_roots is None:
            text = "the timestamp was not checked; name its authority with --tsa-ca"
            notes.append(f"{bag.SIGNATURES}/{path.name}: {text}")
    if not proofs:
        raise IntegrityError("\n".join(notes))
    return proofs, notes


def _check_forms(paths: list[Path]) -> None:
    """Refuse a file that is no signature, whoever made it, and a second one by one key."""
    keyids: set[str] = set()
    for path in paths:
        try:
            keyid = sigstore.read(_read(path)).keyid
        except IntegrityError as error:
            raise IntegrityError(f"{bag.SIGNATURES}/{path.name}: {error}") from None
        if keyid in keyids:
            text = f"{bag.SIGNATURES}/{path.name} is a second signature by the key {keyid!r:.80}"
            raise IntegrityError(f"{text}; one was added after packing")
        keyids.add(keyid)


def signature_names(folder: Path) -> list[str]:
    """Return the paths of a bag's signatures, relative to it, sorted."""
    if not (folder / bag.SIGNATURES).is_dir():
        return []
    return [name for name in bag.files(folder, bag.SIGNATURES) if bag.is_signature(name)]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(sigstore.MAX_BYTES + 1)
    except OSError as error:
        raise bag.refused(f"{path} cannot be read", error) from None


def _check_subject(folder: Path, signed: Mapping[str, Any]) -> None:
    if not (folder / bag.TAGMANIFEST).is_file():
        raise IntegrityError(f"there is no {bag.TAGMANIFEST}; this is not a whole bag")
    actual = bag.sha256(folder / bag.TAGMANIFEST)
    if statement.subject(signed) != actual:
        raise IntegrityError(
            f"signed is another {bag.TAGMANIFEST} ({statement.subject(signed)}) than the bag's "
            f"({actual}): the bag was changed, or the signature is that of another bag"
        )


def _check_statement(folder: Path, signed: Mapping[str, Any]) -> None:
    """Refuse a statement whose verdicts are not those of the results that it is about."""
    data = folder / bag.DATA
    summary = record.get_json(data / record.RESULTS)
    made = statement.statement(summary, unpack.envelope_of(folder), statement.subject(signed))
    if statement.parse(made) != signed:
        text = "the signed statement tells other verdicts or policies than the bag's results"
        raise IntegrityError(f"{text}; ask the signer which of the two holds")


def _check_chain(info: Mapping[str, str], previous: Path | None) -> None:
    """Refuse a bag that does not follow the one that it should follow."""
    if previous is None:
        return
    digest = tagmanifest_of(previous)
    if info.get(PREVIOUS) != digest:
        named = info.get(PREVIOUS, "none")
        raise IntegrityError(
            f"the bag follows the bag with tag manifest {named}, not {previous} ({digest}): "
            "a bag between them is missing, or one of them was replaced"
        )


def tagmanifest_of(path: Path) -> str:
    """Return the SHA-256 of the tag manifest of a bag or its archive, in hexadecimal.

    Raises :class:`~troth.errors.IntegrityError` if the bag is not what its manifests say.
    """
    with archive.opened(path) as folder:
        bag.check_plain(folder)
        check_digests(folder)
        return bag.sha256(folder / bag.TAGMANIFEST)
