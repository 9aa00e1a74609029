"""What a real PostgreSQL server says of itself, well and badly set up."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.database import postgresql
from tests.checkers.database.postgresql import NETWORK, SOCKET, Cluster
from tests.checkers.driver import Reader, Seen, observe
from troth.catalogue.kinds import read_kind
from troth.checker import Checker
from troth.checkers.database.postgres_accounts import Accounts, PasswordPolicy, StoredPasswords
from troth.checkers.database.postgres_server import Servers
from troth.checkers.database.postgres_sign_in import SignIn
from troth.checkers.database.postgres_store import Stores
from troth.model import Failure, Reason

KINDS = Path(__file__).parents[3] / "troth" / "kinds"
ALL = (Servers, Accounts, StoredPasswords, PasswordPolicy, SignIn, Stores)
#: An address of the machine's own that is not written like one: as if it listened to the network.
NEAR = "2130706433"
SETTINGS = {
    "listen_addresses": NEAR,
    "log_connections": "on",
    "log_disconnections": "on",
    "log_statement": "mod",
    "logging_collector": "on",
    "idle_session_timeout": "15min",
    "shared_preload_libraries": "passwordcheck",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with postgresql.cluster(SETTINGS, tls=True) as made:
        made.sql(
            "CREATE ROLE alice LOGIN PASSWORD 'correct-horse-1'",
            "CREATE ROLE shop LOGIN PASSWORD 'correct-horse-2'",
            "CREATE ROLE old LOGIN",
            "CREATE ROLE crew NOLOGIN",
        )
        yield made


@pytest.fixture(autouse=True)
def _rules(server: Cluster) -> None:
    server.rules(SOCKET, "hostssl all all 127.0.0.1/32 scram-sha-256")


def seen(cls: type[Checker], target: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a checker observes by resource; every fact must be one of the kind's."""
    ((_, listed, found),) = observe(cls, target)
    assert not [one for one in listed if one.failure], listed
    kind = read_kind(KINDS / f"{cls.kind}.yaml")
    for facets in found.values():
        for name, facts in facets.items():
            if isinstance(facts, Seen):
                kind.validate(name, facts)
    return found


def facet(name: str, server: Cluster, cls: type[Checker] = Servers, **more: Any) -> Any:
    (facets,) = seen(cls, server.target(**more)).values()
    return facets[name]


def test_every_facet_is_read_from_a_server_that_tells_all(server: Cluster) -> None:
    said: dict[str, Any] = {
        "people": ["alice"],
        "applications": {"shop": ["shop"], "legacy": ["old"]},
    }
    said["tenants"] = {"kei": {"accounts": ["shop"], "places": ["shop"]}}
    for cls in ALL:
        for resource, facets in seen(cls, server.target(**said)).items():
            failed = {n: f for n, f in facets.items() if isinstance(f, Failure)}
            assert set(failed) <= {"encryption"}, (resource, failed)


def test_what_it_is(server: Cluster) -> None:
    made = facet("nature", server)
    assert made["product"] == "postgresql"
    assert made["version"][:1].isdigit()


def test_the_ways_in_of_a_server_that_asks_for_tls(server: Cluster) -> None:
    access = facet("access", server)
    assert access["listens"] == "network"
    assert [(way["reach"], way["transport"]) for way in access["ways"]["items"]] == [
        ("socket", "socket"),
        ("loopback", "tls"),
    ]


@pytest.mark.parametrize(
    ("line", "plaintext"),
    [
        ("hostssl all all 10.0.0.0/8 scram-sha-256", "refused"),
        ("host all all 10.0.0.0/8 scram-sha-256", "accepted"),
        ("hostnossl all shop 10.0.0.7/32 md5", "accepted"),
        ("host all all 127.0.0.1/32 scram-sha-256", "not-reachable"),
        ("host all all 10.0.0.0/8 reject", "not-reachable"),
    ],
)
def test_whether_another_machine_gets_in_without_tls(
    server: Cluster, line: str, plaintext: str
) -> None:
    server.rules(SOCKET, line)
    assert facet("transport", server) == {"tls": "offered", "plaintext": plaintext}
    assert facet("transport", server, Stores) == {"plaintext": plaintext}


