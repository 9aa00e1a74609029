"""Accounts, stored passwords, password rules and the sign-in of a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.checkers.database import postgresql
from tests.checkers.database.postgresql import Cluster
from tests.checkers.database.test_postgres_server import seen
from tests.checkers.driver import Seen
from troth.checkers.database.postgres import PostgresChecker
from troth.checkers.database.postgres_accounts import Accounts, PasswordPolicy, StoredPasswords
from troth.checkers.database.postgres_sign_in import SignIn
from troth.model import Reason

#: Of the password "x", with 10,000 rounds; made for this test.
ROUNDS = "SCRAM-SHA-256$10000:c2FsdHNhbHRzYWx0c2FsdA==$" + "A" * 43 + "=:" + "B" * 43 + "="
WITH_PEOPLE = {"people": ["alice"], "applications": {"shop": ["*"]}}


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    settings = {"idle_session_timeout": "15min", "shared_preload_libraries": "passwordcheck"}
    with postgresql.cluster(settings) as made:
        made.sql(
            "CREATE ROLE alice LOGIN PASSWORD 'correct-horse-1'",
            "CREATE ROLE bob LOGIN PASSWORD 'correct-horse-1' VALID UNTIL '2020-01-01 00:00:00+00'",
            "CREATE ROLE carol LOGIN PASSWORD 'correct-horse-1'",
            "ALTER ROLE carol VALID UNTIL '2999-01-01 00:00:00+02'",
            "CREATE ROLE dave LOGIN VALID UNTIL 'infinity'",
            f"CREATE ROLE eve LOGIN PASSWORD '{ROUNDS}'",
            "CREATE ROLE crew NOLOGIN PASSWORD 'correct-horse-1'",
            "SET password_encryption = md5; CREATE ROLE mallory LOGIN PASSWORD 'correct-horse-1'",
        )
        yield made


def accounts(server: Cluster, **more: Any) -> dict[str, dict[str, Seen]]:
    found: dict[str, dict[str, Seen]] = seen(Accounts, server.target(**more))
    return {name.rpartition(":")[2]: facets for name, facets in found.items()}


def test_who_may_sign_in_and_whose_it_is(server: Cluster) -> None:
    found = accounts(server, people=["alice", "bob"], applications={"shop": ["eve"]})
    assert "crew" not in found
    types = {name: facets["identity"].get("type") for name, facets in found.items()}
    said = {"alice": "human", "bob": "human", "eve": "service", "postgres": "root"}
    assert types == {"carol": None, "dave": None, "mallory": None} | said
    why = found["carol"]["identity"].missing["type"]
    assert (why.reason, "carol" in why.message) == (Reason.NO_DATA, True)
    assert found["alice"]["identity"]["system"] == "postgresql:db"
    assert found["postgres"]["identity"]["role"] == "admin"


def test_a_date_is_no_age(server: Cluster) -> None:
    """VALID UNTIL tells when a password ends, not when it was set nor how old it may get."""
    found = {name: facets["password"] for name, facets in accounts(server).items()}
    base = {"state": "set", "sign_in": "open"}
    assert found["alice"] == base | {"max_age_days": None}
    assert found["bob"] == {"state": "set", "sign_in": "blocked"}
    assert found["carol"] == base
    assert found["dave"] == {"state": "none", "sign_in": "open", "max_age_days": None}
    assert found["carol"].raw == {"valid_until": "2998-12-31T22:00:00+00:00"}
    for facts in found.values():
        assert facts.missing["changed_at"].reason is Reason.NOT_SUPPORTED
    assert set(found["carol"].missing) == {"changed_at", "max_age_days"}


def test_how_each_password_is_kept(server: Cluster) -> None:
    found = seen(StoredPasswords, server.target())
    kept = {
        name.rpartition(":")[2]: tuple(facets["storage"].values())[1:]
        for name, facets in found.items()
    }
    assert kept == {
        "alice": ("set", "scram-sha-256", 4096),
        "bob": ("set", "scram-sha-256", 4096),
        "carol": ("set", "scram-sha-256", 4096),
        "crew": ("locked", "scram-sha-256", 4096),
        "eve": ("set", "scram-sha-256", 10000),
        "mallory": ("set", "md5", 0),
    }


def test_no_verifier_ever_leaves_the_server(server: Cluster) -> None:
    """Neither facts nor raw detail nor what a call brings has any part of one."""
    checker = PostgresChecker(server.target(), None, None, {})  # type: ignore[arg-type]
    with server.connect() as session:
        rows = session.execute(b"SELECT rolpassword FROM pg_authid").fetchall()
    texts = [str(checker.verifiers()), str(checker.roles())]
    for (verifier,) in rows:
        for part in (verifier or "").replace("md5", "").replace(":", "$").split("$"):
            if len(part) > 15:
                assert not any(part in text for text in texts)


def test_the_rules_on_passwords_are_where_people_are(server: Cluster) -> None:
    (facets,) = seen(PasswordPolicy, server.target(**WITH_PEOPLE)).values()
    assert facets["strength"] == {
        "enforced": True,
        "min_length": 8,
        "character_classes": 2,
        "reuse_history": 0,
    }
    assert facets["expiry"] == {"enabled": False, "max_age_days": None, "binds": "new-accounts"}
    assert seen(PasswordPolicy, server.target(applications={"shop": ["*"]})) == {}
    assert len(seen(PasswordPolicy, server.target())) == 1  # nobody says whose they are


def sign_in(server: Cluster, **more: Any) -> dict[str, Any]:
    (facets,) = seen(SignIn, server.target(**more)).values()
    return facets


def test_sessions_of_people_end(server: Cluster) -> None:
    idle = sign_in(server, **WITH_PEOPLE)["idle"]
    assert (idle["at_prompt_seconds"], idle["in_programs_seconds"]) == (900, 900)


def test_one_person_without_a_limit_is_enough(server: Cluster) -> None:
    server.sql("ALTER ROLE alice SET idle_session_timeout = 0")
    try:
        assert sign_in(server, **WITH_PEOPLE)["idle"]["at_prompt_seconds"] is None
    finally:
        server.sql("ALTER ROLE alice RESET idle_session_timeout")


def test_an_application_may_wait_for_ever(server: Cluster) -> None:
    server.sql("ALTER ROLE eve SET idle_session_timeout = 0")
    try:
        assert sign_in(server, **WITH_PEOPLE)["idle"]["at_prompt_seconds"] == 900
        idle = sign_in(server, people=["alice"])["idle"]  # is eve a person?
        assert idle.missing["at_prompt_seconds"].reason is Reason.NO_DATA
    finally:
        server.sql("ALTER ROLE eve RESET idle_session_timeout")


def test_wrong_passwords_bring_nothing_about(server: Cluster) -> None:
    facets = sign_in(server, **WITH_PEOPLE)
    assert facets["place"] == {"where": "databases"}
    assert facets["lockout"]["blocks"] == "nothing"


def test_another_service_that_checks_passwords_is_asked_elsewhere(server: Cluster) -> None:
    server.rules("local all all trust", "host all all all pam")
    failure = sign_in(server, **WITH_PEOPLE)["lockout"]
    assert failure.reason is Reason.NOT_SUPPORTED
