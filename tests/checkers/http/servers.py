"""Servers on loopback: nginx as an operator would configure it, and peers that mean harm."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = "127.0.0.1"
Handle = Callable[[socket.socket], None]


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def nginx(folder: Path, servers: str, port: int) -> Iterator[Path]:
    """Run nginx with the given ``server`` blocks; yield its log of requests, one a line."""
    log = folder / "requests.log"
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; events {{}}\n"
        "http { log_format all '$scheme $request_method $uri|$http_user_agent|$http_cookie|"
        "$http_authorization|$http_host|$ssl_server_name';\n"
        f"access_log {log} all; types {{ text/html html; application/xml xml; }}\n"
        f"default_type application/json; {temporary} {servers} }}"
    )
    command = [
        "nginx",
        "-e",
        f"{folder}/error.log",
        "-p",
        str(folder),
        "-c",
        f"{folder}/nginx.conf",
    ]
    try:
        process = subprocess.Popen(command, env=os.environ | {"OPENSSL_CONF": "/dev/null"})
    except FileNotFoundError:
        pytest.skip("nginx is not installed")
    try:
        _wait_for(process, port)
        yield log
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Return as soon as something listens; a process that ends first is an error."""
    for _ in range(1000):
        with contextlib.suppress(ConnectionError):
            socket.create_connection((HERE, port), 5).close()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"nginx ended with {process.wait(0.01)}")
    raise AssertionError("nginx does not listen")


class Peer:
    """A listening socket that hands every connection to a function, and counts them."""

    def __init__(self, handle: Handle, address: str = HERE) -> None:
        self._handle = handle
        self._listener = socket.socket()
        self._listener.bind((address, 0))
        self._listener.listen(64)
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._one, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(30)
            self._handle(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


@contextlib.contextmanager
def peer(handle: Handle, address: str = HERE) -> Iterator[Peer]:
    made = Peer(handle, address)
    try:
        yield made
    finally:
        made.close()


def request_of(connection: socket.socket) -> bytes:
    """Return the head of a request."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError
        data += more
    return data


def says(answer: bytes) -> Handle:
    """Answer every request with these bytes, then close."""

    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(answer)

    return handle


def response(body: bytes, *fields: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def hang(connection: socket.socket) -> None:
    """Say nothing until the client gives up."""
    while connection.recv(4096):
        pass


def hang_up(connection: socket.socket) -> None:
    """Close without a word, with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