def test_one_line_without_tls_is_enough(server: Cluster) -> None:
    server.rules(SOCKET, "hostssl all all 10.0.0.0/8 cert", "host shop all 10.1.0.7/32 md5")
    assert facet("transport", server)["plaintext"] == "accepted"


def test_a_server_without_tls_that_listens_to_itself() -> None:
    with postgresql.cluster({}) as plain:
        plain.rules(SOCKET, "host all all 0.0.0.0/0 trust")
        assert facet("transport", plain) == {"tls": "off", "plaintext": "not-reachable"}
        ways = facet("access", plain)["ways"]["items"]
        assert [(way["reach"], way["proof"]) for way in ways] == [
            ("socket", "none"),
            ("any", "none"),
        ]
        assert facet("exposure", plain, Stores)["public"] is False
        assert facet("audit", plain) == {
            "sign_ins": False,
            "sign_outs": False,
            "errors": True,
            "statements": "none",
            "destination": "none",
        }


def test_data_that_is_open_to_another_machine(server: Cluster) -> None:
    server.rules(SOCKET, "host all all 10.0.0.0/8 trust")
    exposure = facet("exposure", server, Stores)
    assert exposure == {
        "public": True,
        "ways": {"items": ["pg_hba.conf:2: 10.0.0.0/8"], "complete": True},
    }


def test_a_file_with_an_error_is_not_what_the_server_goes_by(server: Cluster) -> None:
    with open(f"{server.folder}/data/pg_hba.conf", "a") as file:
        file.write("hostile all all\n")
    failure = facet("transport", server)
    assert (failure.reason, "line 3" in failure.message) == (Reason.UNPROVEN, True)


def test_a_file_that_was_not_loaded_is_not_either(server: Cluster) -> None:
    later = time.time() + 5  # the server tells full seconds
    os.utime(f"{server.folder}/data/pg_hba.conf", (later, later))
    assert facet("access", server).reason is Reason.UNPROVEN


def test_open_sessions_are_seen_without_the_own(server: Cluster) -> None:
    server.rules(SOCKET, NETWORK)
    over_tls = {"host": "127.0.0.1", "password": "correct-horse-2", "sslmode": "require"}
    plain = over_tls | {"sslmode": "disable"}
    with (
        server.connect("shop", **over_tls),
        server.connect("shop", **over_tls),
        server.connect("shop", **plain),
        server.connect("alice"),
    ):
        found = facet("sessions", server)["open"]
    base = {"account": "shop", "client": "127.0.0.1", "reach": "loopback"}
    assert found["complete"] is True
    assert sorted(found["items"], key=str) == sorted(
        [
            base | {"protection": "tls", "count": 2},
            base | {"protection": "none", "count": 1},
            {"account": "alice", "client": "", "reach": "socket", "protection": "none", "count": 1},
        ],
        key=str,
    )


def test_troth_itself_may_come_over_tls(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "correct-horse-1")
    server.sql("GRANT pg_monitor TO alice")
    target = server.target(
        host="localhost",
        user="alice",
        sslmode="verify-full",
        sslrootcert=f"{server.folder}/server.pem",
    )
    ((_, _, found),) = observe(Servers, target)
    server.sql("REVOKE pg_monitor FROM alice")
    assert found["postgresql:db"]["sessions"] == {"open": {"items": [], "complete": True}}


def test_whose_accounts_are_is_what_the_target_says(server: Cluster) -> None:
    said: dict[str, Any] = {
        "people": ["ali*"],
        "applications": {"shop": ["shop"], "till": ["sh*"], "x": ["old"]},
    }
    made = facet("logins", server, **said)["accounts"]
    base = {"superuser": False}
    assert made == {
        "items": [
            base | {"account": "alice", "type": "human", "applications": []},
            base | {"account": "old", "type": "service", "applications": ["x"]},
            {"account": "postgres", "type": "root", "superuser": True, "applications": []},
            base | {"account": "shop", "type": "service", "applications": ["shop", "till"]},
        ],
        "complete": True,
    }


