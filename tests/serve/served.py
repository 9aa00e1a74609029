"""``troth serve`` as a process of its own, and a client that sends exactly what it is told to."""

from __future__ import annotations

import contextlib
import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: The command as it is installed, by this Python.
_START = "from troth.cli import entry; entry()"


class Answer(NamedTuple):
    """A status, the headers by their names in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: str


class Site:
    """A running server; ``port`` is its real one, ``before`` what it said before it served."""

    def __init__(self, process: subprocess.Popen[str], port: int, before: list[str]) -> None:
        self.process = process
        self.port = port
        self.before = before

    @property
    def url(self) -> str:
        """Return the address of the first page."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, method: str = "GET", host: str | None = "", body: str = "",
        **headers: str,
    ) -> Answer:  # fmt: skip
        """Send a request as it is; ``host`` None sends no Host header, empty the right one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if host is not None:
                connection.putheader("Host", host or f"127.0.0.1:{self.port}")
            if body:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders(body.encode() or None)
            response = connection.getresponse()
            said = response.read().decode()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, said)
        finally:
            connection.close()

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal, and return the exit code and what else stood on standard error."""
        self.process.send_signal(how)
        code = self.process.wait(timeout=30)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()


def started(*options: str) -> subprocess.Popen[str]:
    """Start ``troth serve`` with options."""
    command = [sys.executable, "-W", "error", "-c", _START, "serve", *options]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextlib.contextmanager
def running(url: str, *options: str, listen: str = "127.0.0.1:0") -> Iterator[Site]:
    """Serve a store at any free port until the block ends."""
    process = started("--history", url, "--listen", listen, *options)
    with process:
        try:
            assert process.stderr is not None
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith("serving http://"):
                    break
            assert said, "it ended without a word"
            assert said[-1].startswith("serving http://"), "".join(said)
            yield Site(process, int(said[-1].rsplit(":", 1)[1]), said[:-1])
        finally:
            if process.poll() is None:
                process.kill()
