"""A PostgreSQL server that refuses, lies, hangs or breaks off: each is data, by name."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.database import postgresql
from tests.checkers.database.postgresql import SOCKET, Cluster
from tests.checkers.driver import Seen, observe
from troth.checker import Partition
from troth.checkers.database import postgres_session
from troth.checkers.database.postgres import PostgresChecker
from troth.checkers.database.postgres_accounts import Accounts, StoredPasswords
from troth.checkers.database.postgres_server import Servers
from troth.model import Failure, Reason


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with postgresql.cluster({}, tls=True) as made:
        made.sql("CREATE ROLE alice LOGIN PASSWORD 'correct-horse-1'")
        yield made


@pytest.fixture
def server(running: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cluster:
    """Nothing of the machine's own settings of libpq is seen."""
    running.rules(SOCKET, "hostssl all all 127.0.0.1/32 scram-sha-256")
    for name in ("PGPASSWORD", "PGSSLMODE", "PGSERVICE", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "service"))
    return running


def failures(target: dict[str, Any]) -> dict[str, Failure]:
    ((_, _, found),) = observe(Servers, target)
    (facets,) = found.values()
    return {name: made for name, made in facets.items() if isinstance(made, Failure)}


def by_net(server: Cluster, **more: Any) -> dict[str, Any]:
    return server.target(**({"host": "127.0.0.1", "user": "alice"} | more))


def reason(target: dict[str, Any]) -> Reason:
    found = failures(target)
    assert "nature" in found, "it was let in"
    return found["nature"].reason


@pytest.mark.parametrize(
    ("facet", "permission"),
    [
        ("access", "SELECT on pg_hba_file_rules and EXECUTE on pg_hba_file_rules()"),
        ("transport", "SELECT on pg_hba_file_rules and EXECUTE on pg_hba_file_rules()"),
        ("sessions", "pg_read_all_stats"),
        ("replication", "pg_monitor"),
    ],
)
def test_an_account_without_rights_is_told_which(
    server: Cluster, facet: str, permission: str
) -> None:
    failure = failures(server.target(user="alice"))[facet]
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, permission)


def test_what_alice_may_see_is_seen(server: Cluster) -> None:
    assert set(failures(server.target(user="alice"))) == {
        "access", "transport", "sessions", "replication", "tenancy",
    }  # fmt: skip


def test_settings_that_are_hidden_leave_one_fact_open(server: Cluster) -> None:
    ((_, _, found),) = observe(Servers, server.target(user="alice"))
    audit = found["postgresql:db"]["audit"]
    assert isinstance(audit, Seen)
    assert audit.missing["statements"].permission == "pg_read_all_settings"
    assert "sign_ins" in audit


def test_verifiers_are_for_superusers(server: Cluster) -> None:
    ((_, listed, found),) = observe(StoredPasswords, server.target(user="alice"))
    assert found == {}
    refused = [one.failure.permission for one in listed if one.failure]
    assert refused == ["SELECT on pg_authid (superuser)"]
    ((_, _, found),) = observe(Accounts, server.target(user="alice"))
    alice = found["postgresql:db:account:alice"]
    assert isinstance(alice["password"], Failure)
    assert alice["password"].reason is Reason.PERMISSION_DENIED
    assert isinstance(alice["identity"], Seen)


def test_the_rights_that_are_named_are_enough(server: Cluster) -> None:
    server.sql(
        "GRANT pg_monitor TO alice",
        "GRANT SELECT ON pg_hba_file_rules TO alice",
        "GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO alice",
    )
    try:
        assert set(failures(server.target(user="alice"))) == {"tenancy"}  # no tenants are named
        ((_, _, found),) = observe(Servers, server.target(user="alice"))
        access = found["postgresql:db"]["access"]
        assert isinstance(access, Seen)
        assert access.raw["load_seen"] is False  # EXECUTE on pg_stat_file was not granted
    finally:
        server.sql(
            "REVOKE pg_monitor FROM alice",
            "REVOKE SELECT ON pg_hba_file_rules FROM alice",
            "REVOKE EXECUTE ON FUNCTION pg_hba_file_rules() FROM alice",
        )


def test_a_password_comes_from_the_password_file(server: Cluster, tmp_path: Path) -> None:
    assert reason(by_net(server)) is Reason.EXPIRED_CREDENTIALS
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{server.port}:*:alice:correct-horse-1\n")
    file.chmod(0o600)
    assert "nature" not in failures(by_net(server))


