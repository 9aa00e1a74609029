"""MySQL checkers against a real MariaDB (10.11 of Debian 12), with and without TLS.

What MySQL answers instead is written from its manual, in ``test_mysql_facts``.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.database.mariadb import Server, running
from tests.checkers.host.machines import seen_of
from troth.checker import Checker
from troth.checkers.database.mysql_account import Accounts, PasswordPolicy, StoredPasswords
from troth.checkers.database.mysql_server import Servers
from troth.checkers.database.mysql_sign_in import SignIns
from troth.checkers.database.mysql_store import Stores
from troth.model import Failure, Reason

SAID = {
    "people": ["kei", "rin"],
    "applications": {"shop": ["shop", "old"]},
    "tenants": {
        "kei": {"accounts": ["kei"], "places": ["kei_data"]},
        "rin": {"accounts": ["rin"], "places": ["rin_data"]},
    },
}


@pytest.fixture(scope="module")
def plain() -> Iterator[Server]:
    """A server as it comes: no TLS, weak rules, accounts of all sorts."""
    with running() as server:
        server.execute(
            "INSTALL SONAME 'auth_ed25519'",
            "CREATE DATABASE kei_data", "CREATE DATABASE rin_data", "CREATE DATABASE common",
            "CREATE TABLE rin_data.t (a int)", "CREATE TABLE common.t (a int)",
            "CREATE ROLE readers", "GRANT SELECT ON rin_data.* TO readers",
            "CREATE USER kei@'%' IDENTIFIED BY 'first pass'", "GRANT readers TO kei@'%'",
            "GRANT ALL ON `kei\\_data`.* TO kei@'%'", "GRANT INSERT ON common.t TO kei@'%'",
            "CREATE USER rin@'10.0.0.%' IDENTIFIED VIA ed25519 USING PASSWORD('x') REQUIRE SSL "
            "PASSWORD EXPIRE INTERVAL 90 DAY",
            "CREATE USER shop@localhost IDENTIFIED VIA mysql_native_password USING 'invalid' "
            "OR unix_socket PASSWORD EXPIRE NEVER",
            "CREATE USER old@h1 IDENTIFIED BY 'x' ACCOUNT LOCK",
            "CREATE USER nobody@h2", "CREATE USER late@h3 IDENTIFIED BY 'x' PASSWORD EXPIRE",
            "CREATE USER troth@localhost IDENTIFIED BY 'read only'",
        )  # fmt: skip
        yield server


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """A server with TLS, audit and rules on passwords."""
    options = (
        "--require-secure-transport=ON", "--max-password-errors=5", "--wait-timeout=600",
        "--interactive-timeout=900", "--performance-schema=ON",
        "--plugin-load-add=server_audit", "--server-audit-logging=ON",
        "--server-audit-events=CONNECT,QUERY_DDL,QUERY_DML_NO_SELECT",
        "--plugin-load-add=simple_password_check", "--plugin-load-add=password_reuse_check",
        "--simple-password-check-minimal-length=14", "--simple-password-check-other-characters=1",
    )  # fmt: skip
    with running(*options, tls=True) as server:
        server.execute(
            "CREATE USER troth@'%' IDENTIFIED BY 'Read-only-please-1'",
            "GRANT SELECT, PROCESS, SHOW DATABASES ON *.* TO troth@'%'",
            "CREATE USER kei@'%' IDENTIFIED BY 'Long-enough-word-1'",
            "CREATE USER old@'%' IDENTIFIED BY 'Long-enough-word-2' PASSWORD EXPIRE NEVER",
            "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.password_last_changed', "
            "UNIX_TIMESTAMP() - 91 * 86400, '$.password_lifetime', -1) WHERE User = 'old'",
            "ALTER USER root@localhost PASSWORD EXPIRE NEVER",
            "FLUSH PRIVILEGES", "SET GLOBAL default_password_lifetime = 90",
        )  # fmt: skip
        yield server


def only(checker: type[Checker], target: dict[str, Any]) -> dict[str, Any]:
    listed, found = seen_of(checker, target)
    assert listed == []
    assert len(found) == 1
    return next(iter(found.values()))


def of_account(checker: type[Checker], server: Server, name: str) -> dict[str, Any]:
    _, found = seen_of(checker, server.target(**SAID))
    what = "verifier" if checker is StoredPasswords else checker.kind
    return found[f"mysql:db1:{what}:{name}"]


def test_ways_in_are_accounts_with_what_they_ask_for(plain: Server) -> None:
    access = only(Servers, plain.target(**SAID))["access"]
    assert access["listens"] == "loopback"
    ways = {way["accounts"]: way for way in access["ways"]["items"]}
    shown = {name: (way["reach"], way["transport"], way["proof"]) for name, way in ways.items()}
    assert shown["kei@%"] == ("any", "plaintext", "password")
    assert shown["rin@10.0.0.%"] == ("hosts", "tls", "password")
    assert shown["shop@localhost"] == ("socket", "socket", "machine")
    assert shown["nobody@h2"] == ("host", "plaintext", "none")
    assert not {"old@h1", "readers", "mariadb.sys@localhost"} & set(shown)
    assert ways["kei@%"]["databases"] == "common, kei\\_data, rin_data"


def test_a_server_without_tls(plain: Server) -> None:
    seen = only(Servers, plain.target(**SAID))
    assert seen["transport"] == {"tls": "off", "plaintext": "not-reachable"}
    assert seen["nature"]["product"] == "mariadb"
    assert seen["passwords"] == {"scheme": "mysql-native"}
    assert seen["audit"] == {
        "sign_ins": False, "sign_outs": False, "errors": True, "statements": "none",
        "destination": "none",
    }  # fmt: skip


def test_a_server_that_wants_tls_and_tells_of_sign_ins(strict: Server) -> None:
    strict.sign_in("troth", "Read-only-please-1")
    target = strict.over_network(user="troth", ssl_mode="verify_identity", ssl_ca="cert.pem")
    with another(strict, "kei", "Long-enough-word-1"):
        seen = only(Servers, target | SAID)
    assert seen["transport"]["tls"] == "offered"
    assert {way["transport"] for way in seen["access"]["ways"]["items"]} == {"tls"}
    assert seen["audit"] == {
        "sign_ins": True, "sign_outs": True, "errors": True, "statements": "changes",
        "destination": "file",
    }  # fmt: skip
    assert seen["sessions"]["open"]["items"] == [
        {"account": "kei", "client": "localhost", "reach": "loopback", "protection": "tls",
         "count": 1},
    ]  # fmt: skip
    assert seen["sessions"]["open"]["complete"]


@contextlib.contextmanager
def another(server: Server, user: str, password: str) -> Iterator[None]:
    """Hold a session of an account over the network."""
    import pymysql

    session = pymysql.connect(host="127.0.0.1", port=server.port, user=user, password=password)
    with contextlib.closing(session):
        yield


def test_without_performance_schema_tls_of_a_session_is_not_known(plain: Server) -> None:
    with another(plain, "kei", "first pass"):
        seen = only(Servers, plain.target(**SAID))["sessions"]
    assert seen == {"open": {"items": []}}
    assert seen.missing["open"].reason == Reason.NOT_SUPPORTED
    assert "performance_schema" in seen.missing["open"].message


def test_rights_come_through_roles_and_patterns(plain: Server) -> None:
    tenancy = only(Servers, plain.target(**SAID))["tenancy"]
    assert tenancy["crossings"]["items"] == [
        {"account": "kei", "tenant": "kei", "other": "rin", "place": "rin_data", "right": "read"}
    ]
    assert tenancy["shared"]["items"] == ["common"]


def test_databases_and_logins(plain: Server) -> None:
    seen = only(Servers, plain.target(**SAID))
    names = [one["name"] for one in seen["contents"]["databases"]["items"]]
    assert sorted(names) == ["common", "kei_data", "rin_data"]
    logins = {one["account"]: one for one in seen["logins"]["accounts"]["items"]}
    assert logins["root@localhost"]["superuser"] is True
    assert logins["kei@%"] == {
        "account": "kei@%", "type": "human", "superuser": False, "applications": []
    }  # fmt: skip
    assert "nobody@h2" in seen["logins"].missing["accounts"].message


@pytest.mark.parametrize(
    ("name", "state", "days", "sign_in"),
    [
        ("kei@%", "set", None, "open"),
        ("rin@10.0.0.%", "set", 90, "open"),
        ("shop@localhost", "none", None, "open"),
        ("old@h1", "locked", None, "blocked"),
        ("nobody@h2", "set", None, "open"),
        ("late@h3", "set", None, "blocked-until-changed"),
    ],
)
def test_passwords_of_accounts(
    plain: Server, name: str, state: str, days: int | None, sign_in: str
) -> None:
    seen = of_account(Accounts, plain, name)["password"]
    assert (seen["state"], seen["max_age_days"], seen["sign_in"]) == (state, days, sign_in)
    assert ("changed_at" in seen) == (name != "late@h3")


def test_the_server_tells_the_age_that_holds_for_accounts_without_one(strict: Server) -> None:
    strict.sign_in("root", "")
    _, found = seen_of(Accounts, strict.target())
    assert found["mysql:db1:account:kei@%"]["password"]["max_age_days"] == 90
    assert found["mysql:db1:account:kei@%"]["password"]["sign_in"] == "open"
    assert found["mysql:db1:account:old@%"]["password"]["sign_in"] == "blocked-until-changed"
    policy = only(PasswordPolicy, strict.target())
    assert policy["expiry"] == {"enabled": True, "max_age_days": 90, "binds": "all-accounts"}
    assert policy["strength"] == {
        "enforced": True, "min_length": 14, "character_classes": 4, "reuse_history": 1000
    }  # fmt: skip


def test_lockout_and_idle_time(plain: Server, strict: Server) -> None:
    strict.sign_in("root", "")
    seen = only(SignIns, strict.target())
    assert seen["lockout"] == {
        "blocks": "account", "after_attempts": 5, "lock_seconds": None, "binds_root": False
    }  # fmt: skip
    assert seen["idle"]["at_prompt_seconds"] == 900
    assert only(SignIns, plain.target())["lockout"]["blocks"] == "nothing"


@pytest.mark.parametrize(
    ("name", "state", "scheme"),
    [
        ("kei@%", "set", "mysql-native"),
        ("rin@10.0.0.%", "set", "ed25519"),
        ("old@h1", "locked", "mysql-native"),
        ("nobody@h2", "empty", "none"),
    ],
)
def test_how_passwords_are_kept(plain: Server, name: str, state: str, scheme: str) -> None:
    seen = of_account(StoredPasswords, plain, name)["storage"]
    assert (seen["state"], seen["scheme"]) == (state, scheme)


def test_no_hash_leaves_the_server(plain: Server) -> None:
    from troth.checkers.database import mysql_accounts, mysql_session

    answer = repr(mysql_session.rows(plain.target(), 10, mysql_accounts.MARIADB))
    assert "*" not in answer
    assert '"authentication_string":"set"' in answer


def test_an_empty_password_from_another_machine_is_public() -> None:
    options = ("--bind-address=0.0.0.0",)
    with running(*options) as server:
        server.execute(
            "DELETE FROM mysql.global_priv WHERE Host NOT IN ('localhost', '127.0.0.1', '::1')",
            "FLUSH PRIVILEGES",
            "CREATE USER nobody@'%'", "CREATE USER kei@'%' IDENTIFIED BY 'x'",
        )  # fmt: skip
        seen = only(Stores, server.target())
        assert seen["exposure"]["ways"]["items"] == ["'nobody'@'%'"]
        assert seen["transport"] == {"plaintext": "accepted"}
        server.execute("ALTER USER nobody@'%' REQUIRE X509", "ALTER USER kei@'%' REQUIRE SSL")
        seen = only(Stores, server.target())
        assert seen["exposure"]["public"] is False


@pytest.fixture
def keys() -> Iterator[Path]:
    """A key file in a folder that the server's own user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "keys")
        path.write_text("1;" + "0123456789abcdef" * 4 + "\n")
        yield path


