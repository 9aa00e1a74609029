"""The Google Cloud Storage emulator, filled with Google's own client library."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from troth.demo.moments import Moments

PROJECT = "hinoki-demo"
_START = 10.0


@contextlib.contextmanager
def serving(moments: Moments, names: dict[str, str]) -> Iterator[str]:
    """Serve two buckets until the block ends; yield the server's address."""
    from gcp_storage_emulator.server import create_server  # type: ignore[import-untyped]

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True)
    server.start()
    try:
        _wait_for(port)
        address = f"http://127.0.0.1:{port}"
        _seed(address, server, moments, names)
        yield address
    finally:
        server.stop()


def _wait_for(port: int) -> None:
    """Return when the server listens: its thread is started before its socket is bound."""
    pause = threading.Event()
    for _ in range(int(_START / 0.05)):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=_START).close()
            return
        pause.wait(0.05)
    raise TimeoutError("the storage emulator does not listen")


def _seed(address: str, server: Any, moments: Moments, names: dict[str, str]) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage  # type: ignore[import-untyped]

    client = storage.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": address},
    )
    _bucket(client, "hinoki-scans", "sensitive")
    brand = _bucket(client, "hinoki-brand", "none")
    policy = brand.get_iam_policy()
    policy["roles/storage.objectViewer"] = {"allUsers"}  # public on purpose, listed
    brand.set_iam_policy(policy)
    for name in ("hinoki-scans", "hinoki-brand"):
        # The emulator dates every bucket today; nothing but its memory can be dated back.
        stamp = moments.ago(days=500).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        server._storage.buckets[name]["timeCreated"] = stamp
        names[f"//storage.googleapis.com/{name}"] = name
    client.close()


def _bucket(client: Any, name: str, data: str) -> Any:
    bucket = client.create_bucket(name)
    bucket.labels = {"env": "office", "tier": "normal", "data": data, "role": "data"}
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    return bucket
