"""One authority and one leaf of each usual sort for all TLS tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkers.tls import authority
from tests.checkers.tls.authority import Issued


@pytest.fixture(scope="session")
def root() -> Issued:
    return authority.authority("root")


@pytest.fixture(scope="session")
def middle(root: Issued) -> Issued:
    return authority.authority("middle", root, "rsa2048")


@pytest.fixture(scope="session")
def rsa(middle: Issued) -> Issued:
    return authority.leaf(middle, ("localhost", "127.0.0.1", "::1"), "rsa2048")


@pytest.fixture(scope="session")
def ecdsa(middle: Issued) -> Issued:
    return authority.leaf(middle, ("localhost", "127.0.0.1", "::1"), "p256")


@pytest.fixture
def store(root: Issued, tmp_path: Path) -> Path:
    """Return the trust store of a private authority."""
    path = tmp_path / "roots.pem"
    path.write_bytes(b"the house's own authority\n" + authority.pem(root.certificate))
    return path
