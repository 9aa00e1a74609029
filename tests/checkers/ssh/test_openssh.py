"""Facts of OpenSSH's own server; the truth is its configuration, ssh-keygen and ssh-keyscan."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.checkers.driver import Reader
from tests.checkers.ssh import servers
from tests.checkers.ssh.look import FACETS, look

Keys = Mapping[str, Path]

WEAK = (
    "KexAlgorithms +diffie-hellman-group1-sha1",
    "Ciphers +3des-cbc,aes128-cbc",
    "MACs +hmac-md5",
    "HostKeyAlgorithms +ssh-rsa",
)
STRONG = (
    "KexAlgorithms curve25519-sha256,diffie-hellman-group16-sha512",
    "Ciphers aes256-gcm@openssh.com,aes256-ctr",
    "MACs hmac-sha2-512-etm@openssh.com",
    "HostKeyAlgorithms ssh-ed25519,rsa-sha2-512",
)


def row(key: Path, key_type: str) -> dict[str, object]:
    """Return what must be presented, as ssh-keygen tells it."""
    sha256, bits = servers.fingerprint(key)
    return {"sha256": sha256, "key_type": key_type, "key_bits": bits}


def presented(seen: Mapping[str, object]) -> list[dict[str, object]]:
    listed = seen["presented"]
    assert isinstance(listed, dict)
    assert listed.get("complete") is True, listed
    return sorted(listed["items"], key=lambda each: str(each["sha256"]))


def in_order(*rows: dict[str, object]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda each: str(each["sha256"]))


def test_strong_settings_are_told_as_they_stand_in_the_configuration(
    keys: Keys, tmp_path: Path
) -> None:
    with servers.sshd(tmp_path, [keys["ed25519"], keys["rsa3072"]], *STRONG) as server:
        seen = look(server.endpoint)
    assert seen["algorithms"]["protocol"] == "2.0"
    for fact, setting in zip(("key_exchange", "ciphers", "macs", "host_keys"), STRONG, strict=True):
        assert seen.items("algorithms", fact) == set(setting.split()[1].split(","))
    assert seen["algorithms"].raw["software"].startswith("OpenSSH_")
    assert presented(seen["host_keys"]) == in_order(
        row(keys["rsa3072"], "RSA"), row(keys["ed25519"], "Ed25519")
    )


def test_weak_settings_are_all_seen(keys: Keys, tmp_path: Path) -> None:
    with servers.sshd(tmp_path, [keys["rsa1024"]], *WEAK) as server:
        seen = look(server.endpoint)
    assert "diffie-hellman-group1-sha1" in seen.items("algorithms", "key_exchange")
    assert {"3des-cbc", "aes128-cbc"} < seen.items("algorithms", "ciphers")
    assert "hmac-md5" in seen.items("algorithms", "macs")
    assert seen.items("algorithms", "host_keys") == {"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"}
    assert presented(seen["host_keys"]) == [row(keys["rsa1024"], "RSA")]


def test_nothing_but_what_is_broken_still_shows_its_keys_and_methods(
    keys: Keys, tmp_path: Path
) -> None:
    settings = (
        "KexAlgorithms diffie-hellman-group1-sha1",
        "Ciphers 3des-cbc",
        "MACs hmac-md5",
        "HostKeyAlgorithms ssh-rsa",
    )
    with servers.sshd(tmp_path, [keys["rsa1024"]], *settings) as server:
        seen = look(server.endpoint)
    assert seen.items("algorithms", "ciphers") == {"3des-cbc"}
    assert presented(seen["host_keys"]) == [row(keys["rsa1024"], "RSA")]
    assert "publickey" in seen.items("authentication", "methods")


def test_ciphers_that_cannot_be_spoken_hide_no_key(keys: Keys, tmp_path: Path) -> None:
    settings = ("Ciphers aes256-ctr", "MACs umac-64@openssh.com")
    with servers.sshd(tmp_path, [keys["ed25519"]], *settings) as server:
        seen = look(server.endpoint)
    assert presented(seen["host_keys"]) == [row(keys["ed25519"], "Ed25519")]
    assert seen.failure("authentication").reason == "not-supported"


def test_a_key_exchange_that_cannot_be_spoken_hides_no_list(keys: Keys, tmp_path: Path) -> None:
    only = "sntrup761x25519-sha512@openssh.com"
    with servers.sshd(tmp_path, [keys["ed25519"]], f"KexAlgorithms {only}") as server:
        seen = look(server.endpoint)
    assert only in seen.items("algorithms", "key_exchange")
    assert seen.failure("host_keys").reason == "not-supported"
    assert seen.failure("authentication").reason == "not-supported"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("name", "key_type", "settings"),
    [
        ("rsa2048", "RSA", ("HostKeyAlgorithms rsa-sha2-256",)),
        ("rsa3072", "RSA", ("HostKeyAlgorithms rsa-sha2-512",)),
        ("p256", "EC", ()),
        ("p384", "EC", ()),
        ("p521", "EC", ()),
        ("ed25519", "Ed25519", ()),
    ],
)
def test_each_type_of_key_has_the_size_and_fingerprint_that_ssh_keygen_tells(
    keys: Keys, tmp_path: Path, name: str, key_type: str, settings: tuple[str, ...]
) -> None:
    with servers.sshd(tmp_path, [keys[name]], *settings) as server:
        seen = look(server.endpoint)
    assert presented(seen["host_keys"]) == [row(keys[name], key_type)]


def test_dsa_keys_are_told_too(tmp_path: Path) -> None:
    """Newer OpenSSH has no DSA any more."""
    try:
        key = servers.make_key(tmp_path, "dsa", 1024)
    except subprocess.CalledProcessError:
        pytest.skip("missing: an ssh-keygen that makes DSA keys")
    with servers.sshd(tmp_path, [key], "HostKeyAlgorithms +ssh-dss") as server:
        seen = look(server.endpoint)
    assert presented(seen["host_keys"]) == [row(key, "DSA")]


def test_the_key_in_a_host_certificate_is_told(keys: Keys, tmp_path: Path) -> None:
    authority = servers.make_key(tmp_path, "ed25519", 256)
    key = servers.make_key(tmp_path, "rsa", 2048)
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-h", "-I", "host", f"{key}.pub"]
    subprocess.run(sign, check=True)
    only = "rsa-sha2-512-cert-v01@openssh.com"
    settings = (f"HostCertificate {key}-cert.pub", f"HostKeyAlgorithms {only}")
    with servers.sshd(tmp_path, [key], *settings) as server:
        seen = look(server.endpoint)
    assert seen.items("algorithms", "host_keys") == {only}
    assert presented(seen["host_keys"]) == [row(key, "RSA")]


def test_ssh_keyscan_sees_the_same_keys(keys: Keys, tmp_path: Path) -> None:
    three = [keys["rsa2048"], keys["p256"], keys["ed25519"]]
    with servers.sshd(tmp_path, three) as server:
        seen = look(server.endpoint)
        command = ["ssh-keyscan", "-p", str(server.port), "-t", "rsa,ecdsa,ed25519", servers.HERE]
        scanned = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in scanned.splitlines() if line and not line.startswith("#")]
    digests = [hashlib.sha256(base64.b64decode(line.split()[-1])).digest() for line in lines]
    expected = {"SHA256:" + base64.b64encode(each).decode().rstrip("=") for each in digests}
    assert len(expected) == 3
    assert {each["sha256"] for each in presented(seen["host_keys"])} == expected


def test_three_connections_are_enough_for_all_facts(keys: Keys, tmp_path: Path) -> None:
    reader = Reader(frozenset())
    with servers.sshd(tmp_path, [keys["rsa2048"], keys["p256"], keys["ed25519"]]) as server:
        seen = look(server.endpoint, reader)
    assert len(presented(seen["host_keys"])) == 3
    assert all(seen[name] for name in FACETS)
    assert server.connections == 3


def test_with_a_fourth_key_the_list_is_not_complete(keys: Keys, tmp_path: Path) -> None:
    four = [keys[name] for name in ("ed25519", "p384", "p256", "rsa1024")]
    with servers.sshd(tmp_path, four, "HostKeyAlgorithms +ssh-rsa") as server:
        seen = look(server.endpoint)
    listed = seen["host_keys"]["presented"]
    assert "complete" not in listed
    assert len(listed["items"]) == 3
    # What can be weak is looked at first.
    assert row(keys["rsa1024"], "RSA") in listed["items"]
    why = seen["host_keys"].missing["presented"]
    assert why.reason == "listing-incomplete"
    assert "Ed25519" in why.message
    assert server.connections == 3


@pytest.mark.parametrize(
    ("settings", "methods"),
    [
        (("PasswordAuthentication yes", "KbdInteractiveAuthentication no"), {"password"}),
        (
            ("PasswordAuthentication no", "KbdInteractiveAuthentication yes"),
            {"keyboard-interactive"},
        ),
        (("PasswordAuthentication no", "KbdInteractiveAuthentication no"), set()),
        (("AuthenticationMethods publickey,password",), set()),
    ],
)
def test_the_ways_to_sign_in_are_those_of_the_configuration(
    keys: Keys, tmp_path: Path, settings: tuple[str, ...], methods: set[str]
) -> None:
    with servers.sshd(tmp_path, [keys["ed25519"]], *settings) as server:
        seen = look(server.endpoint)
    assert seen.items("authentication", "methods") == methods | {"publickey"}
    assert seen["authentication"]["open"] is False


def test_the_account_is_the_one_that_is_configured(keys: Keys, tmp_path: Path) -> None:
    with servers.sshd(tmp_path, [keys["ed25519"]]) as server:
        look(server.endpoint)
        look(server.endpoint, user="someone-else")
    told = "".join(server.log)
    assert "Invalid user troth-probe from" in told
    assert "Invalid user someone-else from" in told


def test_a_banner_before_signing_in_is_no_trouble(keys: Keys, tmp_path: Path) -> None:
    banner = tmp_path / "banner"
    banner.write_text("Keep out.\n" * 200)
    with servers.sshd(tmp_path, [keys["ed25519"]], f"Banner {banner}") as server:
        seen = look(server.endpoint)
    assert "publickey" in seen.items("authentication", "methods")


def test_an_account_that_needs_no_proof_is_open(keys: Keys, tmp_path: Path) -> None:
    """A real account without a password, in files that only this server sees."""
    for name, line in (
        ("passwd", "nopassword:x:4242:65534::/:/bin/sh"),
        ("shadow", "nopassword::19000:0:99999:7:::"),
    ):
        (tmp_path / name).write_text(Path(f"/etc/{name}").read_text() + line + "\n")
    also = "".join(
        f"mount --bind {tmp_path}/{name} /etc/{name} && " for name in ("passwd", "shadow")
    )
    settings = ("PermitEmptyPasswords yes", "PasswordAuthentication yes", "UsePAM no")
    with servers.sshd(tmp_path, [keys["ed25519"]], *settings, also=also) as server:
        seen = look(server.endpoint, user="nopassword")
        closed = look(server.endpoint)
    assert seen["authentication"] == {"open": True}
    assert seen["authentication"].missing["methods"].reason == "unproven"
    assert closed["authentication"]["open"] is False
    assert any("Accepted none for nopassword" in line for line in server.log)


METHODS = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group1-sha1",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group-exchange-sha256",
)


@pytest.mark.parametrize("method", METHODS)
def test_each_key_exchange_comes_to_a_key_and_an_encrypted_answer(
    keys: Keys, tmp_path: Path, method: str
) -> None:
    with servers.sshd(tmp_path, [keys["ed25519"]], f"KexAlgorithms {method}") as server:
        seen = look(server.endpoint)
    assert seen.items("algorithms", "key_exchange") == {method}
    assert presented(seen["host_keys"]) == [row(keys["ed25519"], "Ed25519")]
    assert "publickey" in seen.items("authentication", "methods")


ALONE = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com")
WITH_MAC = ("aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-cbc", "aes256-cbc", "3des-cbc")
HMACS = ("hmac-sha1", "hmac-sha1-96", "hmac-sha2-256", "hmac-sha2-512", "hmac-md5", "hmac-md5-96")


@pytest.mark.parametrize(
    ("cipher", "mac"),
    [
        *((cipher, "umac-64@openssh.com") for cipher in ALONE),
        *((cipher, "hmac-sha2-256") for cipher in WITH_MAC),
        *((cipher, "hmac-sha2-512-etm@openssh.com") for cipher in WITH_MAC),
        *(("aes256-ctr", mac) for mac in HMACS),
        *(("aes256-ctr", f"{mac}-etm@openssh.com") for mac in HMACS),
    ],
)
def test_each_cipher_and_mac_carries_the_ways_to_sign_in(
    keys: Keys, tmp_path: Path, cipher: str, mac: str
) -> None:
    settings = (f"Ciphers {cipher}", f"MACs {mac}")
    with servers.sshd(tmp_path, [keys["ed25519"]], *settings) as server:
        seen = look(server.endpoint)
    assert "publickey" in seen.items("authentication", "methods")


def test_a_full_server_is_unknown_and_never_a_fact(keys: Keys, tmp_path: Path) -> None:
    with (
        servers.sshd(tmp_path, [keys["ed25519"]], "MaxStartups 1") as server,
        servers.waiting(server.port),
    ):
        seen = look(server.endpoint)
    # OpenSSH says so since 8.x, but may reset the connection before that can be read.
    assert seen.reasons <= {"throttled", "unproven"}
    assert server.connections == 1
    assert sum("drop connection" in line for line in server.log) == 3
