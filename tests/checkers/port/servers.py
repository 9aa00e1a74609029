"""Services on loopback addresses of their own, so that their usual ports are free."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.checkers.tls.authority import Issued

_SYSTEM = f"{os.environ.get('PATH', '')}:/usr/sbin"
#: Addresses that nothing else in these tests uses; each service may have its usual port there.
REDIS, GUARDED, MEMCACHED, OTHERS, PLAIN = (f"127.0.53.{number}" for number in range(1, 6))


@contextlib.contextmanager
def running(
    program: str, *arguments: str, place: tuple[str, int], user: str = ""
) -> Iterator[None]:
    """Run a Debian program until the block ends, as soon as it takes connections."""
    path = shutil.which(program, path=_SYSTEM)
    if path is None:
        pytest.skip(f"missing: {program}")
    process = subprocess.Popen(
        [path, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user if user and os.geteuid() == 0 else None,
    )
    try:
        for _ in range(1000):
            with contextlib.suppress(ConnectionError):
                socket.create_connection(place, 5).close()
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"{program} ended with {process.wait(0.01)}")
        yield
    finally:
        process.terminate()
        process.wait()


def redis(folder: Path, address: str, *lines: str) -> contextlib.AbstractContextManager[None]:
    """Run redis at its usual port, with more lines of its configuration."""
    config = folder / f"redis-{address}.conf"
    text = [f"bind {address}", "port 6379", "save ''", f"dir {folder}", *lines]
    config.write_text("\n".join(text).replace("''", '""') + "\n")
    return running("redis-server", str(config), place=(address, 6379))


def memcached(address: str) -> contextlib.AbstractContextManager[None]:
    """Run memcached at its usual port."""
    return running(
        "memcached", "-l", address, "-p", "11211", "-U", "0", place=(address, 11211), user="nobody"
    )


@contextlib.contextmanager
def postgres(address: str, issued: Issued | None) -> Iterator[None]:
    """Run PostgreSQL at its usual port, with TLS if there is a certificate."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = ":".join([*map(str, found), _SYSTEM])
    initdb, program = (shutil.which(name, path=path) for name in ("initdb", "postgres"))
    if initdb is None or program is None:
        pytest.skip("missing: postgresql")
    # It refuses to run as root. Not a folder of pytest's, which shuts others out of them.
    user = "postgres" if os.geteuid() == 0 else ""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        options = ["-D", f"{home}/data", "-k", home, "-h", address, "-p", "5432"]
        if issued is not None:
            leaf, key, _ = issued.write(folder, "postgres")
            key.chmod(0o600)
            options += ["-c", "ssl=on", "-c", f"ssl_cert_file={leaf}", "-c", f"ssl_key_file={key}"]
        for path_of in (folder, *folder.iterdir()) if user else ():
            shutil.chown(path_of, user)
        subprocess.run(
            [initdb, "-D", f"{home}/data", "-A", "reject"],
            check=True,
            capture_output=True,
            user=user or None,
        )
        with running(program, *options, place=(address, 5432), user=user):
            yield


@contextlib.contextmanager
def full(address: str) -> Iterator[int]:
    """Listen with a queue that is full, so that connections are neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, 0))
        listener.listen(0)
        place = listener.getsockname()
        while True:
            client = stack.enter_context(socket.socket())
            client.settimeout(0.3)
            try:
                client.connect(place)
            except TimeoutError:
                break
        yield int(place[1])


def saying(text: bytes) -> Callable[[socket.socket, int], None]:
    """Greet, and keep the connection until the client ends it."""

    def handle(connection: socket.socket, index: int) -> None:
        connection.sendall(text)
        while connection.recv(4096):
            pass

    return handle


def answering(text: bytes) -> Callable[[socket.socket, int], None]:
    """Say the same to whatever comes first."""

    def handle(connection: socket.socket, index: int) -> None:
        connection.recv(4096)
        connection.sendall(text)

    return handle


def smtp(context: ssl.SSLContext | None, refusal: bytes = b"502 no\r\n") -> Callable[..., None]:
    """Speak SMTP with STARTTLS if there is a context, else refuse it."""
    return functools.partial(_smtp, context, refusal)


def _smtp(
    context: ssl.SSLContext | None, refusal: bytes, connection: socket.socket, index: int
) -> None:
    connection.sendall(b"220 mx.test ESMTP\r\n")
    while line := connection.recv(4096):
        if line.startswith(b"EHLO"):
            connection.sendall(b"250-mx.test\r\n250 STARTTLS\r\n")
        elif context is None:
            connection.sendall(refusal)
        else:
            connection.sendall(b"220 go\r\n")
            context.wrap_socket(connection, server_side=True).close()
            return


def bson(*fields: bytes) -> bytes:
    """Return a BSON document (bsonspec.org)."""
    body = b"".join(fields)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def op_msg(document: bytes, answers: int = 1) -> bytes:
    """Return an OP_MSG reply of MongoDB's wire protocol."""
    body = struct.pack("<I", 0) + b"\0" + document
    return struct.pack("<4i", 16 + len(body), 7, answers, 2013) + body
