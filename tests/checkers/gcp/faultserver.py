"""A real HTTP server that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FaultServer(ThreadingHTTPServer):
    """Answers each path with the next of its planned answers; the last one repeats."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[tuple[int, bytes]]] = {}
        self.asked: list[str] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def plan(self, path: str, *answers: tuple[int, Any]) -> None:
        """Set the answers of a path; bodies that are no bytes are written as JSON."""
        self.answers[path] = [
            (status, body if isinstance(body, bytes) else json.dumps(body).encode())
            for status, body in answers
        ]


#: A status that no server sends: the connection stays open without an answer.
SILENT = 0
#: A status that no server sends: a body shorter than its Content-Length, with status 200.
CUT_OFF = 1


class _Handler(BaseHTTPRequestHandler):
    server: FaultServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(self.path)
        planned = self.server.answers.get(path, [(404, b"{}")])
        status, body = planned.pop(0) if len(planned) > 1 else planned[0]
        if status == SILENT:
            self.server.released.wait(30)
            return
        self.send_response(200 if status == CUT_OFF else status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + 100 * (status == CUT_OFF)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output clean."""