def test_a_server_that_encrypts_everything(keys: Path) -> None:
    options = (
        "--plugin-load-add=file_key_management", f"--file-key-management-filename={keys}",
        "--innodb-encrypt-tables=FORCE", "--innodb-encrypt-log=ON",
        "--innodb-encryption-threads=4", "--innodb-encryption-rotate-key-age=1",
    )  # fmt: skip
    with running(*options) as server:
        server.execute("CREATE DATABASE d", "CREATE TABLE d.t (a int) ENGINE=InnoDB")
        server.execute("SET GLOBAL innodb_encryption_threads=4")
        seen = only(Stores, server.target())["encryption"]
        server.execute("CREATE TABLE d.plain (a int) ENGINE=MyISAM")
        mixed = only(Stores, server.target())["encryption"]
    assert (seen["state"], seen["layer"], seen["algorithm"]) == ("encrypted", "database", "AES")
    assert seen.missing["key_bits"].reason == Reason.NOT_SUPPORTED
    assert isinstance(mixed, Failure)


def test_the_disk_under_a_server_that_does_not_encrypt_is_the_users_word(plain: Server) -> None:
    seen = only(Stores, plain.target())["encryption"]
    assert isinstance(seen, Failure)
    said = plain.target(disks_encrypted={"algorithm": "AES", "key_bits": 256})
    assert only(Stores, said)["encryption"]["layer"] == "volume"


