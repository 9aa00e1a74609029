"""What customers' roles reach in a real PostgreSQL server, by grants of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.checkers.database import postgresql
from tests.checkers.database.postgresql import Cluster
from tests.checkers.database.test_postgres_server import seen
from troth.checkers.database.postgres_rights import Roles
from troth.checkers.database.postgres_server import Servers
from troth.model import Reason

TENANTS = {
    "kei": {"accounts": ["kei", "kei_*"], "places": ["app.kei", "kei"]},
    "rin": {"accounts": ["rin"], "places": ["app.rin"]},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with postgresql.cluster({}) as made:
        yield made


@pytest.fixture
def server(running: Cluster) -> Iterator[Cluster]:
    """One database for both customers with a schema each, and one of kei's own."""
    running.sql(
        "CREATE ROLE kei LOGIN",
        "CREATE ROLE rin LOGIN",
        "CREATE ROLE owner NOLOGIN",
        "CREATE ROLE crew NOLOGIN",
        "CREATE DATABASE app",
        "CREATE DATABASE kei",
        "REVOKE ALL ON DATABASE kei FROM PUBLIC",
        "REVOKE ALL ON DATABASE postgres FROM PUBLIC",
    )
    running.sql(
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "CREATE SCHEMA kei AUTHORIZATION kei",
        "CREATE SCHEMA rin AUTHORIZATION rin",
        "CREATE TABLE kei.orders (id int, note text)",
        "CREATE TABLE rin.orders (id int, note text)",
        "ALTER TABLE kei.orders OWNER TO kei",
        "ALTER TABLE rin.orders OWNER TO rin",
        database="app",
    )
    running.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC", database="kei")
    yield running
    running.sql("REVOKE ALL ON DATABASE postgres FROM rin")
    running.sql("DROP DATABASE app WITH (FORCE)", "DROP DATABASE kei WITH (FORCE)")
    running.sql("DROP ROLE kei", "DROP ROLE rin", "DROP ROLE owner", "DROP ROLE crew")


def tenancy(server: Cluster, **more: Any) -> Any:
    (facets,) = seen(Servers, server.target(**({"tenants": TENANTS} | more))).values()
    return facets["tenancy"]


def crossings(server: Cluster) -> set[tuple[str, str, str]]:
    found = tenancy(server)["crossings"]
    assert found["complete"] is True
    return {(row["account"], row["place"], row["right"]) for row in found["items"]}


def test_customers_with_places_of_their_own(server: Cluster) -> None:
    made = tenancy(server)
    assert made["tenants"]["items"] == [
        {"tenant": "kei", "accounts": ["kei"], "places": ["app.kei", "kei", "kei.public"]},
        {"tenant": "rin", "accounts": ["rin"], "places": ["app.rin"]},
    ]
    assert made["crossings"] == {"items": [], "complete": True}
    assert made["shared"] == {"items": [], "complete": True}


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        (["GRANT USAGE ON SCHEMA rin TO kei"], {("kei", "app.rin", "use")}),
        (["GRANT SELECT ON rin.orders TO kei"], set()),  # the schema keeps them out
        (
            ["GRANT USAGE ON SCHEMA rin TO kei", "GRANT SELECT ON rin.orders TO kei"],
            {("kei", "app.rin", "read")},
        ),
        (
            ["GRANT USAGE ON SCHEMA rin TO PUBLIC", "GRANT INSERT ON rin.orders TO PUBLIC"],
            {("kei", "app.rin", "write")},
        ),
        (
            ["GRANT USAGE ON SCHEMA rin TO kei", "GRANT SELECT (note) ON rin.orders TO kei"],
            {("kei", "app.rin", "read")},
        ),
        (["GRANT CREATE, USAGE ON SCHEMA rin TO kei"], {("kei", "app.rin", "create")}),
        (
            ["GRANT USAGE ON SCHEMA rin TO crew", "GRANT DELETE ON rin.orders TO crew",
             "GRANT crew TO owner", "GRANT owner TO kei"],
            {("kei", "app.rin", "write")},
        ),
        (
            ["GRANT USAGE ON SCHEMA rin TO kei",
             "ALTER DEFAULT PRIVILEGES FOR ROLE rin IN SCHEMA rin GRANT SELECT ON TABLES TO kei"],
            {("kei", "app.rin", "read")},
        ),
        (
            ["GRANT USAGE ON SCHEMA rin TO kei", "GRANT SELECT ON rin.orders TO kei",
             "ALTER TABLE rin.orders ENABLE ROW LEVEL SECURITY"],
            {("kei", "app.rin", "use")},
        ),
        (["GRANT rin TO kei"], {("kei", "app.rin", "write")}),
        (["GRANT pg_read_all_data TO kei"], {("kei", "app.rin", "read")}),
        (["ALTER SCHEMA rin OWNER TO kei"], {("kei", "app.rin", "create")}),
        (["ALTER ROLE kei SUPERUSER"], {("kei", "app.rin", "all")}),
        (
            ["GRANT CONNECT ON DATABASE kei TO rin"],
            {("rin", "kei", "use")},
        ),
        (
            ["ALTER DATABASE kei OWNER TO rin"],
            {("rin", "kei", "all")},
        ),
    ],
)  # fmt: skip
def test_a_right_at_what_is_anothers(
    server: Cluster, statements: list[str], wanted: set[tuple[str, str, str]]
) -> None:
    server.sql(*statements, database="app")
    assert crossings(server) == wanted


