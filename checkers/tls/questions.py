"""What an endpoint is asked: a question is yes if any of its offers is accepted.

Every offer is a set; the answer to a set is one connection. A question has several offers where
one hello cannot cover it: a server that speaks TLS 1.3 only over a group that this prober has no
arithmetic for, or one that allows DES below TLS 1.2 only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from troth.checkers.tls import suites
from troth.checkers.tls.suites import Suite

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304

VERSION_NAMES = {
    SSL3: "SSL 3.0",
    TLS10: "TLS 1.0",
    TLS11: "TLS 1.1",
    TLS12: "TLS 1.2",
    TLS13: "TLS 1.3",
}

#: Groups that a key share can be made for: X25519, P-256, P-384, P-521, X448.
GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x001E)
#: Curves that only TLS 1.2 and older use; named so that an old server finds one.
OLD_CURVES = (0x0016, 0x001A, 0x001B, 0x001C, 0x0015, 0x0013, 0x000E, 0x000D, 0x000B, 0x0009)
#: TLS 1.3 groups without arithmetic here: finite fields, Brainpool, ML-KEM and its hybrids.
OTHER_GROUPS = (
    *(0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x001F, 0x0020, 0x0021),
    *(0x11EB, 0x11EC, 0x11ED, 0x0200, 0x0201, 0x0202, 0x6399),
)

RSA_SIGNATURES = (
    *(0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0401, 0x0501, 0x0601, 0x0301, 0x0201),
)
EC_SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x081A, 0x081B, 0x081C),
    *(0x0303, 0x0203),
)
DSS_SIGNATURES = (0x0402, 0x0302, 0x0202)
ALL_SIGNATURES = (*EC_SIGNATURES, *RSA_SIGNATURES, *DSS_SIGNATURES)


@dataclass(frozen=True)
class Offer:
    """One hello: the versions, suites and signatures that count as accepting it.

    ``versions`` are numbers of the protocol, highest first. ``share`` is the group of the TLS
    1.3 key share; 0 sends none, which asks the server to name the group it wants.
    """

    name: str
    versions: tuple[int, ...]
    suites: tuple[int, ...]
    signatures: tuple[int, ...] = ALL_SIGNATURES
    groups: tuple[int, ...] = GROUPS
    share: int = GROUPS[0]

    @property
    def modern(self) -> bool:
        """Tell whether TLS 1.3 is among the versions."""
        return TLS13 in self.versions


@dataclass(frozen=True)
class Question:
    """A question by the name of the fact it decides, and the offers that put it."""

    name: str
    offers: tuple[Offer, ...]


def _codes(table: Iterable[Suite]) -> tuple[int, ...]:
    return tuple(suite.code for suite in table)


_MODERN = _codes(suites.TLS13)
_STRONG = _codes(suite for suite in suites.OLDER if suite.bits == 256 and not suite.weak)
_STRONG13 = _codes(suite for suite in suites.TLS13 if suite.bits == 256)
_WEAK = _codes(suite for suite in suites.OLDER if suite.weak)
_OLD = _codes(suites.OLDER)
_UP_TO_12 = (TLS12, TLS11, TLS10, SSL3)

#: The first hello; its answer is what a server prefers. Then hellos for servers that choke on it.
OPENERS = (
    Offer("full-offer", (TLS13, *_UP_TO_12), (*_MODERN, *_OLD)),
    Offer("full-offer-tls1_2", _UP_TO_12, _OLD),
    Offer("full-offer-ssl3", (SSL3,), _OLD),
)


def _elsewhere(name: str, codes: tuple[int, ...]) -> Offer:
    return Offer(name, (TLS13,), codes, groups=OTHER_GROUPS, share=0)


VERSIONS = (
    Question("ssl3", (Offer("ssl3", (SSL3,), _OLD),)),
    Question("tls1_0", (Offer("tls1_0", (TLS10,), _OLD),)),
    Question("tls1_1", (Offer("tls1_1", (TLS11,), _OLD),)),
    Question("tls1_2", (Offer("tls1_2", (TLS12,), _OLD),)),
    Question(
        "tls1_3",
        (Offer("tls1_3", (TLS13,), _MODERN), _elsewhere("tls1_3-other-groups", _MODERN)),
    ),
)

CIPHERS = (
    Question(
        "suites_256",
        (
            Offer("suites_256", (TLS13, TLS12), (*_STRONG13, *_STRONG)),
            Offer("suites_256-tls1_2", (TLS12,), _STRONG),
            _elsewhere("suites_256-other-groups", _STRONG13),
        ),
    ),
    # An export suite is void from TLS 1.1 on and DES from TLS 1.2 on, and some servers hold to
    # that; so the weak suites are offered below those versions too (RFC 4346 A.5, RFC 5469).
    Question(
        "suites_below_128",
        (
            Offer("suites_below_128", _UP_TO_12, _WEAK),
            Offer("suites_below_128-tls1_1", (TLS11, TLS10, SSL3), _WEAK),
            Offer("suites_below_128-tls1_0", (TLS10, SSL3), _WEAK),
        ),
    ),
)


def _family(name: str) -> tuple[int, ...]:
    return _codes(suite for suite in suites.OLDER if suite.family == name)


#: TLS 1.3 chooses the certificate by signature algorithm, the older versions by suite.
CERTIFICATES = (
    Question("rsa-tls1_3", (Offer("rsa-tls1_3", (TLS13,), _MODERN, RSA_SIGNATURES),)),
    Question("ec-tls1_3", (Offer("ec-tls1_3", (TLS13,), _MODERN, EC_SIGNATURES),)),
    Question("rsa-tls1_2", (Offer("rsa-tls1_2", _UP_TO_12, _family("RSA")),)),
    Question("ec-tls1_2", (Offer("ec-tls1_2", _UP_TO_12, _family("EC")),)),
)

#: Asked where the opening was not TLS 1.3: then nothing shows that the two questions about it
#: were refused for their signatures and not for their groups.
ELSEWHERE = Question("tls1_3-elsewhere", (_elsewhere("tls1_3-elsewhere", _MODERN),))

OFFERS = {
    offer.name: offer
    for offer in (
        *OPENERS,
        *(
            offer
            for each in (*VERSIONS, *CIPHERS, *CERTIFICATES, ELSEWHERE)
            for offer in each.offers
        ),
    )
}
