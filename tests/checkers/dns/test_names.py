"""Names as real servers tell them: knot, which knows the zones, and unbound, which asks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.dns.look import Look
from tests.checkers.driver import Reader, observe
from troth.checker import Partition, Resource
from troth.checkers.dns.checker import Names
from troth.checkers.dns.names import normal
from troth.model import Reason

LISTS = [
    {"provider": "aws", "file": "ip-ranges.json"},
    {"provider": "gcp", "file": "cloud.json"},
]


@pytest.fixture
def lists(tmp_path: Path) -> dict[str, Any]:
    """Return options that name lists of two clouds with the networks of the zones."""
    (tmp_path / "ip-ranges.json").write_text(
        """{"syncToken": "1", "createDate": "2026-01-02-03-04-05", "prefixes": [
        {"ip_prefix": "203.0.113.0/24", "region": "ap-northeast-1", "service": "AMAZON",
         "network_border_group": "ap-northeast-1"},
        {"ip_prefix": "203.0.113.0/24", "region": "ap-northeast-1", "service": "EC2",
         "network_border_group": "ap-northeast-1"}],
        "ipv6_prefixes": []}"""
    )
    (tmp_path / "cloud.json").write_text(
        """{"syncToken": "1", "creationTime": "2026-01-02T03:04:05", "prefixes": [
        {"ipv6Prefix": "2001:db8:7::/48", "service": "Google Cloud", "scope": "us-east1"}]}"""
    )
    return {"base_dir": str(tmp_path), "ranges": LISTS}


def test_addresses_and_whose_they_are(server: int, lists: dict[str, Any]) -> None:
    seen = Look("www.test", server, **lists)
    assert seen.id == "dns:www.test"
    assert seen("addresses", "exists") is True
    assert seen("addresses", "aliases") == []
    assert seen("addresses", "found") == [
        {
            "address": "2001:db8:7::7",
            "provider": "gcp",
            "region": "us-east1",
            "service": "Google Cloud",
        },
        {"address": "203.0.113.7", "provider": "aws", "region": "ap-northeast-1", "service": "EC2"},
    ]


def test_an_address_in_no_list_is_others_only_when_all_lists_are_there(
    server: int, lists: dict[str, Any]
) -> None:
    other = [{"address": "198.51.100.1", "provider": "other", "region": ""}]
    assert Look("ns2.test", server, **lists)("addresses", "found") == other
    seen = Look("ns2.test", server, **(lists | {"ranges": LISTS[:1]}))
    assert seen.part("addresses", "found") == []
    assert seen.reason("addresses", "found") is Reason.NO_DATA
    assert "gcp" in seen.why("addresses", "found").message
    assert seen("addresses", "exists") is True


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, Reason.NO_DATA),
        ("<html>", Reason.MALFORMED_RESPONSE),
        ("[]", Reason.MALFORMED_RESPONSE),
        ('{"prefixes": [], "ipv6_prefixes": []}', Reason.MALFORMED_RESPONSE),
        ('{"prefixes": [{"ip_prefix": "203.0.113.0/24"}]}', Reason.MALFORMED_RESPONSE),
        ("[" * 100_000, Reason.MALFORMED_RESPONSE),
    ],
)
def test_a_list_that_cannot_be_read_costs_only_the_providers(
    authority: int, lists: dict[str, Any], tmp_path: Path, content: str | None, reason: Reason
) -> None:
    (tmp_path / "ip-ranges.json").unlink()
    if content is not None:
        (tmp_path / "ip-ranges.json").write_text(content)
    seen = Look("ns2.test", authority, **lists)
    assert seen.reason("addresses", "found") is reason
    assert seen("addresses", "exists") is True


def test_a_chain_of_aliases_is_followed_into_another_zone(server: int) -> None:
    seen = Look("one.test", server)
    assert seen("addresses", "aliases") == ["three.sub.test", "two.test"]
    assert seen("addresses", "exists") is True
    assert "203.0.113.9" in seen.why("addresses", "found").message


def test_an_alias_of_nothing_exists(server: int, lists: dict[str, Any]) -> None:
    seen = Look("dangling.test", server, **lists)
    assert seen("addresses", "exists") is True
    assert seen("addresses", "aliases") == ["nothing.test"]
    assert seen("addresses", "found") == []


def test_a_name_that_does_not_exist(server: int, lists: dict[str, Any]) -> None:
    seen = Look("nothing.test", server, **lists)
    assert seen("addresses", "exists") is False
    assert seen("addresses", "found") == []
    assert seen("authority", "zone") == "test"
    assert seen("mail", "spf") == ""


def test_a_circle_of_aliases_proves_nothing(authority: int) -> None:
    why = Look("circle.test", authority).why("addresses")
    assert why.reason is Reason.MALFORMED_RESPONSE
    assert "in a circle" in why.message


def test_a_zone_its_servers_and_its_parent(server: int) -> None:
    seen = Look("three.sub.test", server)
    assert seen("authority", "zone") == "sub.test"
    assert seen("authority", "signed") is True
    assert seen("authority", "servers") == [
        {"name": "ns1.test", "networks": ["2001:db8:1::/48", "203.0.113.0/24"]},
        {"name": "ns2.test", "networks": ["198.51.100.0/24"]},
    ]


def test_a_zone_without_a_signed_delegation_and_with_a_server_that_is_nowhere(server: int) -> None:
    seen = Look("plain.test", server)
    assert seen("authority", "signed") is False
    assert {"name": "gone.test", "networks": []} in seen("authority", "servers")


def test_an_alias_is_no_zone(server: int) -> None:
    assert Look("one.test", server)("authority", "zone") == "test"


def test_the_parents_word_on_a_delegation_is_not_the_zones_own(authority: int) -> None:
    # test is served here, but nobody serves its parent: the zone itself denies its DS record.
    assert Look("test", authority).reason("authority", "signed") is Reason.UNPROVEN


def test_a_delegation_without_a_server_is_no_answer(authority: int) -> None:
    seen = Look("www.lame.test", authority)
    assert seen.reason("addresses") is Reason.UNPROVEN


def test_issuers_are_those_of_the_nearest_name_above(server: int) -> None:
    records = [
        {"flags": 0, "tag": "issue", "value": "other.example; account=1"},
        {"flags": 128, "tag": "iodef", "value": "mailto:sec@sub.test"},
    ]
    assert Look("sub.test", server)("issuers", "records") == records
    assert Look("a.three.sub.test", server)("issuers", "records") == records
    above = [{"flags": 0, "tag": "issue", "value": "ca.example"}]
    assert Look("plain.test", server)("issuers", "records") == above


def test_what_stands_above_an_alias_target_does_not_hold(server: int) -> None:
    # below.sub.test leads to www.test, whose parent allows ca.example: that is not asked.
    (first, _) = Look("below.sub.test", server)("issuers", "records")
    assert first["value"] == "other.example; account=1"


def test_mail(server: int) -> None:
    seen = Look("sub.test", server)
    assert seen("mail", "exchangers") == ["mx1.sub.test", "mx2.test"]
    assert seen("mail", "spf") == "v=spf1 include:a.example -all"
    assert seen("mail", "dmarc") == "v=DMARC1; p=reject"


def test_no_mail_and_two_policies(server: int) -> None:
    assert Look("none.sub.test", server)("mail", "exchangers") == ["."]
    seen = Look("twice.sub.test", server)
    assert seen.reason("mail", "spf") is Reason.MALFORMED_RESPONSE
    assert seen("mail", "dmarc") == ""


def test_control_characters_do_not_reach_facts(server: int) -> None:
    assert Look("odd.sub.test", server)("mail", "spf") == "v=spf1 \\027[31m\\255 -all"


def test_services_by_srv_and_by_naptr(server: int) -> None:
    behind = [
        {"service": "_sips._tcp", "host": host, "port": 5061, "networks": networks}
        for host, networks in (
            ("sip1.sub.test", ["203.0.113.0/24"]),
            ("sip2.sub.test", ["2001:db8:2::/48", "203.0.113.0/24"]),
        )
    ]
    assert Look("sub.test", server, services=["_SIPS._tcp"])("services", "targets") == behind
    assert Look("sub.test", server)("services", "targets") == []
    plain = {"service": "_sip._udp", "host": "ns2.test", "port": 5060}
    by_naptr = Look("plain.test", server, services=["_none._tcp"])("services", "targets")
    assert by_naptr == sorted(
        [*behind, plain | {"networks": ["198.51.100.0/24"]}],
        key=lambda item: json.dumps(item, sort_keys=True),
    )


def test_a_rewriting_that_leads_on_leaves_the_list_open(server: int) -> None:
    seen = Look("next.plain.test", server)
    assert seen.reason("services", "targets") is Reason.NOT_SUPPORTED
    assert seen.part("services", "targets") == []


def test_an_answer_that_does_not_fit_comes_over_tcp(server: int) -> None:
    assert Look("long.test", server)("mail", "spf") == ""


def test_a_question_is_asked_once_for_all_facets_and_names(authority: int) -> None:
    reader = Reader(frozenset())
    names = ["www.test", "WWW.test.", "ns1.test"]
    target = {"id": "t", "type": "dns", "names": names, "resolvers": [f"127.0.0.1:{authority}"]}
    ((_, _, found),) = observe(Names, target, reader=reader)
    assert sorted(found) == ["dns:ns1.test", "dns:www.test"]
    # www: A AAAA SOA CAA NAPTR MX TXT _dmarc; ns1: the same; test: SOA NS DS CAA; ns2: A AAAA.
    assert reader.made["dns:Query"] == 8 + 8 + 4 + 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("WWW.Example.TEST.", "www.example.test"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("faß.test", "xn--fa-hia.test"),
        ("_dmarc.test", "_dmarc.test"),
        ("test", "test"),
    ],
)
def test_a_name_is_asked_for_in_one_form(text: str, name: str) -> None:
    assert normal(text) == name


@pytest.mark.parametrize(
    "text",
    ["", ".", "a..test", "a b.test", "-a.test", "a" * 64, "a." * 130, "a\\046.test", "ü" * 80],
)
def test_what_is_no_name_makes_the_list_incomplete(text: str) -> None:
    target = {"id": "t", "type": "dns", "names": [text, "www.test"]}
    listed = list(Names(target, Partition("t"), Reader(frozenset()), {}).resources())
    assert [one.failure.reason for one in listed if not isinstance(one, Resource)] == [  # type: ignore[union-attr]
        Reason.MALFORMED_RESPONSE
    ]
    assert listed[1:] == [Resource("dns:www.test", "www.test", "t")]


def test_names_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a.test # first\n\n# none\nb.test\n")
    target = {"id": "t", "names_file": "names.txt", "base_dir": str(tmp_path), "names": ["c.test"]}
    checker = Names(target, Partition("t"), Reader(frozenset()), {})
    assert [one.name for one in checker.resources() if isinstance(one, Resource)] == [
        "c.test",
        "a.test",
        "b.test",
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_names_that_cannot_be_read_are_no_empty_list(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "names.txt").write_bytes(content)
    for target in ({"names_file": "names.txt"}, {}):
        place = {"id": "t", "base_dir": str(tmp_path), **target}
        ((_, (listed,), found),) = observe(Names, place)
        assert not found
        assert listed.failure is not None
        assert listed.failure.reason is Reason.NO_DATA