def test_an_account_without_rights_is_told_which_it_lacks(plain: Server) -> None:
    plain.sign_in("troth", "read only")
    try:
        seen = only(Servers, plain.target(user="troth"))
    finally:
        plain.sign_in("root", "")
    refused = {name: one.permission for name, one in seen.items() if isinstance(one, Failure)}
    assert refused["access"] == "SELECT on mysql.*"
    assert refused["sessions"] == "PROCESS"
    assert seen["nature"]["product"] == "mariadb"
    assert seen["audit"]["destination"] == "none"


def test_a_wrong_password_is_told(plain: Server) -> None:
    plain.sign_in("troth", "wrong")
    try:
        seen = only(Servers, plain.target(user="troth"))
    finally:
        plain.sign_in("root", "")
    assert seen["nature"].reason == Reason.EXPIRED_CREDENTIALS


def test_a_session_can_write_nothing(plain: Server) -> None:
    import pymysql

    from troth.checkers.database import mysql_session

    for statement in ("CREATE DATABASE x", "INSERT INTO common.t VALUES (1)", "DROP ROLE readers"):
        with pytest.raises(pymysql.MySQLError):
            mysql_session.rows(plain.target(), 5, statement)


def test_a_question_ends_in_time(plain: Server) -> None:
    import pymysql

    from troth.checkers.database import mysql_session

    with pytest.raises(pymysql.MySQLError):
        mysql_session.rows(plain.target(), 1, "SELECT COUNT(*) FROM seq_1_to_900000000 a")


