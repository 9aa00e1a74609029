"""Real TLS servers on loopback: good ones, and one of each fault.

Python's ssl serves them. The bad ones need OpenSSL's security level 0 and, for the oldest
versions, a cipher without a signature of its own, since many builds no longer make SHA-1 ones.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from troth.demo import authority
from troth.demo.authority import Issued
from troth.demo.folder import Folder
from troth.demo.moments import Moments

_PATIENCE = 5.0
DOMAIN = "hinoki.example"


@dataclass(frozen=True)
class Sort:
    """What a server is like: the RSA key's bits (0 is a curve), and its fault."""

    rsa_bits: int = 0
    fault: str = ""


#: Servers by the first word of their name.
SERVERS = {
    "www": Sort(),
    "app": Sort(rsa_bits=2048),
    "pay": Sort(),
    "vault": Sort(rsa_bits=3072),
    "legacy": Sort(rsa_bits=1024, fault="old-versions"),
    "partners": Sort(fault="unknown-authority"),
    "scanner": Sort(fault="hangs"),
}


@contextlib.contextmanager
def serving(folder: Folder, moments: Moments, names: dict[str, str]) -> Iterator[dict[str, int]]:
    """Serve until the block ends; yield the port of each server, by the words above.

    Writes the authority that clients trust to ``trust/ca.pem``. Private keys go into a folder
    that is removed again: OpenSSL loads them from files only.
    """
    trusted = authority.root(moments, "Hinoki demo authority")
    folder.put("trust/ca.pem", trusted.pem)
    with contextlib.ExitStack() as running:
        ports = {}
        for word, sort in SERVERS.items():
            own = authority.root(moments, "nobody") if "authority" in sort.fault else trusted
            made = authority.server(moments, own, f"{word}.{DOMAIN}", sort.rsa_bits)
            ports[word] = running.enter_context(_listening(_manner(folder, made, sort)))
            names[f"tls://{word}.{DOMAIN}:{ports[word]}?address=127.0.0.1"] = f"{word}-tls"
        yield ports


def _manner(folder: Folder, made: Issued, sort: Sort) -> Callable[[socket.socket], None]:
    """Return how the server treats a connection."""
    if sort.fault == "hangs":
        return _say_nothing
    context = _context(sort)
    path = folder.put("trust/.loading.pem", made.key_pem + made.pem)
    try:
        context.load_cert_chain(path)
    finally:
        path.unlink()

    def shake_hands(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).close()

    return shake_hands


def _context(sort: Sort) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if sort.fault != "old-versions":
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context
    context.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that is what the fault is
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _say_nothing(connection: socket.socket) -> None:
    connection.settimeout(60)
    while connection.recv(4096):
        pass


@contextlib.contextmanager
def _listening(treat: Callable[[socket.socket], None]) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    thread = threading.Thread(target=_accept, args=(listener, treat), daemon=True, name="demo-tls")
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        listener.close()
        thread.join()


def _accept(listener: socket.socket, treat: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_one, args=(connection, treat), daemon=True).start()


def _one(connection: socket.socket, treat: Any) -> None:
    """Serve one connection; whatever a client does wrong ends this connection alone."""
    with connection, contextlib.suppress(OSError, ssl.SSLError):
        connection.settimeout(_PATIENCE)
        treat(connection)
