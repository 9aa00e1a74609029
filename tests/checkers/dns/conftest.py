"""One authoritative server and one resolver for all tests of names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.checkers.dns import servers

#: 40 texts of 100 characters do not fit into one datagram.
_LONG = "\n".join(f'long TXT "{index:03d}{"x" * 97}"' for index in range(40))

ZONES = {
    "test": f"""
@ SOA ns1 admin 1 60 60 60 60
@ NS ns1
@ NS ns2
@ CAA 0 issue "ca.example"
ns1 A 203.0.113.1
ns1 AAAA 2001:db8:1::1
ns2 A 198.51.100.1
sub NS ns1
sub NS ns2
sub DS 60485 8 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A
plain NS ns1
plain NS gone
lame NS ns1
www A 203.0.113.7
www AAAA 2001:db8:7::7
one CNAME two
two CNAME three.sub
dangling CNAME nothing
circle CNAME round
round CNAME circle
xn--bcher-kva A 203.0.113.8
{_LONG}
""",
    "sub.test": """
@ SOA ns1.test. admin 1 60 60 60 60
@ NS ns1.test.
@ NS ns2.test.
@ CAA 0 issue "other.example; account=1"
@ CAA 128 IODEF "mailto:sec@sub.test"
@ MX 10 mx1
@ MX 20 mx2.test.
@ TXT "v=spf1 include:a.example " "-all"
@ TXT "unrelated"
_dmarc TXT "v=DMARC1; p=reject"
twice TXT "v=spf1 -all"
twice TXT "V=SPF1 +all"
none MX 0 .
three A 203.0.113.9
below CNAME www.test.
odd TXT "v=spf1 \\027[31m\\255 -all"
_sips._tcp SRV 10 10 5061 sip1
_sips._tcp SRV 20 10 5061 sip2
sip1 A 203.0.113.21
sip2 A 203.0.113.22
sip2 AAAA 2001:db8:2::2
""",
    "plain.test": """
@ SOA ns1.test. admin 1 60 60 60 60
@ NS ns1.test.
@ NS gone.test.
@ NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.sub.test.
@ NAPTR 20 10 "a" "SIP+D2U" "" ns2.test.
_none._tcp SRV 0 0 0 .
next NAPTR 10 10 "" "E2U+sip" "" other
""",
}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve the zones with knot, which knows and does not ask others."""
    if shutil.which("knotd") is None:
        pytest.skip("knot is not installed")
    with servers.knot(tmp_path_factory.mktemp("knot"), ZONES) as port:
        yield port


@pytest.fixture(scope="session")
def resolver(authority: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run unbound, which asks and does not know."""
    if shutil.which("unbound") is None:
        pytest.skip("unbound is not installed")
    with servers.unbound(tmp_path_factory.mktemp("unbound"), authority) as port:
        yield port


@pytest.fixture(params=["authority", "resolver"])
def server(request: pytest.FixtureRequest) -> int:
    """Return the port of either: both say the same."""
    port: int = request.getfixturevalue(request.param)
    return port
