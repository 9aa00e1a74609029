"""TLS servers that are functions: what they speak is known, and so is every fact about them.

They follow the rules of negotiation of RFC 5246 and RFC 8446, not the prober's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tests.checkers.tls import authority
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.examination import Examination
from troth.checkers.tls.questions import (
    EC_SIGNATURES,
    OTHER_GROUPS,
    RSA_SIGNATURES,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    Offer,
)
from troth.checkers.tls.suites import BY_CODE, Suite

Peer = Callable[[Offer, int], Answer]


@cache
def leaf(family: str) -> bytes:
    """Return a certificate with a key of the family."""
    return authority.leaf(None, kind={"RSA": "rsa2048", "EC": "p256"}[family]).der


@dataclass(frozen=True)
class Server:
    """A server of known truth; ``order`` is its own order of suites, empty for the client's."""

    versions: frozenset[int]
    suites: frozenset[int]
    families: frozenset[str]
    other_groups: bool = False
    order: tuple[int, ...] = ()
    refusal: int = 40
    #: How it ends a handshake after it chose ephemeral Diffie-Hellman and found that it has no
    #: prime, as Dovecot 2.3 does; None where it has one.
    primeless: Answer | None = None

    def usable(self, code: int, version: int) -> bool:
        """Tell whether a suite works here in a version (RFC 4346 A.5, 5469, 5246 A.5, 8446)."""
        suite = BY_CODE[code]
        if (version == TLS13) is bool(suite.exchange):
            return False
        if version == TLS13:
            return True
        new = suite.cipher.endswith(("SHA256", "SHA384", "GCM", "CCM", "CCM_8"))
        void = ("EXPORT" in suite.exchange and version > TLS10) or (
            suite.cipher.startswith("DES_") and version > TLS11
        )
        known = suite.anonymous or suite.family in self.families
        return known and not void and not (new and version < TLS12)

    def has(self, version: int) -> list[Suite]:
        """Return the suites that work in a version that is spoken; none in another."""
        if version not in self.versions:
            return []
        rows = [BY_CODE[code] for code in self.suites if self.usable(code, version)]
        return [row for row in rows if not (row.finite and self.primeless)]

    def __call__(self, offer: Offer, index: int) -> Answer:
        spoken = [row for row in self.versions if row <= max(offer.versions)]
        if not spoken:
            return Answer(offer.name, Kind.ALERT, alert=70)
        version = max(spoken)
        if version not in offer.versions:
            return Answer(offer.name, Kind.ALERT, alert=70)
        common = [row for row in offer.suites if row in self.suites and self.usable(row, version)]
        if self.order:
            common.sort(key=self.order.index)
        if version == TLS13:
            return self._modern(offer, common)
        if not common:
            return Answer(offer.name, Kind.ALERT, alert=self.refusal)
        suite = BY_CODE[common[0]]
        if suite.finite and self.primeless:
            return replace(self.primeless, offer=offer.name)
        chain = () if suite.anonymous else (leaf(suite.family),)
        bits = 2048 if suite.finite else 0
        return Answer(offer.name, Kind.ACCEPTED, version, suite.code, chain=chain, prime_bits=bits)

    def _modern(self, offer: Offer, common: list[int]) -> Answer:
        wanted = {"RSA": RSA_SIGNATURES, "EC": EC_SIGNATURES}
        shown = [
            family
            for family in sorted(self.families)
            if set(wanted[family]) & set(offer.signatures)
        ]
        fits = (offer.groups == OTHER_GROUPS) is self.other_groups
        if not (common and shown and fits):
            return Answer(offer.name, Kind.ALERT, alert=self.refusal)
        if self.other_groups:
            return Answer(offer.name, Kind.RETRY, TLS13, common[0], group=OTHER_GROUPS[0])
        chain = (leaf(shown[0]),)
        return Answer(offer.name, Kind.ACCEPTED, TLS13, common[0], group=0x1D, chain=chain)


def mute(server: Server) -> Peer:
    """Return a peer that hangs up wherever the server would say an alert."""

    def peer(offer: Offer, index: int) -> Answer:
        answer = server(offer, index)
        return Answer(offer.name, Kind.CLOSED) if answer.kind is Kind.ALERT else answer

    return peer


def examine(peer: Peer, limit: int = 60) -> tuple[Evidence, list[Offer]]:
    """Examine a peer without a clock; return the evidence and the hellos that were put."""
    examination, asked = Examination(), list[Offer]()
    script = examination.script()
    try:
        ask: Any = next(script)
        while True:
            asked.append(ask.offer)
            assert len(asked) <= limit, [offer.name for offer in asked]
            ask = script.send(peer(ask.offer, len(asked) - 1))
    except StopIteration:
        seen = examination.seen
        return Evidence(seen.control, tuple(seen.answers), tuple(examination.named)), asked
