"""The smallest bundle, made by hand as RFC 8493 and docs/keys.md say, and signed by the program."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from troth.evidence import sigstore
from troth.evidence.signers import KeyFile, Signer
from troth.evidence.statement import statement

SUMMARY: Mapping[str, Any] = {
    "schema": 1,
    "as_of": "2026-11-22T00:00:00+00:00",
    "partial": False,
    "clauses": [
        {"policy": "acme", "clause": "1.1", "verdict": "pass", "waived": False},
        {"policy": "acme", "clause": "1.2", "verdict": "unknown", "waived": False},
    ],
}
ENVELOPE: Mapping[str, Any] = {
    "schema": 1,
    "id": "20261122T000000Z-0001",
    "files": {"inputs/policies/acme.yaml": "sha256:" + "ab" * 32},
}
NAME = "signatures/20261122T000000Z-0001.sigstore.json"
_FACTS = ({"encrypted": True}, {"encrypted": False}, {"owner": "ops"})


def p256() -> KeyFile:
    return KeyFile(ec.generate_private_key(ec.SECP256R1()))


def ed() -> KeyFile:
    return KeyFile(ed25519.Ed25519PrivateKey.generate())


def bag(folder: Path, signer: Signer, stamp: Callable[[bytes], bytes] | None = None) -> Path:
    """Write a whole signed bag and return its folder."""
    (folder / "data").mkdir(parents=True)
    (folder / "signatures").mkdir()
    for name, data in (("run.json", ENVELOPE), ("results.json", SUMMARY)):
        (folder / "data" / name).write_text(json.dumps(data) + "\n")
    for fact in _FACTS:
        body = json.dumps(fact, separators=(",", ":")).encode()
        digest = hashlib.sha256(body).hexdigest()
        path = folder / "data/facts" / digest[:2] / f"{digest}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    declared = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    (folder / "bagit.txt").write_text(declared)
    (folder / "bag-info.txt").write_text("External-Identifier: 20261122T000000Z-0001\n")
    (folder / "README.txt").write_text("How to read this.\n")
    manifests(folder)
    sign(folder, signer, stamp)
    return folder


def facts(folder: Path) -> list[Path]:
    return sorted(folder.glob("data/facts/*/*.json"))


def manifests(folder: Path) -> None:
    """Write both manifests over what is there now."""
    write_manifest(folder, "manifest-sha256.txt", sorted(folder.glob("data/**/*")))
    tags = [path for path in sorted(folder.glob("*")) if path.name != "tagmanifest-sha256.txt"]
    write_manifest(folder, "tagmanifest-sha256.txt", tags)


def write_manifest(folder: Path, name: str, paths: list[Path]) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
        for path in paths
        if path.is_file()
    ]
    (folder / name).write_text("".join(lines))


def sign(
    folder: Path, signer: Signer, stamp: Callable[[bytes], bytes] | None = None, name: str = NAME
) -> None:
    """Sign the tag manifest as it is now."""
    tag = hashlib.sha256((folder / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
    body = statement(SUMMARY, ENVELOPE, tag)
    (folder / name).write_bytes(sigstore.bundle(body, signer, stamp))


def archive(folder: Path) -> Path:
    """Write the bag's tar.gz beside it."""
    path = folder.with_name(f"{folder.name}.tar.gz")
    with tarfile.open(path, "w:gz") as file:
        file.add(folder, folder.name)
    return path
