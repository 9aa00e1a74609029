"""A little run, packed once, for everybody to take a copy of and spoil."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.evidence.authority import Authority, authority
from tests.evidence.handmade import p256
from tests.report.accounts import account
from troth.cli import main
from troth.evidence import archive
from troth.evidence.keyfiles import write as write_key
from troth.evidence.pack import Order, pack
from troth.evidence.signers import load
from troth.offline import allow_sockets


@dataclass(frozen=True)
class Sealed:
    """A run, the bag that was packed of it (a folder), its archive, and the keys of the test."""

    run: Path
    folder: Path
    archive: Path
    private: Path
    public: Path
    authority: Authority


@pytest.fixture(autouse=True)
def _online() -> Iterator[None]:
    yield
    allow_sockets()


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """Return a stamped bag that no test may change."""
    place = tmp_path_factory.mktemp("packed")
    run = account(place, waived="box-2").folder
    private, public = place / "key.pem", place / "key.pub.pem"
    write_key(private, "p256", None)
    signer = load(str(private))
    public.write_bytes(signer.public_pem)
    stamps = authority(place / "tsa")
    order = Order(signer, stamps.stamp, organization="Hinoki K.K.")
    path = pack(run, place / "bag.tar.gz", order).path
    folder = archive.extract(path, place)
    return Sealed(run, folder, path, private, public, stamps)


@pytest.fixture
def bag(packed: Sealed, tmp_path: Path) -> Path:
    """Return a copy of the bag's folder to be spoiled."""
    return Path(shutil.copytree(packed.folder, tmp_path / packed.folder.name))


@pytest.fixture
def evidence(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return ``evidence(*words)``, which runs the command: exit code, stdout, stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["evidence", *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Return the public key of somebody else."""
    path = tmp_path / "stranger.pem"
    path.write_bytes(p256().public_pem)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