def test_rights_in_a_database_that_one_may_not_connect_to_are_none(server: Cluster) -> None:
    server.sql("CREATE TABLE public.t (id int)", "GRANT SELECT ON t TO PUBLIC", database="kei")
    server.sql("GRANT USAGE ON SCHEMA public TO PUBLIC", database="kei")
    assert crossings(server) == set()
    server.sql("GRANT CONNECT ON DATABASE kei TO rin")
    assert crossings(server) == {("rin", "kei", "use"), ("rin", "kei.public", "read")}


def test_row_security_of_ones_own_table_does_not_bind_the_owner(server: Cluster) -> None:
    server.sql(
        "ALTER TABLE rin.orders ENABLE ROW LEVEL SECURITY", "GRANT rin TO kei", database="app"
    )
    assert ("kei", "app.rin", "write") in crossings(server)
    server.sql("ALTER TABLE rin.orders FORCE ROW LEVEL SECURITY", database="app")
    assert crossings(server) == {("kei", "app.rin", "create")}


def test_an_account_of_two_customers_crosses(server: Cluster) -> None:
    both = {name: each | {"accounts": ["kei"]} for name, each in TENANTS.items()}
    found = tenancy(server, tenants=both)["crossings"]["items"]
    assert {(row["account"], row["other"]) for row in found} == {("kei", "kei")}


def test_rows_of_no_customer_that_customers_can_read(server: Cluster) -> None:
    server.sql(
        "GRANT USAGE ON SCHEMA public TO PUBLIC",
        "CREATE TABLE public.empty (id int)",
        "GRANT SELECT ON public.empty TO PUBLIC",
        database="app",
    )
    assert tenancy(server)["shared"]["items"] == []
    server.sql("INSERT INTO public.empty VALUES (1)", database="app")
    assert tenancy(server)["shared"] == {"items": ["app.public"], "complete": True}
    assert tenancy(server, shared_places=["app.public"])["shared"]["items"] == []
    server.sql("REVOKE ALL ON public.empty FROM PUBLIC", database="app")
    assert tenancy(server)["shared"]["items"] == []


def test_rows_of_another_customer_are_a_crossing_and_not_shared(server: Cluster) -> None:
    server.sql(
        "GRANT USAGE ON SCHEMA rin TO kei",
        "GRANT SELECT ON rin.orders TO kei",
        "INSERT INTO rin.orders VALUES (1, 'x')",
        database="app",
    )
    assert crossings(server) == {("kei", "app.rin", "read")}
    assert tenancy(server)["shared"]["items"] == []


def test_without_customers_nothing_is_said(server: Cluster) -> None:
    (facets,) = seen(Servers, server.target()).values()
    failure = facets["tenancy"]
    assert (failure.reason, "names no tenants" in failure.message) == (Reason.NO_DATA, True)


def test_a_database_that_troth_may_not_connect_to_leaves_it_open(server: Cluster) -> None:
    server.sql("GRANT CONNECT ON DATABASE postgres TO rin")
    (facets,) = seen(Servers, server.target(user="rin", tenants=TENANTS)).values()
    failure = facets["tenancy"]
    assert (failure.reason, failure.permission) == (
        Reason.PERMISSION_DENIED,
        "CONNECT on the database",
    )


def test_a_membership_that_opens_nothing_is_none() -> None:
    """As version 16 tells it: neither inherited, nor to be switched to, nor to be passed on."""
    rows = [
        {"oid": number, "name": name, "login": True, "superuser": False}
        for number, name in ((11, "kei"), (12, "rin"), (13, "rds_superuser"))
    ]
    options = {"inherit_option": False, "set_option": False, "admin_option": False}
    member = {"member": 11, "roleid": 12}
    assert Roles(rows, [member | options]).acts_as(11) == {0, 11}
    for option in options:
        assert Roles(rows, [member | options | {option: True}]).acts_as(11) == {0, 11, 12}
    assert Roles(rows, [member, {"member": 12, "roleid": 13}]).is_superuser(11)
    assert not Roles(rows, [member]).is_superuser(11)
