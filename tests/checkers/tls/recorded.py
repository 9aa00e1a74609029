"""Flights of real servers, recorded when the tests run, and what they say before TLS."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.checkers.tls import servers
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.fuzz import Flight, Preamble
from troth.checkers.tls import hello, keys
from troth.checkers.tls.dialogue import Dialogue
from troth.checkers.tls.questions import (
    BY_STRENGTH,
    FULL,
    FULL_OLDER,
    MODERN,
    RUNGS,
    TLS10,
    Offer,
    older,
)

_ALL = ("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")


def _record(port: int, name: str, offer: Offer) -> Flight:
    share = keys.key_share(offer.share) if offer.modern and offer.share else None
    entropy = hello.Entropy(os.urandom(32), os.urandom(32))
    dialogue, data = Dialogue(offer, "localhost", share, entropy), b""
    with socket.create_connection(("127.0.0.1", port), 20) as peer:
        while True:
            with contextlib.suppress(ConnectionError):
                peer.sendall(dialogue.to_send())
                more = peer.recv(65536)
                data += more
                if more and dialogue.feed(more) is None:
                    continue
            return Flight(f"{name} {offer.name}", offer, share, entropy, data)


@contextlib.contextmanager
def _servers(folder: Path, issued: Sequence[Issued]) -> Iterator[dict[str, int]]:
    with contextlib.ExitStack() as stack:
        yield {
            "openssl": stack.enter_context(servers.openssl(folder, issued, *_ALL)),
            "retry": stack.enter_context(servers.openssl(folder, issued, "-groups", "P-521")),
            "tlslite": stack.enter_context(servers.tlslite(issued[0], (0, 4), ["aes128", "rc4"])),
        }


def flights(folder: Path, issued: Sequence[Issued]) -> list[Flight]:
    """Return what real servers answer to offers of every sort."""
    offers = (
        FULL,
        FULL_OLDER,
        MODERN,
        RUNGS[TLS10],
        *BY_STRENGTH.values(),
        older(frozenset(["finite"])),
        older(frozenset(["broken"])),
        older(frozenset(["ec"])),
    )
    with _servers(folder, issued) as ports:
        return [_record(port, name, offer) for name, port in ports.items() for offer in offers]


_MARIADB = (
    b"\x0a5.5.5-10.11.14-MariaDB\0\1\0\0\0abcdefgh\0\xfe\xff\x2d\x02\0\xff\x81\x15"
    + bytes(6)
    + b"\x1d\0\0\0abcdefghijkl\0mysql_native_password\0"
)
#: As the servers of the Debian packages say it.
PREAMBLES = (
    Preamble(
        "smtp",
        (
            b"220 mail.example ESMTP Exim 4.96\r\n",
            b"250-mail.example Hello\r\n250-SIZE 52428800\r\n250-STARTTLS\r\n250 HELP\r\n",
            b"220 TLS go ahead\r\n",
        ),
    ),
    Preamble("ftp", (b"220 (vsFTPd 3.0.3)\r\n", b"234 Proceed with negotiation.\r\n")),
    Preamble("pop3", (b"+OK Dovecot (Debian) ready.\r\n", b"+OK Begin TLS negotiation now.\r\n")),
    Preamble(
        "imap",
        (
            b"* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot (Debian) ready.\r\n",
            b"a1 OK Begin TLS negotiation now.\r\n",
        ),
    ),
    Preamble("ldap", (bytes.fromhex("300c02010178070a010004000400"),)),
    Preamble("postgres", (b"S",)),
    Preamble(
        "mysql",
        (len(_MARIADB).to_bytes(3, "little") + b"\0" + _MARIADB,),
    ),
)
