"""What tables hold, looked at in a real MariaDB and a real PostgreSQL with the same rows."""

# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.checkers.database import mariadb
from tests.checkers.host.machines import seen_of
from tests.history import server as postgres
from troth.checker import Checker
from troth.checkers.database import mysql_content, postgres_content
from troth.model import Failure, Reason

#: Made for these tests: digits of no bank, with an issuer's first digits and a fitting check digit.
CARD = "4539148803436467"
BCRYPT = "$2b$12$" + "{:0>22}" + "x" * 31
CIPHER = "gAAAAABn7ZJ0m3xY8fRk2bq0uWw5Zr1c9PjQvL4sTtEoNhXaHd6uKyBzMgIeCiFp"

TABLES = (
    "CREATE TABLE users (id int, password_hash varchar(200), legacy_pwd varchar(200))",
    "CREATE TABLE payments (id int, note text, card_number varchar(40), cvv varchar(4))",
    "CREATE TABLE tokens (id int, card_number varchar(40), cvv varchar(4), memo text)",
    "CREATE TABLE facts (id int, who text, email_hash varchar(64), page text)",
    "CREATE TABLE clean_facts (id int, hour text, visits int)",
    "CREATE TABLE chats (tenant_id varchar(20), body text, sent_at text)",
    "CREATE TABLE chats_plain (tenant_id varchar(20), body text)",
    "CREATE TABLE customers (name text)",
    "CREATE TABLE metered (licence_id text, quantity int, file_name text)",
)


def rows() -> list[str]:
    made = [
        f"INSERT INTO users VALUES ({n}, '{BCRYPT.format(n)}', 'hunter{n % 3}')" for n in range(9)
    ]
    made += ["INSERT INTO users VALUES (10, NULL, '')"]
    made += [f"INSERT INTO payments VALUES (1, 'paid with {CARD}, thanks', '{CARD}', '123')"]
    made += ["INSERT INTO tokens VALUES (1, '453914******6467', '', 'try 4111 1111 1111 1111')"]
    made += ["INSERT INTO tokens VALUES (2, NULL, NULL, 'order 4539148803436468')"]
    made += [f"INSERT INTO facts VALUES (1, 'a@example.org', '{'ab' * 32}', 'Hinoki Works 10')"]
    made += ["INSERT INTO facts VALUES (2, '+81 6 1234 5678', NULL, '/home')"]
    made += ["INSERT INTO clean_facts VALUES (1, '2026-11-22 10:00', 3)"]
    made += [f"INSERT INTO chats VALUES ('t{n % 3}', '{CIPHER}', 'x')" for n in range(6)]
    made += [f"INSERT INTO chats_plain VALUES ('kei', '{CIPHER}')"]
    made += ["INSERT INTO chats_plain VALUES ('rin', 'hello, can you help me')"]
    made += ["INSERT INTO customers VALUES ('Hinoki Works')"]
    return made


@pytest.fixture(scope="module", params=["mysql", "postgresql"])
def shop(request: pytest.FixtureRequest) -> Iterator[tuple[Any, dict[str, Any], str]]:
    """The product's module, a target, and how the place of a table begins."""
    said = {
        "allow": ["data-read"],
        "tenant_column": "tenant_id",
    }
    if request.param == "mysql":
        with mariadb.running() as server:
            server.execute("CREATE DATABASE shop")
            server.execute("USE shop", *TABLES, *rows())
            yield mysql_content, server.target() | said | words("shop"), "shop"
    else:
        with postgres.running() as server:
            server.execute("postgres", "CREATE DATABASE shop")
            for statement in (*TABLES, *rows()):
                server.execute("shop", statement)
            target = {"id": "m", "type": "postgresql", "host": server.folder, "user": "postgres"}
            target |= {"name": "db1", "database": "postgres"}
            yield postgres_content, target | said | words("shop.public"), "shop.public"


def words(start: str) -> dict[str, Any]:
    return {
        "purposes": {
            "analytics": [f"{start}.*facts"],
            "chat_sessions": [f"{start}.chats*"],
            "usage_reports": [f"{start}.metered"],
        },
        "encrypted_by_application": [f"{start}.chats*.body"],
        "tenant_names": f"{start}.customers.name",
    }


def looked(module: Any, name: str, target: dict[str, Any]) -> dict[str, dict[str, Any]]:
    checker: type[Checker] = getattr(module, name)
    listed, found = seen_of(checker, target)
    assert listed == []
    return {one.rpartition(":")[2]: facets for one, facets in found.items()}


