"""Chain, name and time, each judged on its own."""

from __future__ import annotations

import contextlib
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.checkers.tls import authority, servers
from tests.checkers.tls.authority import BORN, DIES, Issued, days
from tests.checkers.tls.look import Look, Sight
from troth.checker import ObservationFailed
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.stores import read_store
from troth.checkers.tls.trust import judge, same_name


def trust(issued: Issued, folder: Path, store: Path | None, **endpoint: Any) -> Sight:
    options = ("-cipher", "ALL:@SECLEVEL=0")
    with servers.openssl(folder, [issued], *options) as port:
        place = {"host": "127.0.0.1", "port": port, "server_name": "localhost", **endpoint}
        return Look(place, store).facet("trust")


def test_a_private_authority_in_the_trust_store(rsa: Issued, tmp_path: Path, store: Path) -> None:
    seen = trust(rsa, tmp_path, store)
    assert (seen["chain"], seen["name"]) == ("trusted", "matches")
    assert seen["not_before"] == "2026-01-01T00:00:00+00:00"
    assert seen["not_after"] == "2046-01-01T00:00:00+00:00"


def test_the_machines_own_store_does_not_know_it(rsa: Issued, tmp_path: Path) -> None:
    seen = trust(rsa, tmp_path, None)
    assert (seen["chain"], seen["name"]) == ("untrusted", "matches")


def test_a_missing_intermediate_is_untrusted(rsa: Issued, tmp_path: Path, store: Path) -> None:
    seen = trust(Issued(rsa.certificate, rsa.key), tmp_path, store)
    assert seen["chain"] == "untrusted"


def test_an_expired_leaf_is_expired_and_nothing_else(
    middle: Issued, tmp_path: Path, store: Path
) -> None:
    old = authority.leaf(middle, dies=BORN + days(30))
    seen = trust(old, tmp_path, store)
    assert (seen["chain"], seen["name"]) == ("trusted", "matches")
    assert seen["not_after"] == "2026-01-31T00:00:00+00:00"


def test_a_leaf_of_the_future_is_that_and_nothing_else(
    middle: Issued, tmp_path: Path, store: Path
) -> None:
    seen = trust(authority.leaf(middle, born=DIES - days(30)), tmp_path, store)
    assert (seen["chain"], seen["name"]) == ("trusted", "matches")
    assert seen["not_before"] == "2045-12-02T00:00:00+00:00"


def test_an_expired_intermediate_breaks_the_chain(
    root: Issued, tmp_path: Path, store: Path
) -> None:
    expired = authority.authority("expired", root, dies=BORN + days(30))
    assert trust(authority.leaf(expired), tmp_path, store)["chain"] == "untrusted"


def test_a_wrong_name_is_that_and_nothing_else(rsa: Issued, tmp_path: Path, store: Path) -> None:
    seen = trust(rsa, tmp_path, store, server_name="other.example")
    assert (seen["chain"], seen["name"]) == ("trusted", "differs")


def test_a_common_name_is_no_name(middle: Issued, tmp_path: Path, store: Path) -> None:
    seen = trust(authority.leaf(middle, (), common="localhost"), tmp_path, store)
    assert (seen["chain"], seen["name"]) == ("trusted", "differs")


def test_an_address_is_matched_by_address_only(middle: Issued, tmp_path: Path, store: Path) -> None:
    as_name = authority.leaf(middle, ("localhost",))
    with_address = authority.leaf(middle, ("127.0.0.1",))
    assert trust(as_name, tmp_path, store, server_name="")["name"] == "differs"
    assert trust(with_address, tmp_path, store, server_name="")["name"] == "matches"


def test_a_weak_key_does_not_make_an_authority_unknown(
    middle: Issued, tmp_path: Path, store: Path
) -> None:
    assert trust(authority.leaf(middle, kind="rsa1024"), tmp_path, store)["chain"] == "trusted"


