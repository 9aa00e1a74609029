"""One certificate for all servers of these tests."""

from __future__ import annotations

import pytest

from tests.checkers.tls import authority
from tests.checkers.tls.authority import Issued


@pytest.fixture(scope="session")
def issued() -> Issued:
    return authority.leaf(None, ("localhost", "127.0.0.1"), "rsa2048")
