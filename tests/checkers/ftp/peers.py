"""Peers that answer by a script, with TLS after a few words or at once, and hostile ones."""

from __future__ import annotations

import itertools
import select
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.checkers.tls.authority import Issued

Handle = Callable[[socket.socket, int], None]


def context(issued: Issued, folder: Path, ciphers: str = "DEFAULT") -> ssl.SSLContext:
    """Return the server's side of TLS with one certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers(ciphers)
    leaf, key, _ = issued.write(folder, "peer")
    made.load_cert_chain(leaf, key)
    return made


@dataclass
class Script:
    """Answers each command with the longest key that it starts with.

    Keys with ``tls:`` before them hold inside TLS. An answer that starts with ``begin`` (a code)
    to a command of ``begins`` is followed by TLS. ``heard`` collects the commands, by connection.
    """

    answers: Mapping[str, str]
    tls: ssl.SSLContext | None = None
    greeting: str = "220 at your service"
    begins: tuple[str, ...] = ("AUTH", "STARTTLS")
    begin: str = "2"
    otherwise: str = "500 what"
    injected: bytes = b""
    implicit: bool = False
    #: Whether it goes on after 421, against RFC 959 and RFC 5321.
    stays: bool = False
    heard: list[list[str]] = field(default_factory=list)

    def __call__(self, connection: socket.socket, index: int) -> None:
        heard: list[str] = []
        self.heard.append(heard)
        if self.implicit:
            assert self.tls is not None
            connection = self.tls.wrap_socket(connection, server_side=True)
        prefix = "tls:" if self.implicit else ""
        connection.sendall(f"{self.greeting}\r\n".encode())
        self._serve(connection, heard, prefix)

    def _serve(self, connection: socket.socket, heard: list[str], prefix: str) -> None:
        while line := read_line(connection):
            heard.append(prefix + line)
            answer = self._answer(prefix, line)
            starts = line.startswith(self.begins) and answer.startswith(self.begin)
            sent = f"{answer}\r\n".encode()
            connection.sendall(sent + (self.injected if starts else b""))
            if starts and self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                prefix = "tls:"
            if line == "QUIT" or (answer.startswith("421") and not self.stays):
                connection.close()
                return

    def _answer(self, prefix: str, line: str) -> str:
        for scope in dict.fromkeys((prefix, "")):
            keys = [key for key in self.answers if (scope + line).startswith(key)]
            if keys:
                return self.answers[max(keys, key=len)]
        return "221 bye" if line == "QUIT" else self.otherwise

    @property
    def said(self) -> list[str]:
        """Return every command of every connection."""
        return [line for lines in self.heard for line in lines]


def read_line(connection: socket.socket) -> str:
    """Return one command without its line end, empty at the end of the stream."""
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            return ""
        line += byte
    return line.decode("latin-1").strip()


def after(words: bytes) -> Handle:
    """Return a peer that says some words and then nothing until the client leaves."""

    def handle(connection: socket.socket, index: int) -> None:
        connection.sendall(words)
        while connection.recv(4096):
            pass

    return handle


def dripping(words: bytes) -> Handle:
    """Return a peer that says a byte a second for as long as the client stays."""

    def handle(connection: socket.socket, index: int) -> None:
        for byte in itertools.cycle(words):
            connection.sendall(bytes([byte]))
            readable, _, _ = select.select([connection], [], [], 1)
            if readable and not connection.recv(4096):
                return

    return handle


def flooding(words: bytes) -> Handle:
    """Return a peer that says the same for ever."""

    def handle(connection: socket.socket, index: int) -> None:
        while True:
            connection.sendall(words * 100)

    return handle


def closing(connection: socket.socket, index: int) -> None:
    """Hang up at once."""


#: What a peer does that never speaks the protocol, and the reason and a word that tell of it.
HOSTILE: list[tuple[str, Handle, str, str]] = [
    ("silent", after(b""), "timeout", "in time"),
    ("dripping", dripping(b"220-"), "timeout", "in time"),
    ("half", after(b"220 he"), "timeout", "in time"),
    ("closing", closing, "unproven", "hung up"),
    ("endless-banner", flooding(b"220-more\r\n"), "malformed-response", "lines"),
    ("endless-line", flooding(b"220 x"), "malformed-response", "4096 bytes"),
    ("endless-wait", flooding(b"120 wait\r\n"), "malformed-response", "262144 bytes"),
    ("binary", after(b"\x00\xff\x15\x03\n"), "malformed-response", "not a reply"),
    ("ssh", after(b"SSH-2.0-x\r\n"), "malformed-response", "not a reply"),
    ("http", after(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "malformed-response", "not a reply"),
    ("escape", after(b"\x1b]0;owned\x07\r\n"), "malformed-response", "\\x1b]0;owned\\x07"),
    ("two-greetings", after(b"220 one\r\n220 two\r\n"), "malformed-response", "out of turn"),
]
