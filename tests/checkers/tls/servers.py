"""Real servers on loopback: openssl s_server, nginx, tlslite-ng, and peers that mean harm."""

from __future__ import annotations

import contextlib
import os
import random
import select
import socket
import struct
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.checkers.tls import authority
from tests.checkers.tls.authority import Issued
from troth.checkers.tls.hello import ClientHello, read_client_hello

_HERE = "127.0.0.1"


@contextlib.contextmanager
def openssl(folder: Path, certificates: Sequence[Issued], *options: str) -> Iterator[int]:
    """Run ``openssl s_server`` with one or two certificates; yield its port."""
    command = ["openssl", "s_server", "-accept", f"{_HERE}:0"]
    for prefix, issued in zip(("", "d"), certificates, strict=False):
        leaf, key, chain = issued.write(folder, f"server{prefix}")
        command += [f"-{prefix}cert", str(leaf), f"-{prefix}key", str(key)]
        if issued.above:
            command += [f"-{prefix}cert_chain", str(chain)]
    if not certificates:
        command.append("-nocert")
    environment = os.environ | {"OPENSSL_CONF": "/dev/null"}
    process = subprocess.Popen(
        [*command, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    seen = b""
    for line in process.stdout:
        seen += line
        if line.startswith(b"ACCEPT"):
            break
    else:
        raise AssertionError(seen.decode())
    drain = threading.Thread(target=process.stdout.read, daemon=True)
    drain.start()
    try:
        yield int(line.rpartition(b":")[2])
    finally:
        process.kill()
        process.wait()
        drain.join()
        process.stdin.close()
        process.stdout.close()


def free_port(host: str = _HERE) -> int:
    """Return a port that nobody listens on at the moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> list[int]:
    """Return so many ports, all different, that nobody listens on at the moment.

    They lie below those that the system hands out to clients, who would take one before the
    server does when it needs many.
    """
    found: list[int] = []
    for port in random.sample(range(12_000, 32_000), 20_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((_HERE, port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError(f"fewer than {count} ports are free")


@contextlib.contextmanager
def nginx(folder: Path, servers: str) -> Iterator[None]:
    """Run nginx with the given ``server`` blocks until the block ends."""
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;"
        "events { worker_connections 4096; } http { access_log off;"
        + "".join(
            f"{each}_temp_path {folder}/{each};"
            for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + servers
        + "}"
    )
    ports = [line.split()[1].rstrip(";") for line in servers.split("\n") if "listen" in line]
    process = subprocess.Popen(
        ["nginx", "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(config)]
    )
    try:
        _wait_for(process, ports[0].split()[0])
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], listens: str) -> None:
    """Return as soon as something listens; a process that ends first is an error."""
    host, _, port = listens.rpartition(":")
    for _ in range(1000):
        with contextlib.suppress(ConnectionError):
            socket.create_connection((host.strip("[]"), int(port)), 5).close()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"nginx ended with {process.wait(0.01)}")
    raise AssertionError("nginx does not listen")


@contextlib.contextmanager
def serve(handle: Callable[[socket.socket, int], None], host: str = _HERE) -> Iterator[int]:
    """Run ``handle(connection, index)`` for every connection in a thread; yield the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, 0))
    listener.listen(64)
    threads: list[threading.Thread] = []

    def one(connection: socket.socket, index: int) -> None:
        with connection, contextlib.suppress(OSError):
            handle(connection, index)

    def loop() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                thread = threading.Thread(target=one, args=(connection, len(threads)), daemon=True)
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=loop, daemon=True)
    accepting.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join(10)


@contextlib.contextmanager
def blackhole() -> Iterator[int]:
    """Yield a port whose queue of connections is full: further ones get no answer at all."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind((_HERE, 0))
        listener.listen(0)
        port = int(listener.getsockname()[1])
        answered = True
        while answered:
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((_HERE, port))
            # Who hears nothing for so long on loopback was dropped.
            answered = bool(select.select([], [filler], [], 1.0)[1])
        yield port


def read_record(connection: socket.socket) -> bytes:
    """Return the first TLS record of a client."""
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        more = connection.recv(65536)
        if not more:
            raise ConnectionError
        data += more
    return data


def highest(hello: ClientHello) -> int:
    """Return the highest version that a client offers."""
    return max(hello.versions, default=hello.version)


def reset(connection: socket.socket, _: bytes = b"") -> None:
    """Close with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(connection: socket.socket, _: bytes = b"") -> None:
    """Say nothing until the client gives up."""
    while connection.recv(4096):
        pass


#: What a gate does with a client's hello: True lets it through, False hangs up.
Action = Callable[[socket.socket, bytes], None]
Decide = Callable[[ClientHello, int], bool | Action]


@contextlib.contextmanager
def gate(port: int, decide: Decide) -> Iterator[tuple[int, list[ClientHello]]]:
    """Stand before a real server and treat some hellos badly; yield port and hellos seen."""
    hellos: list[ClientHello] = []

    def handle(connection: socket.socket, index: int) -> None:
        data = read_record(connection)
        hello = read_client_hello(data[9:])
        hellos.append(hello)
        action = decide(hello, index)
        if callable(action):
            action(connection, data)
        elif action:
            forward(connection, port, data)

    with serve(handle) as own:
        yield own, hellos


def forward(client: socket.socket, port: int, data: bytes) -> None:
    """Hand a connection on, whose first record was read already."""
    with socket.create_connection((_HERE, port), 10) as server:
        server.sendall(data)
        while True:
            ready, _, _ = select.select([client, server], [], [], 10)
            for side in ready:
                passed = side.recv(65536)
                if not passed:
                    return
                (server if side is client else client).sendall(passed)


def swallow_alerts(port: int) -> Action:
    """Return what hands a connection on, and hangs up where the server answers with an alert."""

    def mute(client: socket.socket, data: bytes) -> None:
        with socket.create_connection((_HERE, port), 10) as server:
            server.sendall(data)
            first = server.recv(65536)
            while first[:1] != b"\x15" and first:
                client.sendall(first)
                ready, _, _ = select.select([client, server], [], [], 10)
                if server not in ready:
                    return
                first = server.recv(65536)

    return mute


@contextlib.contextmanager
def tlslite(issued: Issued, versions: tuple[int, int], ciphers: Sequence[str]) -> Iterator[int]:
    """Run a tlslite-ng server, which still speaks SSL 3.0, RC4 and 3DES."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports asyncore where there still is one
        from tlslite.api import (  # type: ignore[import-untyped]
            HandshakeSettings,
            TLSConnection,
            X509CertChain,
            parsePEMKey,
        )

    settings = HandshakeSettings()
    settings.minVersion, settings.maxVersion = (3, versions[0]), (3, versions[1])
    # Its list of versions is a setting of its own, and wins where a client sends such a list.
    settings.versions = [(3, minor) for minor in range(versions[1], versions[0] - 1, -1)]
    settings.cipherNames = list(ciphers)
    settings.macNames = ["sha", "md5", "sha256", "sha384", "aead"]
    chain = X509CertChain()
    chain.parsePemList(authority.pem(issued.certificate).decode())
    private = parsePEMKey(authority.key_pem(issued), private=True)

    def handle(connection: socket.socket, index: int) -> None:
        session: Any = TLSConnection(connection)
        # tlslite tells what the client did wrong by many exceptions; all end this connection.
        with contextlib.suppress(Exception):
            session.handshakeServer(certChain=chain, privateKey=private, settings=settings)

    with serve(handle) as port:
        yield port
