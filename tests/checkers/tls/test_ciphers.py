"""How strong the accepted and the preferred session ciphers are, against real servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkers.tls import servers
from tests.checkers.tls.authority import Issued
from tests.checkers.tls.look import Look

WEAKEST = ":@SECLEVEL=0"


def test_a_server_may_prefer_128_bits_although_it_has_256(rsa: Issued, tmp_path: Path) -> None:
    options = ("-tls1_2", "-serverpref")
    suites = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
    with servers.openssl(tmp_path, [rsa], *options, "-cipher", suites) as port:
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert seen["preferred_name"] == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert seen["preferred_bits"] == 128
    assert seen["suites_256"] == "accepted"
    assert seen["suites_below_128"] == "refused"


def test_a_server_that_prefers_256_bits_is_not_talked_out_of_it(
    rsa: Issued, tmp_path: Path
) -> None:
    """The full offer names 128 bits first; only the server's own will puts 256 first."""
    options = ("-serverpref", "-ciphersuites", "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256")
    with servers.openssl(tmp_path, [rsa], *options) as port:
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert seen["preferred_name"] == "TLS_AES_256_GCM_SHA384"
    assert seen["preferred_bits"] == 256


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (
            ("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"),
            "TLS_CHACHA20_POLY1305_SHA256",
        ),
        (
            ("-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"),
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        ),
        (("-tls1_2", "-cipher", "AES256-SHA"), "TLS_RSA_WITH_AES_256_CBC_SHA"),
    ],
)
def test_256_bits_in_any_form(
    rsa: Issued, tmp_path: Path, options: tuple[str, ...], name: str
) -> None:
    with servers.openssl(tmp_path, [rsa], *options) as port:
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert (seen["preferred_name"], seen["preferred_bits"]) == (name, 256)
    assert (seen["suites_256"], seen["suites_below_128"]) == ("accepted", "refused")


@pytest.mark.parametrize(
    "options",
    [
        ("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"),
        ("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_SHA256"),
        ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"),
        # AES-256 exists, but below TLS 1.2 only, which the question leaves out.
        ("-tls1_1", "-cipher", "AES256-SHA" + WEAKEST),
    ],
)
def test_no_256_bits(rsa: Issued, tmp_path: Path, options: tuple[str, ...]) -> None:
    with servers.openssl(tmp_path, [rsa], *options) as port:
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert seen["suites_256"] == "refused"


def test_256_bits_in_tls_1_2_only_are_found_behind_a_tls_1_3_of_128(
    rsa: Issued, tmp_path: Path
) -> None:
    options = (
        *("-ciphersuites", "TLS_AES_128_GCM_SHA256"),
        *("-cipher", "ECDHE-RSA-AES256-GCM-SHA384"),
    )
    with servers.openssl(tmp_path, [rsa], *options) as port:
        assert Look(f"127.0.0.1:{port}").facet("ciphers")["suites_256"] == "accepted"


@pytest.mark.parametrize("cipher", ["NULL-SHA256", "NULL-MD5", "ADH-AES256-GCM-SHA384"])
def test_no_encryption_and_no_authentication(rsa: Issued, tmp_path: Path, cipher: str) -> None:
    options = ("-tls1_2", "-cipher", f"AES128-SHA:{cipher}{WEAKEST}")
    with servers.openssl(tmp_path, [rsa], *options) as port:
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert seen["suites_below_128"] == "accepted"
    assert seen["suites_256"] == "refused"


@pytest.mark.parametrize("cipher", ["rc4", "3des", "null"])
def test_ciphers_that_a_modern_library_cannot_offer(rsa: Issued, cipher: str) -> None:
    with servers.tlslite(rsa, (1, 3), ["aes128", cipher]) as port:
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert seen["suites_below_128"] == "accepted"
    assert seen["preferred_bits"] == 128


@pytest.mark.parametrize(("cipher", "bits"), [("rc4", 128), ("3des", 112), ("null", 0)])
def test_a_server_with_nothing_better(rsa: Issued, cipher: str, bits: int) -> None:
    with servers.tlslite(rsa, (0, 1), [cipher]) as port:
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert seen["preferred_bits"] == bits
    assert seen["suites_below_128"] == "accepted"
    assert seen["suites_256"] == "refused"


def test_weak_suites_that_exist_below_tls_1_2_only(rsa: Issued, tmp_path: Path) -> None:
    """A hello for TLS 1.2 meets a server that holds DES, RC4 or export to older versions."""
    with (
        servers.tlslite(rsa, (1, 1), ["rc4"]) as old,
        servers.openssl(tmp_path, [rsa], "-tls1_2") as new,
        servers.gate(new, lambda hello, _: servers.highest(hello) >= 0x0303 or _to(old)) as (
            port,
            hellos,
        ),
    ):
        seen = Look(f"127.0.0.1:{port}").facet("ciphers")
    assert seen["suites_below_128"] == "accepted"
    assert {servers.highest(hello) for hello in hellos} >= {0x0303, 0x0302}


def _to(port: int) -> servers.Action:
    return lambda client, data: servers.forward(client, port, data)