def test_an_account_of_unsaid_use_is_left_out_and_named(server: Cluster) -> None:
    made = facet("logins", server, people=["alice"], applications={"shop": ["shop"]})
    assert "complete" not in made["accounts"]
    assert "old" not in str(made["accounts"])
    assert "accounts old are" in made.missing["accounts"].message
    assert made.missing["accounts"].reason is Reason.NO_DATA


def test_the_own_account_is_an_applications(server: Cluster) -> None:
    made = facet("logins", server, user="old")["accounts"]["items"]
    assert [row["applications"] for row in made if row["account"] == "old"] == [["troth"]]
    made = facet("logins", server, user="old", people=["old"])["accounts"]["items"]
    assert [row["type"] for row in made if row["account"] == "old"] == ["human"]


@pytest.mark.parametrize("role", ["postgres", "pg_write_server_files", "pg_execute_server_program"])
def test_who_can_become_a_superuser_is_one(server: Cluster, role: str) -> None:
    server.sql(f"GRANT {role} TO crew", "GRANT crew TO shop")
    try:
        made = facet("logins", server, applications={"shop": ["shop"]})["accounts"]["items"]
        identity = seen(Accounts, server.target())["postgresql:db:account:shop"]["identity"]
    finally:
        server.sql(f"REVOKE {role} FROM crew", "REVOKE crew FROM shop")
    assert [row["superuser"] for row in made if row["account"] == "shop"] == [True]
    assert identity["role"] == "admin"


def test_what_is_logged_holds_for_every_account(server: Cluster) -> None:
    wanted = {
        "sign_ins": True,
        "sign_outs": True,
        "errors": True,
        "statements": "changes",
        "destination": "file",
    }
    assert facet("audit", server) == wanted
    server.sql("ALTER ROLE shop SET log_statement = 'none'")
    try:
        assert facet("audit", server) == wanted | {"statements": "none"}
    finally:
        server.sql("ALTER ROLE shop RESET log_statement")


def test_databases_with_their_sizes(server: Cluster) -> None:
    ((name, size),) = [
        tuple(row.values()) for row in facet("contents", server)["databases"]["items"]
    ]
    assert (name, size > 1_000_000) == ("postgres", True)


def test_it_replicates_to_nobody(server: Cluster) -> None:
    standbys = {"items": [], "complete": True}
    assert facet("replication", server) == {"role": "primary", "standbys": standbys}


def test_the_store_is_as_old_as_the_cluster(server: Cluster) -> None:
    made = facet("nature", server, Stores)
    assert made["form"] == "database"
    assert made["created_at"].endswith("+00:00")


def test_encryption_is_the_disks_or_unknown(server: Cluster) -> None:
    failure = facet("encryption", server, Stores)
    assert (failure.reason, "disks_encrypted" in failure.message) == (Reason.NOT_SUPPORTED, True)
    said = {"algorithm": "AES", "key_bits": 256}
    assert facet("encryption", server, Stores, disks_encrypted=said)["key_bits"] == 256


def test_a_store_that_another_target_lists_is_not_listed_again(server: Cluster) -> None:
    assert seen(Stores, server.target(store="arn:aws:rds:x:1:db:orders")) == {}


def test_names_that_try_to_be_something_else(server: Cluster) -> None:
    name = '\x1b[31m"; DROP ROLE alice; --\u202e'
    quoted = name.replace('"', '""')
    server.sql(f'CREATE ROLE "{quoted}" LOGIN')
    try:
        made = facet("logins", server, people=["*"])["accounts"]["items"]
        assert name in [row["account"] for row in made]
        assert f"postgresql:db:account:{name}" in seen(Accounts, server.target())
    finally:
        server.sql(f'DROP ROLE "{quoted}"')


def test_each_call_is_made_once(server: Cluster) -> None:
    reader = Reader(frozenset())
    observe(Servers, server.target(), reader=reader)
    assert {operation: made for operation, made in reader.made.items() if made > 1} == {}
