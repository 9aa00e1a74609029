"""Servers that nginx cannot stand for: suites and groups of their own, and SSL 3.0."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.checkers.tls import servers
from tests.fleet.rows import MODERN, NO, YES, Fleet, House, Row, entry, leaves, versions

#: Nothing but broken suites.
BROKEN = {"ciphers.suites_below_128": YES, "ciphers.suites_256": NO}

_S_SERVER: Sequence[tuple[str, str, tuple[str, ...], Mapping[str, Any]]] = (
    ("null-only", "rsa2048", ("-cipher", "NULL-SHA256:@SECLEVEL=0", "-tls1_2"),
     BROKEN),
    ("anonymous-only", "", ("-cipher", "ADH-AES256-GCM-SHA384:@SECLEVEL=0", "-tls1_2"),
     BROKEN),
    ("x448-only", "p256", ("-groups", "X448", "-tls1_3"), versions("tls1_3") | leaves("EC 256")),
    ("p521-only", "p256", ("-groups", "P-521"), MODERN | leaves("EC 256")),
    ("dual-p521-only", "p256 rsa2048", ("-groups", "P-521"), MODERN | leaves("EC 256", "RSA 2048")),
    ("dual-x448-only", "p256 rsa2048", ("-groups", "X448"), MODERN | leaves("EC 256", "RSA 2048")),
)  # fmt: skip


def openssl(stack: contextlib.ExitStack, fleet: Fleet, house: House, folder: Path) -> None:
    """Run ``openssl s_server`` with odd suites and groups."""
    for name, kinds, options, truth in _S_SERVER:
        place = folder / name
        place.mkdir()
        issued = [house.leaf(kind) for kind in kinds.split()]
        port = stack.enter_context(servers.openssl(place, issued, *options))
        fleet.rows.append(Row(name, entry(port), truth))


def tlslite(stack: contextlib.ExitStack, fleet: Fleet, house: House) -> None:
    """Run tlslite-ng with protocols and suites that OpenSSL has dropped."""
    rsa = house.leaf("rsa2048")
    for name, spoken, ciphers, truth in (
        ("ssl3-only", (0, 0), ["aes256", "3des"], versions("ssl3")),
        (
            "ssl3-to-12",
            (0, 3),
            ["aes256", "aes128"],
            versions("ssl3", "tls1_0", "tls1_1", "tls1_2"),
        ),
        ("rc4-only", (1, 3), ["rc4"], BROKEN),
        ("3des-only", (1, 3), ["3des"], BROKEN),
    ):
        port = stack.enter_context(servers.tlslite(rsa, spoken, ciphers))
        fleet.rows.append(Row(name, entry(port), truth))
