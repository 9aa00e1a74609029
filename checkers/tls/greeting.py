"""The client's hellos of one handshake: the first, and another where the server asks for it.

RFC 8446 sections 4.1.2, 4.1.4 and 4.4.1. No sockets.
"""

from __future__ import annotations

import os
from dataclasses import replace

from troth.checkers.tls import hello, keys
from troth.checkers.tls.questions import GROUPS, SSL3, TLS10, TLS12, Offer
from troth.checkers.tls.wire import HANDSHAKE, handshake, record

#: The longest cookie of a retry request that is said again; the hello still fits one record.
_LONGEST_COOKIE = 8_192
_SERVER_HELLO, _MESSAGE_HASH = 2, 254


class Greeting:
    """Makes the hellos of an offer; ``share`` and ``transcript`` are those of the last one.

    The transcript is what the keys of TLS 1.3 depend on, up to that hello.
    """

    def __init__(
        self,
        offer: Offer,
        server_name: str,
        share: keys.KeyShare | None,
        entropy: hello.Entropy | None = None,
    ) -> None:
        """Make the first hello; ``entropy`` makes an earlier one again."""
        self._offer, self._server_name, self.share = offer, server_name, share
        self._entropy = entropy or hello.Entropy(os.urandom(32), os.urandom(32))
        self.transcript = self._hello()

    def first(self) -> bytes:
        """Return the record of the first hello."""
        # Old servers read the record's version too; for the newer ones it is 1.0 (RFC 8446 5.1).
        outer = SSL3 if max(self._offer.versions) == SSL3 else TLS10
        return record(HANDSHAKE, outer, self.transcript)

    def again(self, request: hello.ServerHello, message: bytes) -> bytes:
        """Return the record of the hello that is asked for; empty if it cannot be made.

        ``message`` is the body of the request, of which ``request`` is what was read.
        """
        share = self._wanted(request)
        if share is None or len(request.cookie) > _LONGEST_COOKIE:
            return b""
        self.share = share
        again = self._hello(request.cookie)
        # The first hello stands in the transcript by its hash.
        first = keys.digest_of(request.suite)(self.transcript).digest()
        asked = handshake(_SERVER_HELLO, message)
        self.transcript = handshake(_MESSAGE_HASH, first) + asked + again
        return record(HANDSHAKE, TLS12, again)

    def _hello(self, cookie: bytes = b"") -> bytes:
        """Return the hello with the key share as it is now; the rest is always the same."""
        offer, share = self._offer, self.share
        if share is None:
            return hello.client_hello(offer, self._server_name, b"", self._entropy, cookie)
        put = offer if share.group == offer.share else replace(offer, share=share.group)
        return hello.client_hello(put, self._server_name, share.public, self._entropy, cookie)

    def _wanted(self, request: hello.ServerHello) -> keys.KeyShare | None:
        """Return the key share that is asked for; None if it cannot be made, or was there."""
        if request.group == 0:
            return self.share if request.cookie else None
        if request.group not in GROUPS or (self.share and request.group == self.share.group):
            return None
        try:
            return keys.key_share(request.group)
        except keys.Unavailable:
            return None