def test_both_leaves_of_a_dual_deployment_must_be_trusted(
    rsa: Issued, tmp_path: Path, store: Path
) -> None:
    own = authority.leaf(None, dies=DIES - days(1))
    with servers.openssl(tmp_path, [rsa, own]) as port:
        seen = Look(f"localhost:{port}", store, address="127.0.0.1").facet("trust")
    assert seen["chain"] == "untrusted"
    assert seen["not_after"] == "2045-12-31T00:00:00+00:00"


def test_a_pinned_self_signed_leaf_is_trusted(tmp_path: Path) -> None:
    own = authority.leaf(None)
    pinned = tmp_path / "pinned.pem"
    pinned.write_bytes(authority.pem(own.certificate))
    assert trust(own, tmp_path, pinned)["chain"] == "trusted"
    assert trust(authority.leaf(None), tmp_path, pinned)["chain"] == "untrusted"


USAGE = x509.KeyUsage(True, *([False] * 8))


@pytest.mark.parametrize(
    "extension",
    [
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"),
    ],
)
def test_a_leaf_for_another_purpose(
    middle: Issued, tmp_path: Path, store: Path, extension: x509.ExtensionType
) -> None:
    other = authority.leaf(middle, extensions=[(extension, True)])
    assert trust(other, tmp_path, store)["chain"] == "untrusted"


def test_a_leaf_that_names_servers_and_uses_is_trusted(
    middle: Issued, tmp_path: Path, store: Path
) -> None:
    usual = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False), (USAGE, True)]
    assert trust(authority.leaf(middle, extensions=usual), tmp_path, store)["chain"] == "trusted"


def test_a_leaf_that_issues_certificates_is_no_authority(
    root: Issued, tmp_path: Path, store: Path
) -> None:
    fake = authority.authority("fake", root, ca=False)
    assert trust(authority.leaf(fake), tmp_path, store)["chain"] == "untrusted"


@pytest.mark.parametrize(
    ("usage", "chain"),
    [
        (x509.KeyUsage(True, *([False] * 8)), "untrusted"),
        (x509.KeyUsage(*[place == 5 for place in range(9)]), "trusted"),
    ],
)
def test_an_authority_must_be_allowed_to_sign_certificates(
    root: Issued, tmp_path: Path, store: Path, usage: x509.KeyUsage, chain: str
) -> None:
    middle = authority.authority("signs", root, extensions=[(usage, True)])
    assert trust(authority.leaf(middle), tmp_path, store)["chain"] == chain


@pytest.mark.parametrize(
    ("content", "word"), [(None, "No such file"), (b"nothing", "holds no certificate")]
)
def test_a_store_that_cannot_be_read_leaves_only_the_chain_unknown(
    rsa: Issued, tmp_path: Path, content: bytes | None, word: str
) -> None:
    path = tmp_path / "store.pem"
    if content is not None:
        path.write_bytes(content)
    seen = trust(rsa, tmp_path, path)
    assert seen.reason("chain") == "no-data"
    assert word in seen.missing["chain"].message
    assert seen["name"] == "matches"