def test_columns_with_passwords_tell_forms_alone(shop: Any) -> None:
    module, target, start = shop
    seen = looked(module, "Passwords", target)
    assert set(seen) == {f"{start}.users.password_hash", f"{start}.users.legacy_pwd"}
    good = seen[f"{start}.users.password_hash"]["forms"]
    assert good == {
        "looked_at": 9, "whole": True, "empty": 0, "equal": 0, "equal_salts": 0,
        "forms": {"items": [{"scheme": "bcrypt", "cost": 12, "rows": 9}], "complete": True},
    }  # fmt: skip
    bad = seen[f"{start}.users.legacy_pwd"]["forms"]
    assert (bad["empty"], bad["equal"], bad["looked_at"]) == (1, 9, 10)
    assert bad["forms"]["items"] == [{"scheme": "other", "cost": 0, "rows": 9}]
    assert "hunter" not in repr(seen)


def test_card_numbers_and_columns_that_are_named_after_them(shop: Any) -> None:
    module, target, start = shop
    seen = looked(module, "Contents", target)
    found = seen[f"{start}.payments"]["cards"]
    assert found["numbers"] == 2
    assert found["places"]["items"] == ["card_number", "note"]
    assert found["named"]["items"] == ["card_number", "cvv"]
    clean = seen[f"{start}.tokens"]["cards"]
    assert (clean["numbers"], clean["named"]["items"]) == (0, [])
    assert CARD not in repr(seen)


def test_identifiers_in_tables_for_analysis(shop: Any) -> None:
    module, target, start = shop
    seen = looked(module, "Contents", target)
    found = seen[f"{start}.facts"]["identifiers"]
    assert [(one["what"], one["column"]) for one in found["found"]["items"]] == [
        ("pseudonym", "email_hash"), ("customer", "page"), ("mail", "who"), ("phone", "who")
    ]  # fmt: skip
    assert seen[f"{start}.clean_facts"]["identifiers"]["found"]["items"] == []
    assert found["found"]["complete"]
    assert seen[f"{start}.payments"]["identifiers"]["looked_at"] == 0


def test_without_the_names_of_customers_there_may_be_more(shop: Any) -> None:
    module, target, start = shop
    silent = {name: value for name, value in target.items() if name != "tenant_names"}
    seen = looked(module, "Contents", silent)[f"{start}.clean_facts"]["identifiers"]
    assert seen["found"] == {"items": []}
    assert seen.missing["found"].reason == Reason.NO_DATA


def test_every_customers_values_are_looked_at(shop: Any) -> None:
    module, target, start = shop
    seen = looked(module, "Contents", target)
    assert seen[f"{start}.chats"]["protection"] == {
        "claimed": True, "looked_at": 6, "readable": 0, "tenants": 3,
        "plain": {"items": [], "complete": True},
    }  # fmt: skip
    plain = seen[f"{start}.chats_plain"]["protection"]
    assert (plain["readable"], plain["plain"]["items"]) == (1, ["rin"])
    assert seen[f"{start}.users"]["protection"]["claimed"] is False


def test_without_a_column_of_customers_a_part_does_not_speak_for_all(shop: Any) -> None:
    module, target, start = shop
    del_key = {k: v for k, v in target.items() if k != "tenant_column"}
    whole = looked(module, "Contents", del_key)[f"{start}.chats"]["protection"]
    assert whole["plain"]["complete"]
    few = looked(module, "Contents", del_key | {"sample_rows": 2})[f"{start}.chats"]
    assert "complete" not in few["protection"]["plain"]
    assert few["cards"]["whole"] is False


def test_columns_are_listed_and_purposes_told(shop: Any) -> None:
    module, target, start = shop
    seen = looked(module, "Contents", target)[f"{start}.metered"]
    assert seen["fields"]["names"]["items"] == ["file_name", "licence_id", "quantity"]
    assert seen["use"] == {"form": "table", "purposes": ["usage_reports"]}  # fmt: skip


def test_contents_are_read_only_where_the_target_allows_it(shop: Any) -> None:
    module, target, start = shop
    seen = looked(module, "Contents", target | {"allow": []})[f"{start}.facts"]
    for facet in ("cards", "identifiers"):
        assert seen[facet].reason == Reason.NOT_ALLOWED
    assert seen["fields"]["names"]["complete"]


def test_contents_are_not_read_over_a_network_without_tls(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, target, start = shop
    base = module.Contents.__mro__[1]
    monkeypatch.setattr(base, "is_private", lambda self: False)
    seen = looked(module, "Contents", target)[f"{start}.chats"]
    for facet in ("cards", "protection"):
        assert isinstance(seen[facet], Failure)
        assert seen[facet].reason == Reason.NOT_ALLOWED


def test_a_wrong_place_of_names_is_told(shop: Any) -> None:
    module, target, start = shop
    seen = looked(module, "Contents", target | {"tenant_names": "no.such.column"})
    assert seen[f"{start}.facts"]["identifiers"].reason == Reason.NO_DATA
