"""A real storage emulator and a real fault server for each test, and no pause between tries."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.checkers.gcp.faultserver import FaultServer
from troth.checkers.gcp import access


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STORAGE_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json")
    monkeypatch.setattr(access, "LONGEST_PAUSE", 0.0)


@pytest.fixture(scope="session")
def emulator_server() -> Iterator[Any]:
    """Return a running storage emulator and its address."""
    from gcp_storage_emulator.server import create_server  # type: ignore[import-untyped]

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True)
    server.start()
    # The thread says that it runs before it has bound its socket.
    while server._api._httpd is None:
        threading.Event().wait(0.01)
    yield server, f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def emulator(emulator_server: Any) -> str:
    """Return the address of a storage emulator with nothing in it."""
    server, address = emulator_server
    server.wipe()
    return str(address)


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    """Return a running fault server."""
    server = FaultServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()
