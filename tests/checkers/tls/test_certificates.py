"""Every certificate that is presented, whichever sort of client asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.checkers.tls import authority, servers
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.look import Look, Sight

OLD = ("-no_tls1_3", "-cipher", "ALL:@SECLEVEL=0")


def keys(seen: Sight) -> set[tuple[str, str, int]]:
    return {
        (row["position"], row["key_type"], row["key_bits"]) for row in seen["presented"]["items"]
    }


@pytest.mark.parametrize("options", [("-tls1_2",), ("-tls1_3",), (), ("-tls1", *OLD[1:])])
def test_a_dual_deployment_shows_both_leaves(
    rsa: Issued, ecdsa: Issued, middle: Issued, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """The catalogue's trap: one handshake shows one key."""
    with servers.openssl(tmp_path, [rsa, ecdsa], *options) as port:
        seen = Look(f"127.0.0.1:{port}").facet("certificates")
    assert keys(seen) == {
        ("leaf", "RSA", 2048),
        ("leaf", "EC", 256),
        ("intermediate", "RSA", 2048),
    }
    assert seen["presented"]["complete"] is True
    found = {row["sha256"] for row in seen["presented"]["items"]}
    assert found == {rsa.sha256, ecdsa.sha256, middle.sha256}


def test_a_weak_key_behind_a_good_one_is_seen(
    ecdsa: Issued, middle: Issued, tmp_path: Path
) -> None:
    weak = authority.leaf(middle, kind="rsa1024")
    with servers.openssl(tmp_path, [ecdsa, weak], "-cipher", "ALL:@SECLEVEL=0") as port:
        seen = Look(f"127.0.0.1:{port}").facet("certificates")
    assert ("leaf", "RSA", 1024) in keys(seen)
    assert ("leaf", "EC", 256) in keys(seen)


@pytest.mark.parametrize(
    ("kind", "key", "hashed"),
    [
        ("rsa1024", ("RSA", 1024), "sha256"),
        ("rsa2048", ("RSA", 2048), "sha256"),
        ("p256", ("EC", 256), "sha256"),
        ("p521", ("EC", 521), "sha256"),
        ("ed25519", ("Ed25519", 256), "sha512"),
    ],
)
@pytest.mark.parametrize("options", [OLD, ("-tls1_3", "-cipher", "ALL:@SECLEVEL=0")])
def test_one_key_of_each_sort(
    tmp_path: Path, kind: str, key: tuple[str, int], hashed: str, options: tuple[str, ...]
) -> None:
    own = authority.leaf(None, kind=kind)
    with servers.openssl(tmp_path, [own], *options) as port:
        (row,) = (seen := Look(f"127.0.0.1:{port}").facet("certificates"))["presented"]["items"]
    assert row == {
        "sha256": own.sha256,
        "subject": "CN=leaf",
        "position": "leaf",
        "key_type": key[0],
        "key_bits": key[1],
        "signature_hash": hashed,
        "not_before": "2026-01-01T00:00:00+00:00",
        "not_after": "2046-01-01T00:00:00+00:00",
    }
    assert seen["presented"]["complete"] is True


def test_a_root_in_the_chain_is_told_from_an_intermediate(
    rsa: Issued, root: Issued, tmp_path: Path
) -> None:
    full = Issued(rsa.certificate, rsa.key, (*rsa.above, root.certificate))
    with servers.openssl(tmp_path, [full]) as port:
        seen = Look(f"127.0.0.1:{port}").facet("certificates")
    assert {(row["subject"], row["position"]) for row in seen["presented"]["items"]} == {
        ("CN=leaf", "leaf"),
        ("CN=middle", "intermediate"),
        ("CN=root", "self-signed"),
    }


def test_a_certificate_that_only_says_it_issued_itself_is_an_intermediate(
    rsa: Issued, root: Issued, tmp_path: Path
) -> None:
    """Roots are spared from the key rule, so the claim alone must not do."""
    liar = authority.authority("liar", authority.authority("liar", kind="p521"), "rsa1024")
    full = Issued(rsa.certificate, rsa.key, (*rsa.above, liar.certificate))
    assert liar.root
    with servers.openssl(tmp_path, [full], "-cipher", "ALL:@SECLEVEL=0") as port:
        seen = Look(f"127.0.0.1:{port}").facet("certificates")
    assert ("intermediate", "RSA", 1024) in keys(seen)


def test_an_anonymous_server_presents_nothing(tmp_path: Path) -> None:
    options = ("-tls1_2", "-cipher", "ADH:@SECLEVEL=0")
    with servers.openssl(tmp_path, [], *options) as port:
        look = Look(f"127.0.0.1:{port}")
        seen = look.facet("certificates")
        assert look.failure("trust").reason == "no-data"
    assert seen["presented"] == {"items": [], "complete": True}


def test_silence_towards_one_sort_of_client_leaves_the_list_open(
    rsa: Issued, ecdsa: Issued, tmp_path: Path
) -> None:
    def decide(hello: Any, index: int) -> bool | servers.Action:
        return servers.hang if hello.signatures and 0x0804 not in hello.signatures else True

    with (
        servers.openssl(tmp_path, [rsa, ecdsa], "-tls1_3") as real,
        servers.gate(real, decide) as (port, _),
    ):
        look = Look(f"127.0.0.1:{port}", timeout_seconds=1.0)
        # The opening shows the EC leaf, so the EC question need not be put; RSA is answered.
        assert look.facet("certificates")["presented"]["complete"] is True

    def no_rsa(hello: Any, index: int) -> bool | servers.Action:
        return servers.hang if hello.signatures and 0x0403 not in hello.signatures else True

    with (
        servers.openssl(tmp_path, [rsa, ecdsa], "-tls1_3") as real,
        servers.gate(real, no_rsa) as (port, _),
    ):
        look = Look(f"127.0.0.1:{port}", timeout_seconds=1.0)
        seen, trust = look.facet("certificates"), look.facet("trust")
    assert "complete" not in seen["presented"]
    assert ("leaf", "EC", 256) in keys(seen)
    assert seen.missing["presented"].reason == "unproven"
    assert trust.reason("name") == "unproven"
    assert trust.reason("not_after") == "unproven"


def test_sixty_certificates_are_cut_short_and_said_so(rsa: Issued, tmp_path: Path) -> None:
    many = tuple(authority.authority("same").certificate for _ in range(60))
    with servers.openssl(tmp_path, [Issued(rsa.certificate, rsa.key, many)]) as port:
        look = Look(f"127.0.0.1:{port}")
        seen, trust = look.facet("certificates"), look.facet("trust")
        assert look.facet("versions")["tls1_2"] == "accepted"
    assert len(seen["presented"]["items"]) == 10
    assert "complete" not in seen["presented"]
    assert seen.missing["presented"].reason == "unproven"
    assert trust.reason("chain") == "unproven"
    assert trust["name"] == "matches"
