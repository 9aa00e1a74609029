"""Which versions are accepted and refused, against real servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkers.tls import servers
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.look import Look

ALL_CIPHERS = ("-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
NAMES = ("ssl3", "tls1_0", "tls1_1", "tls1_2", "tls1_3")


@pytest.mark.parametrize(
    ("options", "accepted"),
    [
        (("-tls1_2",), {"tls1_2"}),
        (("-tls1_3",), {"tls1_3"}),
        ((), {"tls1_2", "tls1_3"}),
        (("-tls1", *ALL_CIPHERS), {"tls1_0"}),
        (("-tls1_1", *ALL_CIPHERS), {"tls1_1"}),
        (ALL_CIPHERS, {"tls1_0", "tls1_1", "tls1_2", "tls1_3"}),
        (("-no_tls1_3", *ALL_CIPHERS), {"tls1_0", "tls1_1", "tls1_2"}),
        (("-no_tls1_1", "-no_tls1_2", *ALL_CIPHERS), {"tls1_0", "tls1_3"}),
    ],
)
def test_each_version_is_asked_on_its_own(
    rsa: Issued, tmp_path: Path, options: tuple[str, ...], accepted: set[str]
) -> None:
    with servers.openssl(tmp_path, [rsa], *options) as port:
        seen = Look(f"127.0.0.1:{port}").facet("versions")
    assert {name: seen[name] for name in NAMES} == {
        name: "accepted" if name in accepted else "refused" for name in NAMES
    }


@pytest.mark.parametrize("highest", [0, 1, 3, 4])
def test_ssl3_is_seen_beside_any_other_version(rsa: Issued, highest: int) -> None:
    with servers.tlslite(rsa, (0, highest), ["aes128", "aes128gcm", "3des"]) as port:
        seen = Look(f"127.0.0.1:{port}").facet("versions")
    assert {name: seen[name] for name in NAMES} == {
        name: "accepted" if index <= highest else "refused" for index, name in enumerate(NAMES)
    }


@pytest.mark.parametrize("group", ["X25519", "P-256", "P-384", "P-521", "X448"])
def test_a_server_with_one_group_is_met_with_that_group(
    rsa: Issued, tmp_path: Path, group: str
) -> None:
    with servers.openssl(tmp_path, [rsa], "-tls1_3", "-groups", group) as port:
        look = Look(f"127.0.0.1:{port}")
        seen, certificates = look.facet("versions"), look.facet("certificates")
    assert seen["tls1_3"] == "accepted"
    assert seen["tls1_2"] == "refused"
    assert rsa.sha256 in {row["sha256"] for row in certificates["presented"]["items"]}


def test_a_group_without_arithmetic_here_still_shows_the_version(
    rsa: Issued, tmp_path: Path
) -> None:
    """TLS 1.2 has other groups, so the endpoint can be spoken to; its TLS 1.3 cannot."""
    with servers.openssl(tmp_path, [rsa], "-groups", "ffdhe2048") as port:
        look = Look(f"127.0.0.1:{port}")
        seen, certificates = look.facet("versions"), look.facet("certificates")
    assert seen["tls1_3"] == "accepted"
    assert seen["tls1_2"] == "accepted"
    assert "complete" not in certificates["presented"]


def test_a_client_certificate_is_not_needed_to_see_the_versions(
    rsa: Issued, root: Issued, tmp_path: Path
) -> None:
    authority, _, _ = root.write(tmp_path, "clients")
    options = ("-Verify", "1", "-CAfile", str(authority))
    with servers.openssl(tmp_path, [rsa], *options) as port:
        look = Look(f"127.0.0.1:{port}")
        seen, ciphers = look.facet("versions"), look.facet("ciphers")
    assert (seen["tls1_1"], seen["tls1_2"], seen["tls1_3"]) == ("refused", "accepted", "accepted")
    assert ciphers["suites_256"] == "accepted"


def test_ipv6(rsa: Issued, tmp_path: Path, store: Path) -> None:
    leaf, key, chain = rsa.write(tmp_path, "v6")
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(leaf.read_bytes() + chain.read_bytes())
    port = servers.free_port("::1")
    server = f"""server {{
    listen [::1]:{port} ssl;
    ssl_certificate {bundle}; ssl_certificate_key {key}; ssl_protocols TLSv1.2;
    }}"""
    with servers.nginx(tmp_path, server):
        look = Look(f"[::1]:{port}", store)
        seen, trust = look.facet("versions"), look.facet("trust")
    assert look.resource.id == f"tls://[::1]:{port}"
    assert (seen["tls1_2"], seen["tls1_3"]) == ("accepted", "refused")
    assert (trust["chain"], trust["name"]) == ("trusted", "matches")


def test_the_name_is_sent_and_a_server_that_needs_it_is_seen(rsa: Issued, tmp_path: Path) -> None:
    leaf, key, _ = rsa.write(tmp_path, "sni")
    port = servers.free_port()
    block = f"""server {{
    listen 127.0.0.1:{port} ssl default_server;
    ssl_reject_handshake on; ssl_protocols TLSv1.2 TLSv1.3;
    }}
    server {{
    listen 127.0.0.1:{port} ssl;
    server_name wanted.example;
    ssl_certificate {leaf}; ssl_certificate_key {key};
    }}"""
    with servers.nginx(tmp_path, block):
        named = Look({"host": "127.0.0.1", "port": port, "server_name": "wanted.example"})
        by_host = Look({"host": "wanted.example", "port": port, "address": "127.0.0.1"})
        nameless = Look(f"127.0.0.1:{port}")
        assert named.facet("versions")["tls1_3"] == "accepted"
        assert by_host.facet("versions")["tls1_0"] == "refused"
        assert nameless.failure("versions").reason == "unproven"


def test_local_openssl_policy_changes_nothing(
    rsa: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalogue's trap: a modern library may refuse to offer what is to be refused."""
    monkeypatch.setenv("OPENSSL_CONF", str(tmp_path / "none"))
    with servers.openssl(tmp_path, [rsa], *ALL_CIPHERS) as port:
        seen = Look(f"127.0.0.1:{port}").facet("versions")
    assert seen["tls1_0"] == "accepted"
