"""Which lines of pg_hba.conf let in whom: the first that fits decides."""

from __future__ import annotations

from typing import Any

import pytest

from troth.checkers.database.postgres_hba import lines, ways


def row(kind: str, address: str = "", method: str = "scram-sha-256", **more: Any) -> dict[str, Any]:
    """Return a row of pg_hba_file_rules as version 15 of Debian 12 gave it here."""
    host, _, bits = address.partition("/")
    masks = {"8": "255.0.0.0", "24": "255.255.255.0", "32": "255.255.255.255"}
    masks["0"] = "0.0.0.0"  # noqa: S104 - what the view says, nothing is bound
    made = {
        "line_number": 1,
        "type": kind,
        "database": ["all"],
        "user_name": ["all"],
        "address": host or None,
        "netmask": masks.get(bits),
        "auth_method": method,
        "options": None,
        "error": None,
    }
    if bits == "::/0":
        made |= {"address": "::", "netmask": "::"}
    return made | more


def read(*rows: dict[str, Any], tls: bool = True) -> list[dict[str, str]]:
    numbered = [each | {"line_number": number} for number, each in enumerate(rows, 1)]
    return list(ways(lines(numbered), tls=tls))


@pytest.mark.parametrize(
    ("kind", "tls", "transport"),
    [
        ("host", True, "either"),
        ("host", False, "plaintext"),
        ("hostssl", True, "tls"),
        ("hostnossl", True, "plaintext"),
        ("hostgssenc", True, "tls"),
        ("hostnogssenc", True, "either"),
        ("local", True, "socket"),
    ],
)
def test_a_line_is_for_some_kinds_of_connections(kind: str, tls: bool, transport: str) -> None:
    address = "" if kind == "local" else "10.0.0.0/8"
    assert [way["transport"] for way in read(row(kind, address), tls=tls)] == [transport]


def test_a_line_for_tls_fits_nothing_where_the_server_has_none() -> None:
    assert read(row("hostssl", "10.0.0.0/8"), tls=False) == []


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("0.0.0.0/0", "any"),
        ("all", "any"),
        ("10.0.0.0/8", "hosts"),
        ("10.0.0.7/32", "host"),
        ("127.0.0.1/32", "loopback"),
        ("127.0.0.0/8", "loopback"),
        ("samehost", "loopback"),
        ("samenet", "hosts"),
        (".example.com", "hosts"),
        ("app.example.com", "host"),
    ],
)
def test_where_a_line_lets_in_from(address: str, reach: str) -> None:
    (way,) = read(row("host", address))
    assert (way["reach"], way["origin"]) == (reach, address)


def test_every_address_of_the_sixth_version_is_any() -> None:
    (way,) = read(row("host", "x/::/0"))
    assert (way["reach"], way["origin"]) == ("any", "::/0")


@pytest.mark.parametrize(
    ("kind", "method", "options", "proof"),
    [
        ("host", "trust", None, "none"),
        ("host", "password", None, "password"),
        ("host", "md5", None, "password"),
        ("host", "scram-sha-256", ["clientcert=verify-full"], "password"),
        ("hostssl", "cert", None, "certificate"),
        ("hostssl", "trust", ["clientcert=verify-full"], "certificate"),
        ("host", "ldap", None, "external"),
        ("host", "gss", None, "external"),
        ("host", "oauth", None, "external"),
        ("host", "ident", None, "none"),
    ],
)
def test_what_has_to_be_shown(kind: str, method: str, options: Any, proof: str) -> None:
    (way,) = read(row(kind, "10.0.0.0/8", method, options=options))
    assert way["proof"] == proof


@pytest.mark.parametrize(
    ("kind", "address", "method"),
    [("local", "", "peer"), ("local", "", "ident"), ("host", "127.0.0.1/32", "ident")],
)
def test_the_user_of_the_same_machine_is_known_to_it(kind: str, address: str, method: str) -> None:
    (way,) = read(row(kind, address, method))
    assert way["proof"] == "machine"


def test_a_line_that_refuses_is_no_way_in_and_hides_what_it_takes() -> None:
    found = read(row("hostnossl", "0.0.0.0/0", "reject"), row("host", "10.0.0.0/8"))
    assert [(way["rule"], way["transport"]) for way in found] == [("pg_hba.conf:2", "tls")]


def test_two_halves_of_all_addresses_hide_the_whole() -> None:
    refused = [row("host", "0.0.0.0/0", "reject"), row("host", "x/::/0", "reject")]
    assert read(*refused, row("host", "all", "trust")) == []
    assert len(read(refused[0], row("host", "all", "trust"))) == 1


@pytest.mark.parametrize(
    "earlier",
    [
        row("hostnossl", "10.0.0.0/24", "reject"),  # a part of the addresses
        row("hostnossl", "0.0.0.0/0", "reject", database=["shop"]),
        row("hostnossl", "0.0.0.0/0", "reject", user_name=["bob"]),
        row("hostnossl", "x/::/0", "reject"),
        row("hostnossl", "app.example.com", "reject"),
        row("local", "", "reject"),
    ],
)
def test_a_line_that_takes_a_part_hides_nothing(earlier: dict[str, Any]) -> None:
    found = read(earlier, row("host", "10.0.0.0/8"))
    assert [way["transport"] for way in found if way["rule"] == "pg_hba.conf:2"] == ["either"]


def test_all_databases_are_not_those_of_replication() -> None:
    found = read(
        row("host", "0.0.0.0/0", "reject"),
        row("host", "10.0.0.0/8", "trust", database=["replication"]),
    )
    assert [way["databases"] for way in found] == ["replication"]


def test_an_earlier_line_that_lets_in_decides_too() -> None:
    """What a first line asks for is asked for, even if a later one would ask for nothing."""
    found = read(row("host", "10.0.0.0/8"), row("host", "10.0.0.0/24", "trust"))
    assert [way["proof"] for way in found] == ["password"]


def test_a_file_that_another_one_includes_is_named() -> None:
    (way,) = read(row("host", "all", file_name="/etc/postgresql/16/main/pg_hba_more.conf"))
    assert way["rule"] == "pg_hba_more.conf:1"
