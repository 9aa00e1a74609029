"""OpenSSH's own server on loopback, with chosen keys and settings."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.checkers.tls import servers as peers

HERE = "127.0.0.1"
_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class Server:
    """A running server; its ``log`` is whole once the block that runs it has ended."""

    port: int
    log: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"{HERE}:{self.port}"

    @property
    def connections(self) -> int:
        """Return how many connections the server says it has taken."""
        return sum("Connection from" in line for line in self.log)


def make_key(folder: Path, kind: str, bits: int) -> Path:
    """Have ssh-keygen make a host key."""
    path = folder / f"{kind}-{bits}"
    subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-t", kind, "-b", str(bits), "-f", str(path)], check=True
    )
    return path


def fingerprint(key: Path) -> tuple[str, int]:
    """Return what ssh-keygen says of a key: fingerprint and bits."""
    command = ["ssh-keygen", "-l", "-E", "sha256", "-f", f"{key}.pub"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return told[1], int(told[0])


#: Root's sshd wants a folder that systemd makes where sshd is a service; not on this machine.
_IN_ITS_OWN_RUN = 'mount -t tmpfs none /run && mkdir /run/sshd && {also} exec "$0" "$@"'


@contextlib.contextmanager
def sshd(folder: Path, keys: Sequence[Path], *settings: str, also: str = "") -> Iterator[Server]:
    """Run sshd with lines of sshd_config until the block ends.

    ``also`` is shell that runs before, where only this server sees what it mounts; it ends with
    ``&&`` and needs root.
    """
    if _SSHD is None:
        pytest.skip("missing: sshd")
    if also and os.geteuid() != 0:
        pytest.skip("missing: permission to make a mount namespace")
    server = Server(free_port())
    config = folder / f"sshd_config-{server.port}"
    lines = [f"HostKey {key}" for key in keys] + ["LogLevel VERBOSE", "PidFile none", *settings]
    config.write_text("\n".join(lines) + "\n")
    command = [_SSHD, "-D", "-e", "-f", str(config), "-o", f"ListenAddress {server.endpoint}"]
    if os.geteuid() == 0:
        script = _IN_ITS_OWN_RUN.format(also=also)
        command = ["unshare", "--mount", "sh", "-c", script, *command]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace")
    assert process.stderr is not None
    drain = threading.Thread(target=server.log.extend, args=(process.stderr,))
    try:
        _await(process.stderr, server.log)
        drain.start()
        yield server
    finally:
        process.terminate()
        process.wait()
        if drain.ident:
            drain.join()
        process.stderr.close()


def _await(told: Iterable[str], log: list[str]) -> None:
    """Return when the server says that it listens."""
    for line in told:
        log.append(line)
        if line.startswith("Server listening"):
            return
    text = "".join(log)
    if "unshare" in text or "mount:" in text:
        pytest.skip("missing: permission to make a mount namespace")
    raise AssertionError(text)


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


#: What is done with a connection; its number counts from 0.
Handle = Callable[[socket.socket, int], None]


@contextlib.contextmanager
def serve(handle: Handle) -> Iterator[str]:
    """Run ``handle`` for every connection in a thread of its own; yield the endpoint."""
    with peers.serve(handle) as port:
        yield f"{HERE}:{port}"


def hang(connection: socket.socket, index: int = 0) -> None:
    """Say nothing until the client gives up."""
    while connection.recv(4096):
        pass


def reset(connection: socket.socket, index: int = 0) -> None:
    """Close with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def forward(client: socket.socket, port: int) -> None:
    """Hand a connection on to a real server."""
    with socket.create_connection((HERE, port), 30) as server:
        while True:
            ready, _, _ = select.select([client, server], [], [], 30)
            for side in ready:
                passed = side.recv(65536)
                if not passed:
                    return
                (server if side is client else client).sendall(passed)


@contextlib.contextmanager
def waiting(port: int) -> Iterator[None]:
    """Hold a connection open that has said nothing, and has been greeted."""
    with socket.create_connection((HERE, port), 30) as connection:
        assert connection.recv(4) == b"SSH-"
        yield
