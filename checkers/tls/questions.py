"""What an endpoint can be asked: hellos that offer a set, and the sets of suites they are made of.

Every offer is a set; the answer to a set is one connection. An offer has a name, and its name
says all of it, so that recorded answers can be read without the offers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
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


#: The set that is asked for alone.
FINITE = "finite"

#: The sets of suites that are asked for, by name; what they have to do with the facts is said in
#: ``examination``.
SETS: Mapping[str, Callable[[Suite], bool]] = {
    "256": lambda suite: suite.bits == 256 and not suite.weak,
    "128": lambda suite: 128 <= suite.bits < 256,
    "broken": lambda suite: suite.weak,
    "static": lambda suite: suite.static,
    FINITE: lambda suite: suite.finite,
    "rsa": lambda suite: suite.family == "RSA",
    "ec": lambda suite: suite.family == "EC",
}


def codes(table: Iterable[Suite]) -> tuple[int, ...]:
    """Return the numbers of suites."""
    return tuple(suite.code for suite in table)


#: Finite-field suites last: browsers have dropped them, and a server may choose one, find that it
#: has no prime, and hang up, although it would take another (Dovecot 2.3 as it is installed).
_OFFERED = sorted(suites.OLDER, key=SETS[FINITE])
_MODERN, _OLD = codes(suites.TLS13), codes(_OFFERED)
_BROKEN = codes(filter(SETS["broken"], _OFFERED))
_OLDER_VERSIONS = (TLS12, TLS11, TLS10, SSL3)

MODERN = Offer("tls1_3", (TLS13,), _MODERN)
ELSEWHERE = "-other-groups"


def elsewhere(offer: Offer) -> Offer:
    """Return an offer of TLS 1.3 over the groups that this prober has no arithmetic for.

    Without a key share a server that agrees asks for one, which is answer enough.
    """
    return Offer(offer.name + ELSEWHERE, offer.versions, offer.suites, groups=OTHER_GROUPS, share=0)


FULL = Offer("full-offer", (TLS13, *_OLDER_VERSIONS), (*_MODERN, *_OLD))
FULL_OLDER = Offer("full-offer-tls1_2", _OLDER_VERSIONS, _OLD)
FULL_SSL3 = Offer("full-offer-ssl3", (SSL3,), _OLD)
#: The first hello, whose answer is what a server prefers; then hellos for servers that choke on it.
OPENERS = (FULL, FULL_OLDER, elsewhere(MODERN), FULL_SSL3)

#: Every suite, up to a version: the server answers with the highest that it speaks.
RUNGS = {
    TLS12: FULL_OLDER,
    TLS11: Offer("up-to-tls1_1", _OLDER_VERSIONS[1:], _OLD),
    TLS10: Offer("up-to-tls1_0", _OLDER_VERSIONS[2:], _OLD),
    SSL3: FULL_SSL3,
}

#: Export is void from TLS 1.1 on and DES from TLS 1.2 on, and some servers hold to that; so the
#: broken suites are offered below those versions too (RFC 4346 A.5, RFC 5469).
BROKEN_UP_TO = {
    TLS11: Offer("broken-up-to-tls1_1", _OLDER_VERSIONS[1:], _BROKEN),
    TLS10: Offer("broken-up-to-tls1_0", _OLDER_VERSIONS[2:], _BROKEN),
    SSL3: Offer("broken-up-to-ssl3", (SSL3,), _BROKEN),
}

#: TLS 1.3 chooses the certificate by signature algorithm, the older versions by suite.
BY_FAMILY = {
    "rsa": Offer("tls1_3/rsa", (TLS13,), _MODERN, RSA_SIGNATURES),
    "ec": Offer("tls1_3/ec", (TLS13,), _MODERN, EC_SIGNATURES),
}
BY_STRENGTH = {
    name: Offer(f"tls1_3/{name}", (TLS13,), codes(filter(SETS[name], suites.TLS13)))
    for name in ("256", "128")
}


_OLDER_NAME, _WITH_FINITE = "older/", "/with-finite"
#: The sets that have suites of a finite field among others.
_MIXED = frozenset(
    name for name, fits in SETS.items() if any(row.finite for row in filter(fits, suites.OLDER))
)


@functools.cache
def older(names: frozenset[str], finite: bool = False) -> Offer:
    """Return the offer of several sets at once, to TLS 1.2 and older.

    Suites of a finite field are left out unless their set is named, or ``finite`` lets them in.
    They come last, and before them first what belongs to most of the sets: a server that follows
    the client's order then answers several questions in one.
    """

    def place(row: Suite) -> tuple[bool, int]:
        return row.finite, -sum(SETS[name](row) for name in names)

    fitting = [row for row in suites.OLDER if any(SETS[name](row) for name in names)]
    let_in = [row for row in fitting if finite or FINITE in names or not row.finite]
    name = _OLDER_NAME + "+".join(sorted(names)) + _WITH_FINITE * finite
    return Offer(name, _OLDER_VERSIONS, codes(sorted(let_in, key=place)))


@functools.lru_cache(maxsize=256)
def asked_sets(offer: str) -> frozenset[str]:
    """Return the sets that an offer of :func:`older` names; none for any other."""
    named = offer.startswith(_OLDER_NAME)
    names = offer.removeprefix(_OLDER_NAME).removesuffix(_WITH_FINITE)
    return frozenset(names.split("+")) if named else frozenset()


def is_whole(offer: str, name: str) -> bool:
    """Tell whether an offer that names a set has all of its suites."""
    let_in = offer.endswith(_WITH_FINITE) or FINITE in asked_sets(offer)
    return let_in or name not in _MIXED


#: One of each sort, which the self-check reads back.
OFFERS = {
    offer.name: offer
    for offer in (
        *OPENERS,
        *RUNGS.values(),
        *BROKEN_UP_TO.values(),
        MODERN,
        *BY_FAMILY.values(),
        *BY_STRENGTH.values(),
        *map(elsewhere, (MODERN, *BY_STRENGTH.values())),
        *(older(frozenset([name])) for name in SETS),
        older(frozenset(SETS)),
        older(frozenset(SETS) - {FINITE}, finite=True),
    )
}
