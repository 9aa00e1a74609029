"""What nginx serves in the fleet: versions, certificates, suites, names."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.checkers.tls import authority, servers
from tests.checkers.tls.authority import Issued
from tests.fleet.rows import (
    HERE,
    MODERN,
    NAME,
    NO,
    YES,
    Fleet,
    House,
    Row,
    entry,
    leaves,
    nothing,
    trust,
    versions,
)
from troth.model import Reason


@dataclass
class Site:
    """One ``server`` block of nginx: its certificates, what it is told, and its truth."""

    name: str
    certificates: Sequence[Issued]
    settings: str
    truth: Mapping[str, Any]
    server_name: str = NAME
    listen: str = "ssl"

    def block(self, folder: Path, port: int) -> str:
        """Return the block, its certificate files written to the folder."""
        lines = [f"listen {HERE}:{port} {self.listen};", f"server_name {self.server_name};"]
        for index, issued in enumerate(self.certificates):
            leaf, key, chain = issued.write(folder, f"{self.name}-{index}")
            leaf.write_bytes(leaf.read_bytes() + chain.read_bytes())
            lines += [f"ssl_certificate {leaf};", f"ssl_certificate_key {key};"]
        body = "\n".join([*lines, self.settings, "location / { return 204; }"])
        return f"server {{\n{body}\n}}\n"


OLD = "ssl_ciphers ALL:@SECLEVEL=0;"
NEW = "ssl_protocols TLSv1.2 TLSv1.3;"


def sites(house: House) -> list[Site]:
    """Return what nginx serves."""
    ec, rsa = house.leaf(), house.leaf("rsa2048")
    return [
        *_of_versions(ec, rsa),
        *_of_suites(rsa),
        *_of_certificates(house),
        Site("dual", [rsa, ec], NEW, MODERN | trust() | leaves("EC 256", "RSA 2048")),
        Site(
            "small-rsa-behind-ec",
            [ec, house.leaf("rsa1024")],
            f"{NEW} ssl_ciphers DEFAULT:@SECLEVEL=0;",
            MODERN | leaves("EC 256", "RSA 1024"),
        ),
        Site(
            "client-certificate",
            [ec],
            NEW + " ssl_verify_client on; ssl_client_certificate {root};",
            MODERN | trust(),
        ),
        Site(
            "sixty-intermediates",
            [_hostile_chain(house)],
            NEW,
            MODERN | trust() | {"certificates.presented": Reason.UNPROVEN},
        ),
        Site(
            "dual-10-to-13",
            [rsa, ec],
            f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; {OLD}",
            versions("tls1_0", "tls1_1", "tls1_2", "tls1_3") | leaves("EC 256", "RSA 2048"),
        ),
        Site("plain-http", [], "", nothing(Reason.MALFORMED_RESPONSE), listen=""),
    ]


def _of_versions(ec: Issued, rsa: Issued) -> Iterator[Site]:
    yield Site("ec-12-13", [ec], NEW, MODERN | trust() | leaves("EC 256"))
    yield Site("rsa-12-13", [rsa], NEW, MODERN | trust() | leaves("RSA 2048"))
    for name, spoken in (
        ("only-13", ("tls1_3",)),
        ("only-12", ("tls1_2",)),
        ("11-to-12", ("tls1_1", "tls1_2")),
        ("10-to-12", ("tls1_0", "tls1_1", "tls1_2")),
        ("10-to-13", ("tls1_0", "tls1_1", "tls1_2", "tls1_3")),
        ("10-and-13", ("tls1_0", "tls1_3")),
        ("10-only", ("tls1_0",)),
    ):
        words = " ".join(NGINX_NAMES[each] for each in spoken)
        yield Site(name, [rsa], f"ssl_protocols {words}; {OLD}", versions(*spoken) | trust())


#: How nginx calls the versions.
NGINX_NAMES = {"tls1_0": "TLSv1", "tls1_1": "TLSv1.1", "tls1_2": "TLSv1.2", "tls1_3": "TLSv1.3"}


def _of_suites(rsa: Issued) -> Iterator[Site]:
    for name, suite, truth in (
        (
            "aes128-only",
            "ECDHE-RSA-AES128-GCM-SHA256",
            ciphers(256, NO) | ciphers(128, YES) | {"ciphers.preferred_bits": 128} | SECRET,
        ),
        (
            "aes256-only",
            "ECDHE-RSA-AES256-GCM-SHA384",
            ciphers(256, YES) | ciphers(128, NO) | {"ciphers.preferred_bits": 256} | SECRET,
        ),
        ("static-rsa", "AES256-GCM-SHA384", {"ciphers.without_forward_secrecy": YES}),
        (
            "dhe-2048",
            "DHE-RSA-AES256-GCM-SHA384; ssl_dhparam {ffdhe2048}",
            {"ciphers.finite_field": YES, "ciphers.finite_field_bits": 2048} | SECRET,
        ),
    ):
        yield Site(name, [rsa], f"ssl_protocols TLSv1.2; ssl_ciphers {suite};", truth)


def ciphers(bits: int, answer: str) -> dict[str, str]:
    """Return the truth about suites of 256, or of 128 to 255 bits; none is broken."""
    fact = "suites_256" if bits == 256 else "suites_below_256"
    return {f"ciphers.{fact}": answer, "ciphers.suites_below_128": NO}


#: Every suite has forward secrecy.
SECRET = {"ciphers.without_forward_secrecy": NO}


def _of_certificates(house: House) -> Iterator[Site]:
    weak = "ssl_ciphers DEFAULT:@SECLEVEL=0;"
    expired = house.leaf(dies=authority.BORN + authority.days(30))
    own = authority.leaf(None, (NAME,), "rsa2048")
    late = {"trust.not_after": "2026-01-31T00:00:00+00:00"}
    yield Site("expired", [expired], NEW, trust() | late)
    yield Site("wrong-name", [house.leaf(names=("other.fleet.test",))], NEW, trust(name="differs"))
    yield Site("no-name", [house.leaf(names=())], NEW, trust(name="differs"))
    yield Site("self-signed", [own], NEW, trust(chain="untrusted"))
    yield Site("rsa-2047", [house.leaf("rsa2047")], weak, leaves("RSA 2047"))
    yield Site("ed25519", [house.leaf("ed25519")], NEW, leaves("Ed25519 256"))


def _hostile_chain(house: House) -> Issued:
    """Return a leaf with sixty intermediates of one subject and one key above it."""
    leaf = authority.leaf(authority.authority("loop", house.root), (NAME,))
    loops = tuple(authority.authority("loop", house.root).certificate for _ in range(60))
    return Issued(leaf.certificate, leaf.key, loops)


def _group() -> str:
    """Return the parameters of ffdhe2048 (RFC 7919 appendix A.1) as nginx reads them."""
    command = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def serve(
    stack: contextlib.ExitStack, fleet: Fleet, house: House, folder: Path, extra: int
) -> None:
    """Run all sites, and ``extra`` plain modern ones, in one nginx."""
    place = folder / "nginx"
    place.mkdir()
    group = place / "ffdhe2048.pem"
    group.write_text(_group())
    wanted = [*sites(house), *(_plain(house, number) for number in range(extra))]
    ports = servers.free_ports(len(wanted) + 1)
    blocks = []
    for site, port in zip(wanted, ports[1:], strict=True):
        text = site.block(place, port).replace("{ffdhe2048}", str(group))
        blocks.append(text.replace("{root}", str(fleet.store)))
        fleet.rows.append(Row(site.name, entry(port), site.truth))
    blocks += _by_name_only(fleet, house, place, ports[0])
    stack.enter_context(servers.nginx(place, "".join(blocks)))


def _plain(house: House, number: int) -> Site:
    return Site(f"more-{number}", [house.leaf()], NEW, MODERN | trust())


def _by_name_only(fleet: Fleet, house: House, place: Path, port: int) -> list[str]:
    """Return the blocks of a port that rejects every handshake without the right name."""
    named = Site("sni-only", [house.leaf()], NEW, MODERN | trust())
    fleet.rows.append(Row(named.name, entry(port), named.truth))
    fleet.rows.append(
        Row("sni-missing", entry(port, "unknown.fleet.test"), nothing(Reason.UNPROVEN))
    )
    listen = f"listen {HERE}:{port} ssl default_server;"
    return [f"server {{\n{listen}\n{NEW} ssl_reject_handshake on;\n}}\n", named.block(place, port)]
