"""A real HTTP server that speaks AWS's protocols: hand-written answers, moto for the rest.

An answer is written in the form in which the SDK returns it, and is checked against the SDK's own
model of the operation before it is served: a misspelt member or a wrong type is refused. Whether
AWS would really say so is only as true as the hand that wrote it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.validate import ParamValidator  # type: ignore[import-untyped]
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from troth.checkers.aws.access import close_all

_TYPES = {"iam": "text/xml", "ec2": "text/xml", "sts": "text/xml"}
_NAMESPACES = {"2010-05-08": "iam", "2016-11-15": "ec2", "2011-06-15": "sts"}
_TARGETS = {"Logs_20140328": "logs", "CloudTrail_20131101": "cloudtrail"}


@dataclass(frozen=True)
class Refused:
    """An error answer."""

    code: str = "AccessDenied"
    status: int = 403


@dataclass(frozen=True)
class Cut:
    """A success whose body ends after half of it, with a Content-Length that agrees.

    ``answer`` None cuts what moto says.
    """

    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Raw:
    """A success with these bytes, for what AWS says and its own model does not allow."""

    body: bytes


Answer = Mapping[str, Any] | Refused | Cut | Raw | None
Script = Callable[[Mapping[str, Any]], Answer]


@dataclass
class Scripted:
    """What is scripted, by ``service:Operation``, and which operations came in.

    A script is a function of the request's parameters; None lets moto answer.
    """

    address: str
    scripts: dict[str, Script] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def say(self, operation: str, *answers: Answer) -> None:
        """Answer the operation with these, one a call; the last one for every later call."""
        left = list(answers)
        for answer in answers:
            if isinstance(answer, Mapping):
                service, _, name = operation.partition(":")
                body_of(service, name, answer)
        lock = threading.Lock()

        def script(params: Mapping[str, Any]) -> Answer:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.scripts[operation] = script


def body_of(service: str, operation: str, answer: Mapping[str, Any]) -> bytes:
    """Return an answer's bytes on the wire; refuse one that the model does not allow."""
    model = get_service_model(service)
    operation_model = model.operation_model(operation)
    report = ParamValidator().validate(answer, operation_model.output_shape)
    assert not report.has_errors(), report.generate_report()
    made = get_serializer_class(service, model.resolved_protocol)(operation_model)
    body = made.serialize(dict(answer))["body"]
    return body if isinstance(body, bytes) else str(body).encode()


def _error(service: str, refused: Refused) -> bytes:
    if service in ("logs", "cloudtrail"):
        return json.dumps({"__type": refused.code, "message": "no"}).encode()
    inner = f"<Error><Code>{refused.code}</Code><Message>no</Message></Error>"
    if service == "ec2":
        return f"<Response><Errors>{inner}</Errors><RequestID>1</RequestID></Response>".encode()
    return f"<ErrorResponse>{inner}<RequestId>1</RequestId></ErrorResponse>".encode()


def _asked(headers: Message, body: bytes) -> tuple[str, str, dict[str, Any]]:
    prefix, _, operation = headers.get("X-Amz-Target", "").rpartition(".")
    if operation:
        return _TARGETS[prefix.rpartition(".")[2]], operation, json.loads(body or b"{}")
    form = dict(parse_qsl(body.decode()))
    return _NAMESPACES[form["Version"]], form["Action"], form


@contextmanager
def serve(moto: str) -> Iterator[Scripted]:
    """Run a server on a free loopback port; what is not scripted is moto's to answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one packet an answer: no waiting for acknowledgements

        def log_message(self, format: str, *args: Any) -> None:
            return

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service, operation, params = _asked(self.headers, body)
            name = f"{service}:{operation}"
            scripted.calls.append(name)
            script = scripted.scripts.get(name)
            answer = script(params) if script else None
            if isinstance(answer, Refused):
                return self._send(answer.status, service, _error(service, answer))
            if isinstance(answer, Raw):
                return self._send(200, service, answer.body)
            if answer is None or (isinstance(answer, Cut) and answer.answer is None):
                status, made = self._moto(body)
            else:
                inner = answer.answer if isinstance(answer, Cut) else answer
                assert inner is not None
                status, made = 200, body_of(service, operation, inner)
            half = made[: len(made) // 2] if isinstance(answer, Cut) else made
            return self._send(status, service, half)

        def _moto(self, body: bytes) -> tuple[int, bytes]:
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            connection = HTTPConnection(urlsplit(moto).netloc, timeout=30)
            try:
                connection.request("POST", self.path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            finally:
                connection.close()

        def _send(self, status: int, service: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", _TYPES.get(service, "application/x-amz-json-1.1"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scripted = Scripted(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield scripted
    finally:
        close_all()
        server.shutdown()
        server.server_close()
        thread.join()