def test_a_store_that_may_not_be_read_says_so(
    rsa: Issued, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests may run as root, from whom no file is kept; so the refusal is made up."""

    def refuse(self: Path, *_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "store.pem"
    path.write_bytes(b"")
    monkeypatch.setattr(Path, "open", refuse)
    response = read_store(path)
    monkeypatch.undo()
    assert response["reason"] == "permission-denied"
    answer = Answer("full-offer", Kind.ACCEPTED, chain=(rsa.der,))
    missing = judge([answer], None, "localhost", BORN + days(1), response).missing["chain"]
    assert missing.reason == "permission-denied"
    assert missing.permission == "read trust_store"


def test_a_store_is_found_beside_troth_yaml(rsa: Issued, tmp_path: Path, store: Path) -> None:
    with servers.openssl(tmp_path, [rsa]) as port:
        place = f"127.0.0.1:{port}"
        look = Look(place, Path(store.name), base_dir=str(store.parent))
        assert look.facet("trust")["chain"] == "trusted"


def test_a_folder_of_hashed_anchors_is_a_store_too(
    rsa: Issued, root: Issued, tmp_path: Path
) -> None:
    folder = tmp_path / "anchors"
    folder.mkdir()
    (folder / "0a1b2c3d.0").write_bytes(authority.pem(root.certificate))
    (folder / "README").write_text("no anchor")
    assert trust(rsa, tmp_path, folder)["chain"] == "trusted"


def test_sixty_look_alike_intermediates_do_not_hang_the_search(
    root: Issued, tmp_path: Path, store: Path
) -> None:
    twin = authority.authority("twin", authority.authority("twin"))
    many = tuple(authority.authority("twin", twin).certificate for _ in range(60))
    issued = authority.leaf(twin)
    with servers.openssl(tmp_path, [Issued(issued.certificate, issued.key, many)]) as port:
        assert Look(f"localhost:{port}", store).facet("trust").reason("chain") == "unproven"


@pytest.mark.parametrize(
    ("pattern", "name", "same"),
    [
        ("www.example.test", "WWW.example.test.", True),
        ("*.example.test", "www.example.test", True),
        ("*.example.test", "example.test", False),
        ("*.example.test", "a.b.example.test", False),
        ("w*.example.test", "www.example.test", False),
        ("*.test", "example.test", False),
        ("*", "test", False),
        ("", "www.example.test", False),
    ],
)
def test_names(pattern: str, name: str, same: bool) -> None:
    assert same_name(pattern, name) is same


@given(st.text(), st.text())
def test_a_pattern_without_a_star_matches_itself_only(pattern: str, name: str) -> None:
    if "*" not in pattern:
        own = pattern.lower().rstrip(".") == name.lower().rstrip(".")
        assert same_name(pattern, name) is own


UNREADABLE = bytes.fromhex("3004a3020500")  # an X.400 address, which nothing here reads


def test_names_that_cannot_be_read_are_unknown_not_wrong(
    middle: Issued, tmp_path: Path, store: Path
) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), UNREADABLE)
    issued = authority.leaf(middle, (), extensions=[(strange, False)])
    seen = trust(issued, tmp_path, store)
    assert seen.reason("name") == "malformed-response"
    assert seen.values.get("chain") != "untrusted"


@given(at=st.integers(0, 600), value=st.integers(0, 255), place=st.integers(0, 1))
@settings(deadline=None)
def test_a_damaged_chain_is_judged_or_said_to_be_unreadable(
    at: int, value: int, place: int
) -> None:
    root = authority.authority("root")
    leaf = authority.leaf(authority.authority("middle", root))
    chain = [bytearray(leaf.der), bytearray(leaf.above[0].public_bytes(Encoding.DER))]
    chain[place][at % len(chain[place])] = value
    answer = Answer("full-offer", Kind.ACCEPTED, chain=tuple(bytes(der) for der in chain))
    anchors = {"certificates": [b64encode(root.der).decode()], "problem": "", "reason": ""}
    with contextlib.suppress(ObservationFailed):
        facts = judge([answer], None, "localhost", datetime(2026, 6, 1, tzinfo=UTC), anchors)
        assert set(facts.values) | set(facts.missing) == {
            "chain",
            "name",
            "not_before",
            "not_after",
        }


def test_time_is_taken_from_the_observation(rsa: Issued, tmp_path: Path, store: Path) -> None:
    """The same evidence gives the same facts, whenever they are computed."""
    with servers.openssl(tmp_path, [rsa]) as port:
        look = Look(f"localhost:{port}", store)
        resource = look.resource
        probed = look.reader(look.checker, "probe", resource)
        anchors = look.reader(look.checker, "anchors")
    late = replace(probed, seen_at=datetime(2099, 1, 1, tzinfo=UTC))
    facts = look.checker.trust(resource, probed, anchors)
    assert facts.values["chain"] == "trusted"
    assert look.checker.trust(resource, late, anchors) == facts
