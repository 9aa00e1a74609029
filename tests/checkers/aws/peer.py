"""A real HTTP server in front of moto that breaks chosen answers, and adds what moto lacks.

An operation is told by ``service:Operation``, or ``service:GET /path?query`` for the services that
are REST. Answers for what moto lacks are hand-written, not recorded from AWS; they are checked
against the SDK's model of the operation, so that at least their shape cannot drift.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.checkers.aws.scripted import body_of


@dataclass(frozen=True)
class Fault:
    """What to answer instead of moto, or what to do to moto's answer.

    ``cut`` keeps so many bytes of the body and states that length; ``short`` keeps as many but
    states the whole length and closes, ``promised`` states another length of ``body``; ``hang``
    never answers; ``reset`` closes at once.
    """

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    short: int | None = None
    promised: int | None = None
    hang: bool = False
    reset: bool = False


def denied(code: str = "AccessDenied", status: int = 403) -> Fault:
    """Return an error in the form of the services that speak XML."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    return Fault(status, f"<ErrorResponse>{body}</ErrorResponse>".encode())


def s3_error(code: str, status: int = 403) -> Fault:
    """Return an error in the form of S3."""
    return Fault(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


def ec2_error(code: str, status: int = 403) -> Fault:
    """Return an error in the form of EC2."""
    inner = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    return Fault(status, f"<Response><Errors>{inner}</Errors></Response>".encode())


def json_error(code: str, status: int = 400) -> Fault:
    """Return an error in the form of the services that speak JSON."""
    body = json.dumps({"__type": code, "message": "no"}).encode()
    return Fault(status, body, {"x-amzn-ErrorType": code})


def answer(service: str, operation: str, value: Mapping[str, Any]) -> Fault:
    """Return a good answer, given as the SDK would return it; refused if its model says no."""
    return Fault(body=body_of(service, operation, value))


@dataclass
class Peer:
    """The faults in force, and every operation that came in."""

    address: str
    asked: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    regions: dict[str, str] = field(default_factory=dict)
    _plans: list[tuple[str, list[Fault | None]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing: threading.Event = field(default_factory=threading.Event)

    def fault(self, operation: str, *faults: Fault | None) -> None:
        """Answer calls whose name begins so with these in turn; the last stays, None is moto."""
        with self._lock:
            self._plans.insert(0, (operation, list(faults)))

    def _next(self, operation: str, body: str) -> Fault | None:
        with self._lock:
            self.asked.append(operation)
            self.requests.append((operation, body))
            for begins, faults in self._plans:
                if operation.startswith(begins):
                    return faults.pop(0) if len(faults) > 1 else faults[0]
        return None


def _scope(handler: BaseHTTPRequestHandler) -> tuple[str, str]:
    """Return the service and the region that the request is signed for."""
    scope = handler.headers.get("Authorization", "").partition("Credential=")[2].split("/")
    return (scope[3], scope[2]) if len(scope) > 4 else ("unsigned", "")


def _named(handler: BaseHTTPRequestHandler, service: str, body: bytes) -> str:
    target = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
    form = dict(parse_qsl(body.decode("utf-8", "replace")))
    if target or "Action" in form:
        return f"{service}:{target or form['Action']}"
    return f"{service}:{handler.command} {handler.path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    peer: Peer
    moto: str

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, region = _scope(self)
        name = _named(self, service, body)
        self.peer.regions[name] = region
        fault = self.peer._next(name, body.decode("utf-8", "replace"))
        if fault is not None and (fault.hang or fault.reset):
            if fault.hang:
                self.peer._closing.wait()
            self.close_connection = True
            return
        if fault is not None and fault.body is not None:
            self.close_connection = fault.promised is not None
            self._send(fault.status, fault.body, fault.headers, fault.promised)
            return
        status, made, headers = self._moto(body)
        if fault is not None and fault.cut is not None:
            made = made[: fault.cut]
        if fault is not None and fault.short is not None:
            self.close_connection = True
            self._send(status, made[: fault.short], headers, promised=len(made))
            return
        self._send(status, made, headers)

    def _moto(self, body: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        connection = HTTPConnection(urlsplit(self.moto).netloc, timeout=30)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            made = connection.getresponse()
            kept = {"Content-Type": made.getheader("Content-Type", "")}
            return made.status, made.read(), kept
        finally:
            connection.close()

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], promised: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if promised is None else promised))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve(moto: str) -> Iterator[Peer]:
    """Run a peer on a free loopback port in front of a moto server."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    peer = Peer(f"http://127.0.0.1:{server.server_address[1]}")
    handler.peer, handler.moto = peer, moto  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield peer
    finally:
        peer._closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
