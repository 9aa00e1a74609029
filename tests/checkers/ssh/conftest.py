"""One key of each type that a server may have, made once by ssh-keygen."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.checkers.ssh import servers

KEYS = {
    "rsa1024": ("rsa", 1024),
    "rsa2048": ("rsa", 2048),
    "rsa3072": ("rsa", 3072),
    "p256": ("ecdsa", 256),
    "p384": ("ecdsa", 384),
    "p521": ("ecdsa", 521),
    "ed25519": ("ed25519", 256),
}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("openssh-client is not installed")
    folder = tmp_path_factory.mktemp("keys")
    return {name: servers.make_key(folder, *what) for name, what in KEYS.items()}
