"""Facts from rows and settings: MariaDB's as recorded (10.11), MySQL's written from its manual.

MySQL 8.0 and 8.4: "mysql.user", "Server System Variables", "Caching SHA-2 Pluggable
Authentication", "The Password Validation Component", "MySQL Enterprise Audit".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from troth.checker import ObservationFailed
from troth.checkers.database import (
    mysql_accounts,
    mysql_options,
    mysql_rights,
    mysql_server,
    mysql_settings,
    tables,
)
from troth.checkers.database.mysql_accounts import Account, Method
from troth.checkers.database.mysql_rights import Grant, Rights
from troth.checkers.database.tables import Column, Table
from troth.model import Reason


def of_mysql(**given: Any) -> Account:
    row = {
        "user": "kei", "host": "%", "plugin": "caching_sha2_password", "kept": 1,
        "prefix": "$A$005$", "tls": "", "locked": "N", "expired": "N", "changed": 1_790_000_000,
        "lifetime": None,
    } | given  # fmt: skip
    return mysql_accounts.of_mysql([list(row.values())])[0]


def test_a_row_of_mysql() -> None:
    seen = of_mysql()
    assert (seen.name, seen.proofs, seen.reach, seen.may_sign_in) == (
        "kei@%",
        ("password",),
        "any",
        True,
    )
    assert seen.methods == (Method("caching_sha2_password", "set", 5000),)
    assert seen.changed == "2026-09-21T14:13:20+00:00"


@pytest.mark.parametrize(
    ("given", "proofs", "may_sign_in"),
    [
        ({"kept": 0}, ("none",), True),
        ({"kept": 0, "tls": "X509"}, ("certificate",), True),
        ({"plugin": "auth_socket", "kept": 0}, ("machine",), True),
        ({"plugin": "AWSAuthenticationPlugin"}, ("external",), True),
        ({"plugin": "authentication_ldap_simple"}, ("external",), True),
        ({"plugin": "mysql_no_login", "kept": 0}, (), False),
        ({"locked": "Y"}, ("password",), False),
    ],
)
def test_what_an_account_of_mysql_asks_for(
    given: dict[str, Any], proofs: tuple[str, ...], may_sign_in: bool
) -> None:
    seen = of_mysql(**given)
    assert (seen.proofs, seen.may_sign_in) == (proofs, may_sign_in)


@pytest.mark.parametrize(
    ("prefix", "rounds"),
    [("$A$005$", 5000), ("$A$00A$", 10000), ("$5$abcd", 5000), ("$A$0zz$", 0), ("", 0)],
)
def test_how_often_a_hash_is_repeated(prefix: str, rounds: int) -> None:
    assert of_mysql(prefix=prefix).methods[0].rounds == rounds


@pytest.mark.parametrize(
    ("host", "reach"),
    [
        ("localhost", "loopback"), ("127.0.0.1", "loopback"), ("::1", "loopback"), ("%", "any"),
        ("", "any"), ("10.0.0.7", "host"), ("10.0.0.%", "hosts"), ("web_1", "hosts"),
        ("10.0.0.0/255.255.255.0", "hosts"), ("db.example.com", "host"),
    ],
)  # fmt: skip
def test_from_where_an_account_is_let_in(host: str, reach: str) -> None:
    assert of_mysql(host=host).reach == reach


def of_mariadb(priv: dict[str, Any]) -> Account:
    return mysql_accounts.of_mariadb([("kei", "%", json.dumps(priv))])[0]


def test_one_of_several_methods_is_enough_in_mariadb() -> None:
    seen = of_mariadb(
        {
            "plugin": "ed25519",
            "authentication_string": "set",
            "auth_or": [{"plugin": "unix_socket"}, {}],
        }
    )
    assert seen.proofs == ("machine", "password")


def test_an_invalid_hash_opens_nothing() -> None:
    seen = of_mariadb({"plugin": "mysql_native_password", "authentication_string": "invalid"})
    assert not seen.may_sign_in


def test_an_account_without_a_plugin_has_an_empty_password() -> None:
    assert of_mariadb({"access": 1}).proofs == ("none",)


@pytest.mark.parametrize("text", ["", "[]", "{", None, "\x1b[2J"])
def test_what_is_no_json_is_malformed(text: Any) -> None:
    with pytest.raises(ObservationFailed) as raised:
        mysql_accounts.of_mariadb([("kei", "%", text)])
    assert raised.value.failure.reason == Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize("seconds", [10**18, -(10**18), "x", 0, None])
def test_a_date_that_is_none_is_not_recorded(seconds: Any) -> None:
    assert of_mysql(changed=seconds).changed == ""


def rights(*grants: Grant, roles: tuple[tuple[str, str], ...] = ()) -> Rights:
    return Rights(grants, roles)


def grant(account: str, database: str, *held: str, table: str = "") -> Grant:
    return Grant(account, database, table, frozenset(held))


def test_rights_in_a_database() -> None:
    found = rights(
        grant("a", "kei\\_%", "select"), grant("a", "rin", "insert", table="t"),
        grant("r", "common", "create"), grant("b", "", "reload"), grant("c", "", "select"),
        grant("d", "x", "execute"), roles=(("a", "r"),),
    )  # fmt: skip
    assert found.kinds("a", "kei_1") == {"read"}
    assert found.kinds("a", "keix1") == set()
    assert found.kinds("a", "rin") == {"write"}
    assert found.kinds("a", "common") == {"create"}
    assert found.kinds("b", "rin") == set()
    assert found.kinds("c", "anything") == {"read"}
    assert found.kinds("d", "x") == {"use"}


def test_roles_of_roles_and_circles() -> None:
    found = rights(
        grant("top", "rin", "select"), roles=(("a", "mid"), ("mid", "top"), ("top", "a"))
    )
    assert found.kinds("a", "rin") == {"read"}


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        (grant("a", "", "super"), True), (grant("a", "", "create_user"), True),
        (grant("a", "", "grant", "select"), True), (grant("a", "", "update"), True),
        (grant("a", "mysql", "insert"), True), (grant("a", "my%", "update"), True),
        (grant("a", "", "role_admin"), True), (grant("a", "", "select", "process"), False),
        (grant("a", "shop", "insert", "grant"), False),
    ],
)  # fmt: skip
def test_who_can_give_itself_all_rights(made: Grant, answer: bool) -> None:
    assert rights(made).is_superuser("a") is answer


@pytest.mark.parametrize(
    ("name", "pattern", "answer"),
    [
        ("shop", "shop", True), ("shop", "sh%", True), ("shop", "sho_", True),
        ("shop", "sho\\_", False), ("sho_", "sho\\_", True), ("a%b", "a\\%b", True),
        ("shop", "%%%%%%%%%%", True), ("s.op", "s.op", True), ("shop", "s.op", False),
    ],
)  # fmt: skip
def test_patterns_of_databases(name: str, pattern: str, answer: bool) -> None:
    assert mysql_rights.is_like(name, pattern) is answer


@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        ({"skip_networking": "ON", "bind_address": "*"}, "socket"),
        ({"bind_address": "127.0.0.1,::1"}, "loopback"), ({"bind_address": "*"}, "network"),
        ({"bind_address": "127.0.0.1,10.0.0.7"}, "network"), ({"bind_address": ""}, "network"),
        ({"bind_address": "127.0.0.1", "admin_address": "10.0.0.7"}, "network"),
    ],
)  # fmt: skip
def test_how_far_a_server_listens(settings: dict[str, str], answer: str) -> None:
    assert mysql_settings.listens(settings) == answer


@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        ({"have_ssl": "YES"}, True), ({"have_ssl": "DISABLED", "tls_version": "TLSv1.2"}, False),
        ({"tls_version": "TLSv1.2,TLSv1.3"}, True), ({"tls_version": ""}, False), ({}, False),
    ],
)  # fmt: skip
def test_whether_a_server_can_encrypt(settings: dict[str, str], answer: bool) -> None:
    assert mysql_settings.offers_tls(settings) is answer


AUDIT = {"server_audit_logging": "ON"}


@pytest.mark.parametrize(
    ("settings", "plugins", "sign_ins", "statements", "destination"),
    [
        ({}, {}, False, "none", "none"),
        ({"general_log": "ON", "log_output": "FILE"}, {}, True, "all", "file"),
        ({"general_log": "ON", "log_output": "TABLE"}, {}, True, "all", "table"),
        ({"general_log": "ON", "log_output": "NONE"}, {}, False, "none", "none"),
        (AUDIT, {"server_audit": "audit"}, True, "all", "file"),
        (AUDIT, {}, False, "none", "none"),
        ({"server_audit_logging": "OFF"}, {"server_audit": "audit"}, False, "none", "none"),
        (AUDIT | {"server_audit_events": "CONNECT"}, {"server_audit": ""}, True, "none", "file"),
        (AUDIT | {"server_audit_events": "QUERY_DDL"}, {"server_audit": ""}, False, "ddl", "file"),
        (AUDIT | {"server_audit_events": "connect,query", "server_audit_output_type": "syslog"},
         {"server_audit": ""}, True, "all", "system-log"),
        ({"audit_log_policy": "ALL"}, {"audit_log": "audit"}, True, "all", "file"),
        ({"audit_log_policy": "LOGINS"}, {"audit_log": "audit"}, True, "none", "file"),
        ({"audit_log_policy": "NONE"}, {"audit_log": "audit"}, False, "none", "none"),
    ],
)  # fmt: skip
def test_what_is_logged(
    settings: dict[str, str], plugins: dict[str, str], sign_ins: bool, statements: str,
    destination: str,
) -> None:  # fmt: skip
    facts, missing = mysql_settings.audit(settings, plugins)
    assert missing == {}
    shown = (facts["sign_ins"], facts["statements"], facts["destination"])
    assert shown == (sign_ins, statements, destination)


def test_accounts_that_the_audit_plugin_spares() -> None:
    settings = AUDIT | {"server_audit_excl_users": "shop"}
    facts, missing = mysql_settings.audit(settings, {"server_audit": "audit"})
    assert facts["sign_ins"] is True
    assert "statements" not in facts
    assert missing["statements"].reason == Reason.UNPROVEN


COMPONENT = {
    "validate_password.policy": "MEDIUM", "validate_password.length": "12",
    "validate_password.mixed_case_count": "1", "validate_password.number_count": "1",
    "validate_password.special_char_count": "1", "password_history": "5",
}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "active", "expected"),
    [
        (COMPONENT, {"validate_password"}, (True, 12, 4, 5)),
        (COMPONENT | {"validate_password.policy": "LOW"}, {"validate_password"}, (True, 12, 0, 5)),
        (COMPONENT, set(), (False, 0, 0, 5)),
        ({name.replace(".", "_"): v for name, v in COMPONENT.items()}, {"validate_password"},
         (True, 12, 4, 5)),
        ({"password_reuse_check_interval": "30"}, {"password_reuse_check"}, (False, 0, 0, 0)),
        ({"password_reuse_check_interval": "0"}, {"password_reuse_check"}, (False, 0, 0, 1000)),
    ],
)  # fmt: skip
def test_rules_on_passwords(
    settings: dict[str, str], active: set[str], expected: tuple[bool, int, int, int]
) -> None:
    assert tuple(mysql_settings.strength(settings, active).values()) == expected


@pytest.mark.parametrize(
    ("product", "settings", "scheme"),
    [
        ("mariadb", {}, "mysql-native"), ("mysql", {}, "caching-sha2"),
        ("mysql", {"default_authentication_plugin": "mysql_native_password"}, "mysql-native"),
        ("mysql", {"authentication_policy": "*,,"}, "caching-sha2"),
        ("mysql", {"authentication_policy": "sha256_password,,"}, "sha256"),
        ("mysql", {"authentication_policy": "*:mysql_native_password"}, "mysql-native"),
    ],
)  # fmt: skip
def test_how_a_new_password_is_kept(product: str, settings: dict[str, str], scheme: str) -> None:
    assert mysql_settings.new_scheme(product, settings) == scheme


def test_a_setting_that_is_no_number_is_malformed() -> None:
    with pytest.raises(ObservationFailed):
        mysql_settings.number({"wait_timeout": "\x1b"}, "wait_timeout")


@pytest.mark.parametrize(
    ("host", "client", "reach"),
    [
        ("localhost", "", "socket"), ("", "", "socket"),
        ("localhost:5123", "localhost", "loopback"),
        ("127.0.0.1:5123", "127.0.0.1", "loopback"), ("10.0.0.7:5123", "10.0.0.7", "remote"),
        ("web-1", "web-1", "remote"),
    ],
)  # fmt: skip
def test_where_a_session_comes_from(host: str, client: str, reach: str) -> None:
    assert mysql_server._client(host) == (client, reach)


def test_option_files(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/b.cnf").write_text("[client]\nport=3307\n")
    (tmp_path / "my.cnf").write_text(
        "# none\n[mysqld]\nuser=mysql\n[client]\nuser = kei # whose\npassword='a#b c'\n"
        f"ssl_ca=/etc/ca.pem\nskip-name\n!includedir {tmp_path}/more\n!include {tmp_path}/my.cnf\n"
    )
    assert mysql_options.options([tmp_path / "my.cnf"]) == {
        "user": "kei", "password": "a#b c", "ssl-ca": "/etc/ca.pem", "skip-name": "",
        "port": "3307",
    }  # fmt: skip
    with pytest.raises(FileNotFoundError):
        mysql_options.read({"option_file": "none.cnf", "base_dir": str(tmp_path)})


@pytest.mark.parametrize(
    ("column", "answer"),
    [
        ("password", True), ("user_password", True), ("passwordHash", True), ("PWD", True),
        ("encrypted_password", True), ("passwd_hashed", True), ("passphrase", True),
        ("password_reset_token", False), ("password_changed_at", False), ("pwd_policy", False),
        ("compass", False), ("password_salt", False),
    ],
)  # fmt: skip
def test_columns_named_after_passwords(column: str, answer: bool) -> None:
    assert tables.is_password(column) is answer


def test_what_the_target_says_of_tables() -> None:
    table = Table("shop", "public", "chats", (Column("Body", "text"), Column("at", "other")))
    target = {
        "purposes": {"chat_sessions": ["shop.*.chats"], "analytics": ["dwh.*"]},
        "encrypted_by_application": ["shop.public.chats.Body"],
        "password_columns": ["shop.public.chats.at"],
    }
    assert tables.purposes(target, table) == ["chat_sessions"]
    assert tables.sealed(target, table) == ["Body"]
    assert tables.passwords(target, table) == ["at"]
    assert tables.named([table], "shop.public.chats.body") == (table, "Body")
    assert tables.named([table], "shop.public.chats.none") is None
