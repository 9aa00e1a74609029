"""What came back for one hello, as a value that goes into the evidence."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class Kind(enum.StrEnum):
    """What happened; only the first two say yes, and only some of the others can say no."""

    #: The server finished its flight inside the offer.
    ACCEPTED = "accepted"
    #: The server agreed to version and suite, and asked for a group that cannot be made here.
    RETRY = "retry"
    #: The server chose an older version than any that was offered.
    OLDER = "older-version"
    #: A fatal TLS alert.
    ALERT = "alert"
    #: Closed or reset before a single byte.
    CLOSED = "closed"
    #: Closed or reset in the middle of its answer.
    TRUNCATED = "truncated"
    #: The time for this hello was up.
    TIMEOUT = "timeout"
    #: Not TLS, or TLS that contradicts itself or the hello.
    MALFORMED = "malformed"
    #: More bytes than a first flight may have.
    OVERSIZE = "oversize"
    #: No connection.
    UNREACHABLE = "unreachable"
    #: This machine could not ask.
    LOCAL = "local"
    #: The peer refuses STARTTLS in the words of its own protocol: it has no TLS here.
    NO_TLS = "no-tls"
    #: The peer puts STARTTLS off in the words of its own protocol.
    BUSY = "busy"
    #: Not asked: the endpoint's time was spent.
    SKIPPED = "skipped"


#: Alerts that may come from a passing trouble of the peer and say nothing about the offer:
#: close_notify, access_denied, internal_error, user_canceled (RFC 8446 section 6.2); and what is
#: about something else than the offer and is often a mere warning: no_certificate,
#: no_renegotiation, unrecognized_name.
PASSING_ALERTS = frozenset({0, 41, 49, 80, 90, 100, 112})

#: Alerts that are about what was offered: handshake_failure, protocol_version and
#: insufficient_security. Others speak of the hello's form, which another hello may mend.
OFFER_ALERTS = frozenset({40, 70, 71})

ALERT_NAMES = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    47: "illegal_parameter",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}


@dataclass(frozen=True)
class Answer:
    """The answer to one hello.

    ``offer`` is the offer's name. ``version`` and ``suite`` are the server's choice, 0 if it made
    none. ``alert`` is the code of the alert, -1 if there was none. ``group`` is what a retry
    request asked for, or a TLS 1.3 server chose. ``chain`` holds DER certificates in the order
    sent, ``dropped`` how many more there were, ``staple`` the leaf's OCSP response in DER, empty
    without one. ``prime_bits`` is the size of the prime of ephemeral Diffie-Hellman, 0 without
    one. ``text`` is a sentence. ``peer`` is the address spoken to. ``digest`` is the SHA-256 of
    the bytes received, ``milliseconds`` how long it took; neither decides anything.
    """

    offer: str
    kind: Kind
    version: int = 0
    suite: int = 0
    alert: int = -1
    group: int = 0
    chain: tuple[bytes, ...] = ()
    dropped: int = 0
    staple: bytes = b""
    prime_bits: int = 0
    text: str = ""
    peer: str = ""
    digest: str = ""
    milliseconds: int = 0

    @property
    def yes(self) -> bool:
        """Tell whether the server agreed to the offer."""
        return self.kind in (Kind.ACCEPTED, Kind.RETRY)

    @property
    def firm(self) -> bool:
        """Tell whether the server refused the offer in the words of TLS."""
        spoken = self.kind is Kind.ALERT and self.alert not in PASSING_ALERTS
        return spoken or self.kind is Kind.OLDER

    @property
    def about_offer(self) -> bool:
        """Tell whether it refuses all that was offered, older versions too."""
        return self.kind is Kind.OLDER or (self.kind is Kind.ALERT and self.alert in OFFER_ALERTS)

    @property
    def passing(self) -> bool:
        """Tell whether it is an alert that may come from a passing trouble."""
        return self.kind is Kind.ALERT and not self.firm

    @property
    def vague(self) -> bool:
        """Tell whether it may be a refusal, but only if it repeats itself."""
        return self.kind is Kind.CLOSED or self.passing

    def met_at(self, peer: str) -> Answer:
        """Return the same answer with the address that gave it."""
        return replace(self, peer=peer)

    def __str__(self) -> str:
        """Return what happened in words, for messages."""
        if self.kind is Kind.ALERT:
            return f"alert {ALERT_NAMES.get(self.alert, self.alert)}"
        return f"{self.kind.value} ({self.text})" if self.text else self.kind.value
