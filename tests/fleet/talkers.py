"""Real servers in which TLS begins after a few words (STARTTLS), and one that has none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from tests.checkers.tls import authority, mailers
from tests.fleet.rows import MODERN, NAME, NO, YES, Fleet, House, Row, entry, leaves, nothing, trust
from troth.model import Reason

#: PostgreSQL (ssl_min_protocol_version) and Dovecot (ssl_min_protocol) begin at TLS 1.2 unless
#: they are told otherwise. The others take what their library gives: never SSL 3.0.
_NOT_SSL3 = {"versions.ssl3": NO, "versions.tls1_2": YES}
_VERSIONS: Mapping[str, Mapping[str, str]] = {
    "ftp": _NOT_SSL3,
    "imap": MODERN,
    "ldap": _NOT_SSL3,
    "mysql": _NOT_SSL3,
    "pop3": MODERN,
    "postgres": MODERN,
    "smtp": _NOT_SSL3,
}
#: OpenLDAP and Dovecot drop a handshake that fails, and the alert about it.
_MUTE = ("imap", "ldap", "pop3")


def serve(stack: contextlib.ExitStack, fleet: Fleet, house: House) -> None:
    """Run one server of every protocol."""
    # They present the leaf alone, so the root has signed it.
    issued = authority.leaf(house.root, (NAME,), "rsa2048")
    for protocol, spoken in _VERSIONS.items():
        port = stack.enter_context(mailers.SERVERS[protocol](issued))
        truth = {**spoken, **trust(), **leaves("RSA 2048"), "stapling.mode": "none"}
        place, mute = entry(port, starttls=protocol), protocol in _MUTE
        fleet.rows.append(Row(f"starttls-{protocol}", place, truth, mute=mute))
    # Dovecot has no prime unless it is given one (ssl_dh): then it chooses ephemeral Diffie-Hellman
    # and hangs up, although it takes the key exchange by RSA that it was offered beside it.
    every = mailers.dovecot("imap", "ssl_cipher_list = ALL:!aNULL:@SECLEVEL=0")
    truth = {**MODERN, "ciphers.without_forward_secrecy": YES, "ciphers.finite_field": NO}
    place = entry(stack.enter_context(every(issued)), starttls="imap")
    fleet.rows.append(Row("starttls-imap-without-prime", place, truth, mute=True))
    port = stack.enter_context(mailers.vsftpd(issued, tls=False))
    place = entry(port, starttls="ftp")
    fleet.rows.append(Row("starttls-refused", place, nothing(Reason.NOT_SUPPORTED)))
