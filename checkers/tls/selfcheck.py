"""Tells whether this prober can put every question, before it judges anybody's answers.

Each hello is built and read back; the key schedule is compared with a published trace; every
group and cipher is tried once. Pure apart from random numbers; takes milliseconds.
"""

from __future__ import annotations

import functools
import threading
from hashlib import sha256

from troth.checkers.tls import hello, keys
from troth.checkers.tls.questions import GROUPS, OFFERS, TLS10, TLS12, Offer
from troth.checkers.tls.suites import TLS13 as MODERN_SUITES
from troth.checkers.tls.wire import Malformed

_ENTROPY = hello.Entropy(bytes(32), bytes(32))

# The trace of a simple handshake in RFC 8448 section 3: the shared secret, the hash of the two
# hellos, and what the server's key and nonce mask must become.
_SHARED = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"
_SERVER_TRAFFIC = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"
_HELLOS = "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"
_KEY, _MASK = "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"


_lock = threading.Lock()


def problem() -> str:
    """Return what this prober cannot ask, in words; empty if it can ask everything.

    It is found out once; whoever comes meanwhile waits.
    """
    with _lock:
        return _known()


def find() -> str:
    """Find out what this prober cannot ask, as :func:`problem` tells it."""
    for offer in OFFERS.values():
        if not _asks(offer):
            return f"the hello of {offer.name} does not say what it should"
    if not _derives():
        return "the TLS 1.3 key schedule does not give the keys of RFC 8448"
    return _missing_arithmetic()


_known = functools.cache(find)


def _asks(offer: Offer) -> bool:
    message = hello.client_hello(offer, "host.example", b"\1" * 32, _ENTROPY)
    try:
        read = hello.read_client_hello(message[4:])
    except Malformed:
        return False
    spoken = tuple(version for version in offer.versions if version >= TLS10)
    return (
        read.version == min(max(offer.versions), TLS12)
        and read.versions == (spoken if offer.modern else ())
        and read.suites[: len(offer.suites)] == offer.suites
        and read.signatures == (offer.signatures if max(offer.versions) >= TLS12 else ())
    )


def _derives() -> bool:
    secret = keys.server_secret(sha256, bytes.fromhex(_SHARED), bytes.fromhex(_HELLOS))
    expected = (bytes.fromhex(_KEY), bytes.fromhex(_MASK))
    return secret.hex() == _SERVER_TRAFFIC and keys.traffic_key(sha256, secret, 16) == expected


def _missing_arithmetic() -> str:
    try:
        for group in GROUPS:
            ours, theirs = keys.key_share(group), keys.fresh_share(group)
            if ours.exchange(theirs.public) != theirs.exchange(ours.public):
                return f"group {group:04x} gives two different secrets"
        for suite in MODERN_SUITES:
            keys.Opener(suite.code, b"shared", b"hellos")
    except Exception as error:  # whatever the local library raises, it cannot ask
        return f"the local cryptography cannot do all of TLS 1.3: {error}"
    return ""