def test_a_certificate_that_is_not_trusted_ends_it(strict: Server) -> None:
    strict.sign_in("root", "")
    target = strict.over_network(ssl_mode="verify_identity")
    assert only(Servers, target)["nature"].reason == Reason.UNREACHABLE


def test_nothing_listens_there(plain: Server) -> None:
    for host in (f"{plain.folder}/none.sock", "127.0.0.1"):
        seen = only(Servers, plain.target(host=host, port=1))["nature"]
        assert seen.reason == Reason.UNREACHABLE


class Hostile:
    """A peer on loopback that answers with prepared bytes and then waits."""

    def __init__(self, first: bytes, then: bytes = b"") -> None:
        self.heard = b""
        self._said = first, then
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                with client, contextlib.suppress(OSError):
                    self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        client.settimeout(5)
        client.sendall(self._said[0])
        self.heard += client.recv(65536)
        client.sendall(self._said[1])
        if self._said[1]:
            self.heard += client.recv(65536)
        self._done.wait(3)

    def close(self) -> None:
        self._done.set()
        self._server.close()


def greeting(plugin: bytes, version: bytes = b"8.0.36", tls: int = 0) -> bytes:
    """Return a server's first packet, as the protocol's documentation has it; TLS if 0x800."""
    flags = 0xFFFFFFFF & ~0x800 | tls
    body = b"\x0a" + version + b"\0" + b"\1\0\0\0" + b"12345678\0"
    body += (
        (flags & 0xFFFF).to_bytes(2, "little") + b"\x2d\2\0" + (flags >> 16).to_bytes(2, "little")
    )
    body += b"\x15" + b"\0" * 10 + b"123456789012\0" + plugin + b"\0"
    return len(body).to_bytes(3, "little") + b"\0" + body


