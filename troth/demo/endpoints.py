"""Real TLS servers on loopback: good ones, one of each fault, and web sites behind some.

Python's ssl serves them. The bad ones need OpenSSL's security level 0 and, for the oldest
versions, a cipher without a signature of its own, since many builds no longer make SHA-1 ones.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from troth.demo import authority, sites, web
from troth.demo.authority import Issued
from troth.demo.folder import Folder
from troth.demo.listening import Treatment, listening, say_nothing
from troth.demo.moments import Moments

DOMAIN = "hinoki.example"


@dataclass(frozen=True)
class Sort:
    """What a server is like: the RSA key's bits (0 is a curve), and its fault."""

    rsa_bits: int = 0
    fault: str = ""


#: Servers by the first word of their name; each has the site of that word, if there is one.
SERVERS = {
    "www": Sort(),
    "app": Sort(rsa_bits=2048),
    "pay": Sort(),
    "vault": Sort(rsa_bits=3072),
    "as2": Sort(),
    "legacy": Sort(rsa_bits=1024, fault="old-versions"),
    "partners": Sort(fault="unknown-authority"),
    "scanner": Sort(fault="hangs"),
    **{word: Sort() for word in ("status", "forum", "community", "admin", "office")},
    **{word: Sort() for word in ("portal", "orders", sites.OLD)},
}


@contextlib.contextmanager
def serving(folder: Folder, moments: Moments, names: dict[str, str]) -> Iterator[dict[str, int]]:
    """Serve until the block ends; yield the port of each server, by the words above.

    A site's port without TLS is called ``<word>_plain``. Writes the authority that clients trust
    to ``trust/ca.pem``. Private keys go into a folder that is removed again: OpenSSL loads them
    from files only.
    """
    trusted = authority.root(moments, "Hinoki demo authority")
    folder.put("trust/ca.pem", trusted.pem)
    pages = sites.built(moments)
    with contextlib.ExitStack() as running:
        ports: dict[str, int] = {}
        for word, sort in SERVERS.items():
            own = authority.root(moments, "nobody") if "authority" in sort.fault else trusted
            made = authority.server(moments, own, f"{word}.{DOMAIN}", sort.rsa_bits)
            treat = _manner(folder, made, sort, pages.get(word))
            ports[word] = running.enter_context(listening(treat))
            names[f"tls://{word}.{DOMAIN}:{ports[word]}?address=127.0.0.1"] = f"{word}-tls"
        for word, site in pages.items():
            ports[f"{word}_plain"] = running.enter_context(_plainly(word, site, ports))
        names |= sites.named(moments, ports, DOMAIN)
        yield ports


def _plainly(
    word: str, site: web.Site, ports: dict[str, int]
) -> contextlib.AbstractContextManager[int]:
    """Serve what a site does without TLS: all but the old one lead to TLS."""
    pages = site if word == sites.OLD else web.redirecting(lambda: ports[word])
    return listening(lambda connection: web.serve(connection, pages))


def _manner(folder: Folder, made: Issued, sort: Sort, site: web.Site | None) -> Treatment:
    """Return how the server treats a connection."""
    if sort.fault == "hangs":
        return say_nothing
    context = _context(sort)
    path = folder.put("trust/.loading.pem", made.key_pem + made.pem)
    try:
        context.load_cert_chain(path)
    finally:
        path.unlink()

    def shake_hands(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as protected:
            if site is not None:
                web.serve(protected, site)

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
