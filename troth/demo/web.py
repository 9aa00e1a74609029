"""The company's web servers: one request for each connection, answered from ``texts/sites.yaml``.

What a page is, and what is wrong with some of them, stands in that file.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

_LONGEST = 4096
#: Headers in which a client can claim to be at another address.
_CLAIMS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@dataclass(frozen=True)
class Asked:
    """A request, without its body; ``host`` is the Host header."""

    method: str
    path: str
    headers: Message

    @property
    def host(self) -> str:
        """Return the Host header, empty without one."""
        return str(self.headers.get("Host", ""))

    @property
    def claims_an_address(self) -> bool:
        """Tell whether the client says that it is at another address."""
        return any(name in self.headers for name in _CLAIMS)


@dataclass(frozen=True)
class Page:
    """An answer: to GET ``status``, to POST ``form``, to a claimed address ``claimed`` if set."""

    body: Callable[[Asked], str]
    status: int = 200
    form: int = 405
    claimed: int = 0
    media: str = "text/html; charset=utf-8"
    leads_to: str = ""


Site = Callable[[Asked], Page]


def site(pages: Mapping[str, Page]) -> Site:
    """Return a site of pages by path; ``/folder/*`` answers for what the folder has not."""

    def found(asked: Asked) -> Page:
        path = asked.path.partition("?")[0]
        folder = path.rpartition("/")[0] + "/*"
        return pages.get(path) or pages.get(folder) or Page(lambda _: "Not here.", 404, 404)

    return found


def redirecting(port: Callable[[], int]) -> Site:
    """Return a site without TLS: GET is sent to the same page with TLS, a form is refused."""

    def found(asked: Asked) -> Page:
        place = f"https://{asked.host.partition(':')[0]}:{port()}{asked.path}"
        return Page(lambda _: "", 308, 403, leads_to=place)

    return found


def serve(connection: socket.socket, pages: Site) -> None:
    """Answer one request; what is none is not answered."""
    asked = _read(connection)
    if asked is None:
        return
    page = pages(asked)
    connection.sendall(_answer(page, asked, secure=hasattr(connection, "cipher")))


def _read(connection: socket.socket) -> Asked | None:
    with connection.makefile("rb") as stream:
        words = stream.readline(_LONGEST).decode("latin-1").split()
        try:
            headers = http.client.parse_headers(stream)
        except http.client.HTTPException:
            return None
    return Asked(words[0], words[1], headers) if len(words) == 3 else None


def _answer(page: Page, asked: Asked, *, secure: bool) -> bytes:
    status = page.form if asked.method == "POST" else page.status
    if page.claimed and asked.claims_an_address:
        status = page.claimed
    body = page.body(asked).encode() if status == page.status else b""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Content-Type: {page.media}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    lines += [f"Location: {page.leads_to}"] if 300 <= status < 400 else []
    lines += ["Strict-Transport-Security: max-age=31536000"] if secure else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