def test_an_entry_of_the_service_file_says_the_rest(server: Cluster, tmp_path: Path) -> None:
    text = "[nightly]\nuser=alice\npassword=correct-horse-1\nsslmode=require\n"
    (tmp_path / "service").write_text(text)
    target = by_net(server, service="nightly")
    del target["user"]
    assert "nature" not in failures(target)
    assert reason(by_net(server, service="weekly")) is Reason.EXPIRED_CREDENTIALS


def test_no_option_holds_a_password() -> None:
    assert not [name for name in PostgresChecker.options if "pass" in name or "secret" in name]
    assert "=" not in str(PostgresChecker.options["host"]["pattern"]).replace("[^=", "")


def test_refused_credentials(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong")
    assert reason(by_net(server, sslmode="require")) is Reason.EXPIRED_CREDENTIALS
    assert reason(server.target(user="nobody")) is Reason.EXPIRED_CREDENTIALS


def test_refused_by_its_rules(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "correct-horse-1")
    assert reason(by_net(server, sslmode="disable")) is Reason.PERMISSION_DENIED


@pytest.mark.parametrize("authority", ["system", "missing.pem"])
def test_a_certificate_that_is_not_trusted(
    server: Cluster, monkeypatch: pytest.MonkeyPatch, authority: str
) -> None:
    monkeypatch.setenv("PGPASSWORD", "correct-horse-1")
    target = by_net(server, sslmode="verify-full", sslrootcert=authority)
    assert reason(target) is Reason.UNREACHABLE
    assert "TLS failed" in failures(target)["nature"].message


def test_tls_that_the_server_does_not_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    with postgresql.cluster({}) as plain:
        plain.sql("CREATE ROLE alice LOGIN PASSWORD 'correct-horse-1'")
        monkeypatch.setenv("PGPASSWORD", "correct-horse-1")
        assert "nature" not in failures(by_net(plain))
        assert reason(by_net(plain, sslmode="require")) is Reason.UNREACHABLE


def test_a_password_is_given_in_clear_to_a_checked_server_only(
    server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stands between could ask for it in place of the server."""
    server.rules(SOCKET, "host all all 127.0.0.1/32 password")
    monkeypatch.setenv("PGPASSWORD", "correct-horse-1")
    assert reason(by_net(server, sslmode="require")) is Reason.NOT_ALLOWED
    checked = {"sslmode": "verify-full", "sslrootcert": f"{server.folder}/server.pem"}
    assert "nature" not in failures(by_net(server, **checked))


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    target = {"id": "db", "host": "127.0.0.1", "port": port}
    assert reason(target) is Reason.UNREACHABLE


def test_a_server_without_room(server: Cluster) -> None:
    server.sql("CREATE ROLE narrow LOGIN CONNECTION LIMIT 1")
    try:
        with server.connect("narrow"):
            assert reason(server.target(user="narrow")) is Reason.THROTTLED
    finally:
        time.sleep(0.2)
        server.sql("DROP ROLE narrow")


def test_a_session_can_change_nothing(server: Cluster) -> None:
    import psycopg

    for statement in (
        "CREATE TABLE t ()",
        "SET default_transaction_read_only = off; CREATE ROLE x",
    ):
        with pytest.raises(psycopg.Error):
            postgres_session.rows(server.target(), 5, statement)
    wanted = {
        "application_name": "troth",
        "default_transaction_read_only": "on",
        "transaction_read_only": "on",
        "statement_timeout": "5s",
        "lock_timeout": "5s",
        "search_path": "pg_catalog",
    }
    for setting, value in wanted.items():
        ((found,),) = postgres_session.rows(server.target(), 5, f"SHOW {setting}")
        assert found == value, setting


def test_a_statement_that_takes_too_long_is_ended_by_the_server(server: Cluster) -> None:
    with server.connect() as session, session.transaction():
        session.execute(b"LOCK TABLE pg_authid IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        checker = _checker(server.target(timeout_seconds=1))
        failure = _failure_of(checker, "verifiers")
    assert failure.reason is Reason.TIMEOUT
    assert time.monotonic() - began < 5


def test_more_rows_than_a_catalogue_has(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_session, "MOST", 10)
    assert failures(server.target())["audit"].reason is Reason.NOT_SUPPORTED


def test_names_that_are_no_text(server: Cluster) -> None:
    """A database without an encoding holds any bytes; one name must not hide the others."""
    server.sql(
        "CREATE DATABASE raw ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    try:
        sql = r"SELECT E'\xe9A', 'good'"
        ((bad, good),) = postgres_session.rows(server.target(), 5, sql, (), "raw")
        assert (bad, good) == ("\\xe9A", "good")
    finally:
        server.sql("DROP DATABASE raw WITH (FORCE)")


def test_an_old_version_lacks_views() -> None:
    """As version 9.6 answers, which cannot be had here: undefined table and function."""
    for state in ("42P01", "42883", "42703"):
        failure = PostgresChecker.failure_of(_error(state), PostgresChecker.calls()["host_rules"])
        assert failure is not None
        assert (failure.reason, "pg_hba_file_rules" in failure.message) == (
            Reason.NOT_SUPPORTED,
            True,
        )


def test_a_server_that_hangs_before_it_says_anything() -> None:
    with Peer(lambda connection: time.sleep(10)) as port:
        began = time.monotonic()
        assert _nature(port, 1).reason is Reason.TIMEOUT
        assert time.monotonic() - began < 6


def test_a_server_that_hangs_after_the_sign_in() -> None:
    def talk(connection: socket.socket) -> None:
        _welcome(connection)
        time.sleep(10)

    with Peer(talk) as port:
        began = time.monotonic()
        assert _nature(port, 1).reason is Reason.TIMEOUT
        assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"N",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"E\x00\x00\x00\x06S\x00",
        b"R\xff\xff\xff\xff\x00\x00\x00\x00",
        b"\x00" * 64,
    ],
)
def test_a_server_that_breaks_off_or_speaks_something_else(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    with Peer(talk) as port:
        assert _nature(port, 2).reason in (Reason.UNREACHABLE, Reason.MALFORMED_RESPONSE)


def test_a_server_that_breaks_off_within_an_answer() -> None:
    def talk(connection: socket.socket) -> None:
        _welcome(connection)
        connection.recv(4096)
        connection.sendall(b"T\x00\x00\x00\x20\x00\x01x\x00")

    with Peer(talk) as port:
        assert _nature(port, 2).reason is Reason.UNREACHABLE


def test_the_servers_own_words_are_not_passed_on(server: Cluster) -> None:
    """It is hostile: its message could say anything to whoever reads the report."""
    server.sql('CREATE ROLE "\x1b[2Jpwned" NOLOGIN')
    try:
        failure = failures(server.target(user="\x1b[2Jpwned"))["nature"]
    finally:
        server.sql('DROP ROLE "\x1b[2Jpwned"')
    assert "\x1b" not in failure.message
    assert "pwned" not in failure.message


def _checker(target: dict[str, Any]) -> PostgresChecker:
    return PostgresChecker(target, Partition("db"), None, {})  # type: ignore[arg-type]


def _failure_of(checker: PostgresChecker, call: str) -> Failure:
    """Return what a call comes to that must not be answered."""
    try:
        getattr(checker, call)()
    except Exception as error:
        failure = checker.failure_of(error, checker.calls()[call])
        if failure is None:
            raise
        return failure
    raise AssertionError("it was answered")


def _nature(port: int, seconds: float) -> Failure:
    target = {"id": "db", "host": "127.0.0.1", "port": port, "timeout_seconds": seconds}
    return _failure_of(_checker(target | {"user": "x", "sslmode": "disable"}), "settings")


def _error(state: str) -> BaseException:
    import psycopg

    return psycopg.errors.lookup(state)("it is not there")


class Peer:
    """A server on loopback that talks to one connection after the other in one way."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *error: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._talk(connection)
            except OSError:
                return


def _welcome(connection: socket.socket) -> None:
    """Let in whoever comes, as the protocol's version 3 has it."""
    connection.recv(4096)
    parts = [b"R" + struct.pack("!II", 8, 0)]
    for name, value in (("server_version", "15.0"), ("client_encoding", "UTF8")):
        text = name.encode() + b"\0" + value.encode() + b"\0"
        parts.append(b"S" + struct.pack("!I", 4 + len(text)) + text)
    connection.sendall(b"".join([*parts, b"Z" + struct.pack("!I", 5) + b"I"]))
