"""Name servers on loopback: knot for zones, unbound in front of it, and one that means harm."""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dns.message
import dns.query

_HERE = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody has at the moment, neither over TCP nor over UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((_HERE, 0))
            with contextlib.suppress(OSError):
                udp.bind(tcp.getsockname())
                return int(tcp.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[int]:
    """Run a server until the block ends; yield its port when it answers."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    query = dns.message.make_query("test", "SOA")
    try:
        for _ in range(1000):
            with contextlib.suppress(OSError, EOFError):
                dns.query.tcp(query, _HERE, timeout=5, port=port)
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"{process.wait(0.01)}: {log.read_text()}")
        yield port
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def knot(folder: Path, zones: Mapping[str, str], *lines: str) -> Iterator[int]:
    """Serve zones with knot; yield the port."""
    port = free_port()
    text = [
        "server:",
        f"  listen: {_HERE}@{port}",
        f"  rundir: {folder}",
        "  udp-workers: 1",
        "  tcp-workers: 1",
        "  background-workers: 1",
        *[f"  {line}" for line in lines],
        "database:",
        f"  storage: {folder}",
        "zone:",
    ]
    for name, content in zones.items():
        path = folder / f"{name}.zone"
        path.write_text(f"$ORIGIN {name}.\n$TTL 60\n{content}")
        text += [f"  - domain: {name}", f"    file: {path}"]
    config = folder / "knot.conf"
    config.write_text("\n".join(text) + "\n")
    with _running(["knotd", "-c", str(config)], port, folder / "knot.log") as running:
        yield running


@contextlib.contextmanager
def unbound(folder: Path, authority: int) -> Iterator[int]:
    """Run a resolver that asks at the given port of loopback and nowhere else; yield its port."""
    port = free_port()
    config = folder / "unbound.conf"
    config.write_text(
        f"""server:
  interface: {_HERE}@{port}
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "test." nodefault
  num-threads: 1
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: {_HERE}@{authority}
"""
    )
    with _running(["unbound", "-c", str(config)], port, folder / "unbound.log") as running:
        yield running


#: Gives the messages that follow a question: the question, and whether it came over TCP.
Speak = Callable[[dns.message.Message, bool], Iterator[bytes]]


@contextlib.contextmanager
def peer(speak: Speak) -> Iterator[int]:
    """Answer every question with whatever ``speak`` makes of it; yield the port."""
    port = free_port()
    udp = socket.socket(type=socket.SOCK_DGRAM)
    udp.bind((_HERE, port))
    tcp = socket.create_server((_HERE, port))
    stop = threading.Event()
    threads = [
        threading.Thread(target=_datagrams, args=(udp, speak, stop), daemon=True),
        threading.Thread(target=_streams, args=(tcp, speak), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield port
    finally:
        stop.set()
        udp.sendto(b"", (_HERE, port))
        tcp.shutdown(socket.SHUT_RDWR)
        tcp.close()
        for thread in threads:
            thread.join(15)
        udp.close()


def _datagrams(udp: socket.socket, speak: Speak, stop: threading.Event) -> None:
    while not stop.is_set():
        # Who asked may be gone, which the system tells at the next call.
        with contextlib.suppress(ConnectionError):
            wire, client = udp.recvfrom(65535)
            for message in speak(dns.message.from_wire(wire), False) if wire else ():
                udp.sendto(message, client)
                if stop.is_set():
                    return


def _streams(tcp: socket.socket, speak: Speak) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = tcp.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                length = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))[0]
                wire = connection.recv(length, socket.MSG_WAITALL)
                for message in speak(dns.message.from_wire(wire), True):
                    connection.sendall(message)
