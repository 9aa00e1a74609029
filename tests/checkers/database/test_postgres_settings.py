"""What follows from settings, for every account and not for most of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from troth.checker import ObservationFailed, Reason
from troth.checkers.database import postgres_passwords
from troth.checkers.database.postgres_settings import (
    Settings,
    destination,
    idle_seconds,
    listens,
    logs_sign_ins,
    statements,
)

BASE = {
    "listen_addresses": "*",
    "log_connections": "off",
    "log_statement": "none",
    "logging_collector": "on",
    "log_destination": "stderr",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "idle_session_timeout": "0",
}


def settings(values: Mapping[str, str] = MappingProxyType({}), source: str = "file") -> Settings:
    return Settings.of((k, v, source, False, True) for k, v in (BASE | dict(values)).items())


def override(config: str, role: Any = None, database: Any = None) -> dict[str, Any]:
    return {"role": role, "database": database, "config": [config]}


@pytest.mark.parametrize(
    ("value", "farthest"),
    [
        ("", "socket"),
        ("localhost", "loopback"),
        ("127.0.0.1, ::1", "loopback"),
        ("localhost,10.0.0.5", "network"),
        ("*", "network"),
        ("0.0.0.0", "network"),  # noqa: S104 - a setting, nothing is bound
    ],
)
def test_how_far_it_listens(value: str, farthest: str) -> None:
    assert listens(settings({"listen_addresses": value})) == farthest


@pytest.mark.parametrize(
    ("value", "logs"),
    [
        ("on", True),
        ("off", False),
        ("all", True),
        ("receipt,authentication,authorization", True),
        ("receipt", False),
        ("authorization", False),
        ("", False),
    ],
)
def test_sign_ins_are_logged_refused_ones_too(value: str, logs: bool) -> None:
    assert logs_sign_ins(settings({"log_connections": value})) is logs


@pytest.mark.parametrize(
    ("values", "overrides", "level"),
    [
        ({"log_statement": "mod"}, [], "changes"),
        ({"log_statement": "all"}, [], "all"),
        ({"log_statement": "all"}, [override("log_statement=none", "shop")], "none"),
        ({"log_statement": "ddl"}, [override("log_statement=all", "shop")], "ddl"),
        ({"pgaudit.log": "all"}, [], "none"),
        ({"pgaudit.log": "write, ddl, role", "shared_preload_libraries": "pgaudit"}, [], "changes"),
        ({"pgaudit.log": "all", "shared_preload_libraries": "x, pgaudit"}, [], "all"),
        ({"pgaudit.log": "all, -read", "shared_preload_libraries": "pgaudit"}, [], "changes"),
        ({"pgaudit.log": "all, -write", "shared_preload_libraries": "pgaudit"}, [], "ddl"),
        ({"pgaudit.log": "none", "shared_preload_libraries": "pgaudit"}, [], "none"),
        (
            {"pgaudit.log": "all", "shared_preload_libraries": "pgaudit"},
            [override('pgaudit.log="ddl"', database="shop")],
            "ddl",
        ),
    ],
)
def test_statements_are_what_is_logged_for_every_account(
    values: dict[str, str], overrides: list[dict[str, Any]], level: str
) -> None:
    assert statements(settings(values), overrides) == level


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, "file"),
        ({"logging_collector": "off"}, "none"),
        ({"logging_collector": "off", "log_destination": "syslog"}, "system-log"),
        ({"log_destination": "csvlog,syslog"}, "file"),
    ],
)
def test_where_the_log_goes(values: dict[str, str], where: str) -> None:
    assert destination(settings(values)) == where


@pytest.mark.parametrize(
    ("default", "overrides", "seconds"),
    [
        ("0", [], 0),
        ("900000", [], 900),
        ("900001", [], 901),
        ("900000", [override("idle_session_timeout=0", "alice")], 0),
        ("0", [override("idle_session_timeout=10min", "alice")], 600),
        ("0", [override("idle_session_timeout=10min", "bob")], 0),
        ("900000", [override("idle_session_timeout=1h", database="shop")], 3600),
        ("900000", [override("idle_session_timeout=1h", "alice", "shop")], 3600),
        ("0", [override("idle_session_timeout=5min", "alice", "shop")], 0),
    ],
)
def test_the_weakest_limit_of_an_account_counts(
    default: str, overrides: list[dict[str, Any]], seconds: int
) -> None:
    assert idle_seconds(settings({"idle_session_timeout": default}), overrides, "alice") == seconds


def test_a_version_without_the_limit_ends_nothing() -> None:
    old = Settings.of((k, v, "", False, True) for k, v in BASE.items() if "idle" not in k)
    assert idle_seconds(old, [], "alice") == 0


def test_a_time_that_is_none_is_not_taken_for_one() -> None:
    with pytest.raises(ObservationFailed) as caught:
        idle_seconds(settings(), [override("idle_session_timeout=soon", "alice")], "alice")
    assert caught.value.failure.reason is Reason.MALFORMED_RESPONSE


def test_what_may_not_be_seen_is_refused_by_name() -> None:
    hidden = Settings.of((k, v, "", False, False) for k, v in BASE.items() if "preload" not in k)
    with pytest.raises(ObservationFailed) as caught:
        statements(hidden, [])
    assert caught.value.failure.permission == "pg_read_all_settings"


@pytest.mark.parametrize("source", ["user", "database", "client"])
def test_what_holds_for_troth_alone_is_unproven(source: str) -> None:
    with pytest.raises(ObservationFailed) as caught:
        settings(source=source).get("log_statement")
    assert caught.value.failure.reason is Reason.UNPROVEN


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, (False, 0, 0, 0)),
        ({"shared_preload_libraries": "passwordcheck"}, (True, 8, 2, 0)),
        ({"shared_preload_libraries": "$libdir/passwordcheck"}, (True, 8, 2, 0)),
        (
            {
                "shared_preload_libraries": "passwordcheck",
                "passwordcheck.min_password_length": "14",
            },
            (True, 14, 2, 0),
        ),
        (
            {
                "shared_preload_libraries": "credcheck",
                "credcheck.password_min_length": "12",
                "credcheck.password_min_digit": "1",
                "credcheck.password_min_upper": "2",
                "credcheck.password_min_special": "0",
                "credcheck.password_reuse_history": "5",
            },
            (True, 12, 2, 5),
        ),
        ({"credcheck.password_min_length": "12"}, (False, 0, 0, 0)),
    ],
)
def test_which_passwords_are_refused(values: dict[str, str], wanted: tuple[Any, ...]) -> None:
    made = postgres_passwords.strength(settings(values))
    assert tuple(made.values()) == wanted


@pytest.mark.parametrize(
    ("days", "enabled", "loaded"), [("90", True, True), ("0", False, True), ("90", False, False)]
)
def test_credcheck_alone_sets_an_end_to_passwords(days: str, enabled: bool, loaded: bool) -> None:
    loads = "credcheck" if loaded else ""
    values = {"shared_preload_libraries": loads, "credcheck.password_valid_max": days}
    made = postgres_passwords.expiry(settings(values))
    assert (made["enabled"], made["max_age_days"]) == (enabled, 90 if enabled else None)


@pytest.mark.parametrize(
    ("wrong", "loads", "blocks"),
    [("5", "credcheck", "account"), ("0", "credcheck", "nothing"), ("5", "", "nothing")],
)
def test_credcheck_alone_counts_wrong_passwords(wrong: str, loads: str, blocks: str) -> None:
    values = {"shared_preload_libraries": loads, "credcheck.max_auth_failure": wrong}
    made = postgres_passwords.lockout(settings(values))
    assert (made["blocks"], made["after_attempts"]) == (blocks, 5 if blocks == "account" else None)
