"""A real web server on loopback that takes messages, and answers as it is told to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from tests.checkers.tls import authority
from tests.checkers.tls.authority import Issued


class Reply(NamedTuple):
    """What is answered: a status with headers and a body, or bytes as they are, or a deed."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    raw: bytes = b""
    deed: str = ""  # "hang": no answer; "drip": a byte now and then; "reset"


class Request(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """The server: where it is, what it was sent, and what it will answer (then 200 for ever)."""

    port: int = 0
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hooks/T0ken-Secr3t") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    @property
    def bodies(self) -> list[bytes]:
        return [request.body for request in self.requests]


@contextlib.contextmanager
def receiver(*replies: Reply, issued: Issued | None = None, folder: Path) -> Iterator[Receiver]:
    """Run a receiver, with TLS if there is a certificate for it."""
    told = Receiver(replies=list(replies), scheme="https" if issued else "http")

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.requests.append(Request(self.command, self.path, dict(self.headers), body))
            answer(self, told.replies.pop(0) if told.replies else Reply(), told.over)

        do_GET = do_POST  # noqa: N815 - so that a redirect that is followed is seen

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            pass  # a client that hangs up in the middle is part of the tests

    server = Server(("127.0.0.1", 0), Handler)
    if issued:
        leaf, key, _ = issued.write(folder, "receiver")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf, key)
        # The handshake is made by the thread of the request, so that a failed one stops nothing.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        told.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def answer(handler: BaseHTTPRequestHandler, reply: Reply, over: threading.Event) -> None:
    """Answer a request."""
    if reply.deed == "hang":
        over.wait(30)
    elif reply.deed == "drip":
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not over.wait(0.05):
            handler.wfile.write(b"x")
    elif reply.deed == "reset":
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
    elif reply.raw:
        handler.wfile.write(reply.raw)
    else:
        handler.send_response(reply.status)
        for name, value in reply.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)
    handler.close_connection = True


def trusted() -> tuple[Issued, Issued]:
    """Return an authority and a certificate of its for this machine."""
    root = authority.authority("the root of these tests")
    return root, authority.leaf(root, ("localhost", "127.0.0.1"))


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
