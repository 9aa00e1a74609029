"""The cipher suites that can be asked for, by their number in the IANA registry.

Suites of a pre-shared key, SRP, Kerberos and GOST are left out: a server that speaks nothing
else never accepts a hello, so nothing is claimed about it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

_TLS13 = """
1301 AES_128_GCM_SHA256
1302 AES_256_GCM_SHA384
1303 CHACHA20_POLY1305_SHA256
1304 AES_128_CCM_SHA256
1305 AES_128_CCM_8_SHA256
"""

# In the order of a browser's offer: ephemeral keys first, 128 bits before 256, old ones last. A
# server that follows the client's order therefore shows what it would give to a browser.
_OLDER = """
C02B ECDHE_ECDSA AES_128_GCM_SHA256
C02F ECDHE_RSA AES_128_GCM_SHA256
C02C ECDHE_ECDSA AES_256_GCM_SHA384
C030 ECDHE_RSA AES_256_GCM_SHA384
CCA9 ECDHE_ECDSA CHACHA20_POLY1305_SHA256
CCA8 ECDHE_RSA CHACHA20_POLY1305_SHA256
009E DHE_RSA AES_128_GCM_SHA256
009F DHE_RSA AES_256_GCM_SHA384
CCAA DHE_RSA CHACHA20_POLY1305_SHA256
00A2 DHE_DSS AES_128_GCM_SHA256
00A3 DHE_DSS AES_256_GCM_SHA384
C0AC ECDHE_ECDSA AES_128_CCM
C0AD ECDHE_ECDSA AES_256_CCM
C0AE ECDHE_ECDSA AES_128_CCM_8
C0AF ECDHE_ECDSA AES_256_CCM_8
C09E DHE_RSA AES_128_CCM
C09F DHE_RSA AES_256_CCM
C0A2 DHE_RSA AES_128_CCM_8
C0A3 DHE_RSA AES_256_CCM_8
C023 ECDHE_ECDSA AES_128_CBC_SHA256
C027 ECDHE_RSA AES_128_CBC_SHA256
C024 ECDHE_ECDSA AES_256_CBC_SHA384
C028 ECDHE_RSA AES_256_CBC_SHA384
C009 ECDHE_ECDSA AES_128_CBC_SHA
C013 ECDHE_RSA AES_128_CBC_SHA
C00A ECDHE_ECDSA AES_256_CBC_SHA
C014 ECDHE_RSA AES_256_CBC_SHA
0067 DHE_RSA AES_128_CBC_SHA256
006B DHE_RSA AES_256_CBC_SHA256
0033 DHE_RSA AES_128_CBC_SHA
0039 DHE_RSA AES_256_CBC_SHA
0040 DHE_DSS AES_128_CBC_SHA256
006A DHE_DSS AES_256_CBC_SHA256
0032 DHE_DSS AES_128_CBC_SHA
0038 DHE_DSS AES_256_CBC_SHA
C02D ECDH_ECDSA AES_128_GCM_SHA256
C02E ECDH_ECDSA AES_256_GCM_SHA384
C031 ECDH_RSA AES_128_GCM_SHA256
C032 ECDH_RSA AES_256_GCM_SHA384
C025 ECDH_ECDSA AES_128_CBC_SHA256
C026 ECDH_ECDSA AES_256_CBC_SHA384
C004 ECDH_ECDSA AES_128_CBC_SHA
C005 ECDH_ECDSA AES_256_CBC_SHA
C00E ECDH_RSA AES_128_CBC_SHA
C00F ECDH_RSA AES_256_CBC_SHA
00A0 DH_RSA AES_128_GCM_SHA256
00A1 DH_RSA AES_256_GCM_SHA384
00A4 DH_DSS AES_128_GCM_SHA256
00A5 DH_DSS AES_256_GCM_SHA384
003F DH_RSA AES_128_CBC_SHA256
0069 DH_RSA AES_256_CBC_SHA256
003E DH_DSS AES_128_CBC_SHA256
0068 DH_DSS AES_256_CBC_SHA256
0031 DH_RSA AES_128_CBC_SHA
0037 DH_RSA AES_256_CBC_SHA
0030 DH_DSS AES_128_CBC_SHA
0036 DH_DSS AES_256_CBC_SHA
C05C ECDHE_ECDSA ARIA_128_GCM_SHA256
C05D ECDHE_ECDSA ARIA_256_GCM_SHA384
C060 ECDHE_RSA ARIA_128_GCM_SHA256
C061 ECDHE_RSA ARIA_256_GCM_SHA384
C052 DHE_RSA ARIA_128_GCM_SHA256
C053 DHE_RSA ARIA_256_GCM_SHA384
C072 ECDHE_ECDSA CAMELLIA_128_CBC_SHA256
C073 ECDHE_ECDSA CAMELLIA_256_CBC_SHA384
C076 ECDHE_RSA CAMELLIA_128_CBC_SHA256
C077 ECDHE_RSA CAMELLIA_256_CBC_SHA384
00BE DHE_RSA CAMELLIA_128_CBC_SHA256
00C4 DHE_RSA CAMELLIA_256_CBC_SHA256
0045 DHE_RSA CAMELLIA_128_CBC_SHA
0088 DHE_RSA CAMELLIA_256_CBC_SHA
009C RSA AES_128_GCM_SHA256
009D RSA AES_256_GCM_SHA384
C09C RSA AES_128_CCM
C09D RSA AES_256_CCM
C0A0 RSA AES_128_CCM_8
C0A1 RSA AES_256_CCM_8
003C RSA AES_128_CBC_SHA256
003D RSA AES_256_CBC_SHA256
002F RSA AES_128_CBC_SHA
0035 RSA AES_256_CBC_SHA
C050 RSA ARIA_128_GCM_SHA256
C051 RSA ARIA_256_GCM_SHA384
00BA RSA CAMELLIA_128_CBC_SHA256
00C0 RSA CAMELLIA_256_CBC_SHA256
0041 RSA CAMELLIA_128_CBC_SHA
0084 RSA CAMELLIA_256_CBC_SHA
009A DHE_RSA SEED_CBC_SHA
0096 RSA SEED_CBC_SHA
0007 RSA IDEA_CBC_SHA
C008 ECDHE_ECDSA 3DES_EDE_CBC_SHA
C012 ECDHE_RSA 3DES_EDE_CBC_SHA
C003 ECDH_ECDSA 3DES_EDE_CBC_SHA
C00D ECDH_RSA 3DES_EDE_CBC_SHA
0016 DHE_RSA 3DES_EDE_CBC_SHA
0013 DHE_DSS 3DES_EDE_CBC_SHA
000A RSA 3DES_EDE_CBC_SHA
0010 DH_RSA 3DES_EDE_CBC_SHA
000D DH_DSS 3DES_EDE_CBC_SHA
C007 ECDHE_ECDSA RC4_128_SHA
C011 ECDHE_RSA RC4_128_SHA
C002 ECDH_ECDSA RC4_128_SHA
C00C ECDH_RSA RC4_128_SHA
0066 DHE_DSS RC4_128_SHA
0005 RSA RC4_128_SHA
0004 RSA RC4_128_MD5
0015 DHE_RSA DES_CBC_SHA
0012 DHE_DSS DES_CBC_SHA
0009 RSA DES_CBC_SHA
0063 DHE_DSS_EXPORT1024 DES_CBC_SHA
0062 RSA_EXPORT1024 DES_CBC_SHA
0065 DHE_DSS_EXPORT1024 RC4_56_SHA
0064 RSA_EXPORT1024 RC4_56_SHA
0014 DHE_RSA_EXPORT DES40_CBC_SHA
0011 DHE_DSS_EXPORT DES40_CBC_SHA
0008 RSA_EXPORT DES40_CBC_SHA
0006 RSA_EXPORT RC2_CBC_40_MD5
0003 RSA_EXPORT RC4_40_MD5
00A7 DH_anon AES_256_GCM_SHA384
00A6 DH_anon AES_128_GCM_SHA256
006D DH_anon AES_256_CBC_SHA256
006C DH_anon AES_128_CBC_SHA256
C019 ECDH_anon AES_256_CBC_SHA
C018 ECDH_anon AES_128_CBC_SHA
003A DH_anon AES_256_CBC_SHA
0034 DH_anon AES_128_CBC_SHA
0089 DH_anon CAMELLIA_256_CBC_SHA
0046 DH_anon CAMELLIA_128_CBC_SHA
009B DH_anon SEED_CBC_SHA
C017 ECDH_anon 3DES_EDE_CBC_SHA
001B DH_anon 3DES_EDE_CBC_SHA
C016 ECDH_anon RC4_128_SHA
0018 DH_anon RC4_128_MD5
001A DH_anon DES_CBC_SHA
0019 DH_anon_EXPORT DES40_CBC_SHA
0017 DH_anon_EXPORT RC4_40_MD5
C006 ECDHE_ECDSA NULL_SHA
C010 ECDHE_RSA NULL_SHA
C001 ECDH_ECDSA NULL_SHA
C00B ECDH_RSA NULL_SHA
C015 ECDH_anon NULL_SHA
003B RSA NULL_SHA256
0002 RSA NULL_SHA
0001 RSA NULL_MD5
"""

#: Key bits by the start of the cipher's name, longest match first; 3DES resists like 112 bits.
_BITS = {
    "AES_128": 128,
    "AES_256": 256,
    "ARIA_128": 128,
    "ARIA_256": 256,
    "CAMELLIA_128": 128,
    "CAMELLIA_256": 256,
    "CHACHA20": 256,
    "SEED": 128,
    "IDEA": 128,
    "3DES": 112,
    "RC4_128": 128,
    "RC4_56": 56,
    "RC4_40": 40,
    "RC2_CBC_40": 40,
    "DES_": 56,
    "DES40": 40,
    "NULL": 0,
}


@dataclass(frozen=True)
class Suite:
    """One cipher suite; ``exchange`` is empty for TLS 1.3, whose suites name the cipher only."""

    code: int
    exchange: str
    cipher: str

    @functools.cached_property
    def name(self) -> str:
        """Return the name of the IANA registry."""
        return f"TLS_{self.exchange}_WITH_{self.cipher}" if self.exchange else f"TLS_{self.cipher}"

    @functools.cached_property
    def bits(self) -> int:
        """Return the key bits of the session cipher; 0 for NULL."""
        return next(bits for start, bits in _BITS.items() if self.cipher.startswith(start))

    @functools.cached_property
    def anonymous(self) -> bool:
        """Tell whether the server sends no certificate."""
        return "anon" in self.exchange

    @functools.cached_property
    def weak(self) -> bool:
        """Tell whether it is NULL, anonymous, RC4, RC2, DES, 3DES or export."""
        broken = self.cipher.startswith(("NULL", "RC4", "RC2", "DES", "3DES"))
        return broken or self.anonymous or "EXPORT" in self.exchange

    @functools.cached_property
    def static(self) -> bool:
        """Tell whether the certificate's own key agrees the session key: no forward secrecy."""
        return self.exchange.startswith(("RSA", "ECDH_", "DH_")) and not self.anonymous

    @functools.cached_property
    def finite(self) -> bool:
        """Tell whether the key exchange is ephemeral Diffie-Hellman over a prime field."""
        return self.exchange.startswith(("DHE_", "DH_anon"))

    @functools.cached_property
    def family(self) -> str:
        """Return ``RSA``, ``EC``, ``DSS`` or ``DH`` by the key of the certificate, or nothing."""
        if not self.exchange or self.anonymous:
            return ""
        if self.exchange.startswith("DH_"):
            return "DH"
        if "DSS" in self.exchange:
            return "DSS"
        # ECDH_RSA is an elliptic-curve key in a certificate that an RSA key signed (RFC 4492).
        return "EC" if self.exchange in ("ECDHE_ECDSA", "ECDH_ECDSA", "ECDH_RSA") else "RSA"


def _read(table: str) -> tuple[Suite, ...]:
    rows = [line.split() for line in table.split("\n") if line]
    return tuple(Suite(int(row[0], 16), " ".join(row[1:-1]), row[-1]) for row in rows)


TLS13 = _read(_TLS13)
OLDER = _read(_OLDER)
BY_CODE = {suite.code: suite for suite in (*TLS13, *OLDER)}