def asked_again(plugin: bytes, number: int = 2) -> bytes:
    """Return a packet that asks to sign in by another plugin."""
    body = b"\xfe" + plugin + b"\0" + b"12345678901234567890\0"
    return len(body).to_bytes(3, "little") + bytes([number]) + body


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (greeting(b"mysql_native_password"), asked_again(b"mysql_clear_password")),
        (greeting(b"sha256_password"), b""),
        (greeting(b"mysql_clear_password"), b""),
        (greeting(b"mysql_native_password"), asked_again(b"sha256_password")),
        (greeting(b"mysql_native_password"), asked_again(b"mysql_old_password")),
        (greeting(b"caching_sha2_password"), b"\2\0\0\2\1\4"),
    ],
)
def test_no_server_is_shown_the_password(
    first: bytes, then: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from troth.checkers.database import mysql_session

    monkeypatch.setattr(mysql_session, "_LOOPBACK", ("nowhere",))  # as if it were another machine
    (tmp_path / "my.cnf").write_text("[client]\nuser=kei\npassword=correct-horse\n")
    peer = Hostile(first, then)
    try:
        target = {
            "id": "m", "type": "mysql", "host": "127.0.0.1", "port": peer.port, "name": "db1",
            "base_dir": str(tmp_path), "option_file": "my.cnf", "timeout_seconds": 0.2,
        }  # fmt: skip
        seen = only(Servers, target)["nature"]
    finally:
        peer.close()
    assert isinstance(seen, Failure)
    assert b"correct-horse" not in peer.heard
    assert peer.heard


@pytest.mark.parametrize(
    "first",
    [
        b"", b"\xff" * 400, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\0\0\0\x0a\x1b[31m",
        greeting(b"mysql_native_password", b"\xff\xfe"), greeting(b"\x1b[2J"),
        b"\x40\0\0\0" + b"\x0a" + b"8" * 63, b"\1\0\0\0\x0a",
    ],
)  # fmt: skip
def test_a_peer_that_is_no_server_is_unknown(first: bytes, tmp_path: Path) -> None:
    (tmp_path / "my.cnf").write_text("")
    peer = Hostile(first)
    try:
        target = {
            "id": "m", "type": "mysql", "host": "127.0.0.1", "port": peer.port, "name": "db1",
            "base_dir": str(tmp_path), "option_file": "my.cnf", "timeout_seconds": 0.2, "user": "x",
        }  # fmt: skip
        seen = only(Servers, target)
    finally:
        peer.close()
    assert all(isinstance(one, Failure) for one in seen.values())
    assert "\x1b" not in repr([one.message for one in seen.values()])


def test_tls_without_a_trusted_certificate_is_no_reason_to_show_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.checkers.database.mariadb import _tls
    from troth.checkers.database import mysql_session

    monkeypatch.setattr(mysql_session, "_LOOPBACK", ("nowhere",))
    (tmp_path / "my.cnf").write_text("[client]\nuser=kei\npassword=correct-horse\n")
    _tls(str(tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    heard: list[bytes] = []

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            client, _ = server.accept()
            with client:
                client.settimeout(5)
                client.sendall(greeting(b"sha256_password", tls=0x800))
                client.recv(36)
                with context.wrap_socket(client, server_side=True) as inside:
                    heard.append(inside.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        target = {
            "host": "127.0.0.1", "port": server.getsockname()[1],
            "base_dir": str(tmp_path), "option_file": "my.cnf",
        }  # fmt: skip
        with pytest.raises(Exception, match=r"."):
            mysql_session.rows(target, 2, "SELECT 1")
        thread.join(5)
    assert b"kei" in heard[0]
    assert b"correct-horse" not in heard[0]
