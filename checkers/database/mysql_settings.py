"""What the settings of MySQL and MariaDB mean for ways in, logs and passwords; pure functions.

Sources: "Server System Variables" of both manuals; "MariaDB Audit Plugin"; "The Password Validation
Component" (MySQL), "Simple Password Check Plugin" and "Password Reuse Check Plugin" (MariaDB).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troth.checker import Failure, ObservationFailed, Reason, demand

Settings = Mapping[str, str]
_LOOPBACK = ("127.", "::1", "localhost")
#: ``max_password_errors`` for never: the greatest number of 32 bits, its default.
NO_LIMIT = 4294967295
#: How many old passwords are refused where none may ever come back.
EVERY = 1000


def is_on(settings: Settings, name: str) -> bool:
    """Tell whether a switch is on; one that the server does not have is off."""
    return settings.get(name, "").upper() in ("ON", "1", "YES", "FORCE")


def number(settings: Settings, name: str, otherwise: int | None = None) -> int:
    """Return a number; raises ``malformed-response`` for what is none."""
    if name not in settings and otherwise is not None:
        return otherwise
    text = str(demand(settings, name))
    try:
        return int(text)
    except ValueError:
        words = f"the setting {name} is no number"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, words) from None


def listens(settings: Settings) -> str:
    """Return the farthest that the server listens: ``socket``, ``loopback`` or ``network``."""
    if is_on(settings, "skip_networking"):
        return "socket"
    addresses = [one.strip() for one in str(demand(settings, "bind_address")).split(",")]
    addresses += [one for one in [settings.get("admin_address", "").strip()] if one]
    return "loopback" if all(one.startswith(_LOOPBACK) for one in addresses) else "network"


def offers_tls(settings: Settings) -> bool:
    """Tell whether the server can encrypt; MySQL without ``have_ssl`` (8.4) always tries to."""
    if "have_ssl" in settings:
        return settings["have_ssl"].upper() == "YES"
    return bool(settings.get("tls_version", "").strip())


def audit(settings: Settings, plugins: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the facts of the facet ``audit``, and what is missing of them with the reason.

    Of several logs the one that tells most counts. Errors always go to the error log.
    """
    found = [log for log in (_audit_plugin(settings, plugins), _general(settings)) if log]
    if not found and "audit_log" in plugins:
        found = [_audit_log(settings)]
    if not found:
        return {
            "sign_ins": False, "sign_outs": False, "errors": True, "statements": "none",
            "destination": "none",
        }, {}  # fmt: skip
    best = max(found, key=lambda log: (log["sign_ins"], _DEPTH.index(log["statements"])))
    facts = {name: value for name, value in best.items() if name != "spared"}
    if best.get("spared") and best["statements"] != "none":
        words = f"the audit plugin leaves accounts out ({best['spared']}); empty that setting"
        del facts["statements"]
        return facts, {"statements": Failure(Reason.UNPROVEN, words)}
    return facts, {}


_DEPTH = ("none", "ddl", "changes", "all")


def _general(settings: Settings) -> dict[str, Any] | None:
    """Return what the general log tells: every connection and every statement."""
    outputs = {one.strip() for one in settings.get("log_output", "FILE").upper().split(",")}
    if not is_on(settings, "general_log") or "NONE" in outputs:
        return None
    return {
        "sign_ins": True, "sign_outs": True, "errors": True, "statements": "all",
        "destination": "file" if "FILE" in outputs else "table",
    }  # fmt: skip


def _audit_plugin(settings: Settings, plugins: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what MariaDB's plugin tells; no kind of event named means all of them."""
    if "server_audit" not in plugins or not is_on(settings, "server_audit_logging"):
        return None
    events = {one.strip().upper() for one in settings.get("server_audit_events", "").split(",")}
    events -= {""}
    connects = not events or "CONNECT" in events
    syslog = settings.get("server_audit_output_type", "file").lower() == "syslog"
    return {
        "sign_ins": connects, "sign_outs": connects, "errors": True,
        "statements": _statements(events), "destination": "system-log" if syslog else "file",
        "spared": next((name for name in _SPARING if settings.get(name)), ""),
    }  # fmt: skip


_SPARING = ("server_audit_excl_users", "server_audit_incl_users")


def _statements(events: set[str]) -> str:
    if not events or "QUERY" in events or {"QUERY_DDL", "QUERY_DML"} <= events:
        return "all"
    if {"QUERY_DDL", "QUERY_DML_NO_SELECT"} <= events:
        return "changes"
    return "ddl" if "QUERY_DDL" in events else "none"


def _audit_log(settings: Settings) -> dict[str, Any]:
    """Return what the audit plugin of MySQL Enterprise or Percona tells, by its policy."""
    policy = settings.get("audit_log_policy", "NONE").upper()
    connects = policy in ("ALL", "LOGINS")
    syslog = settings.get("audit_log_handler", "file").lower() == "syslog"
    return {
        "sign_ins": connects, "sign_outs": connects, "errors": True,
        "statements": "all" if policy in ("ALL", "QUERIES") else "none",
        "destination": "none" if policy == "NONE" else "system-log" if syslog else "file",
    }  # fmt: skip


def new_scheme(product: str, settings: Settings) -> str:
    """Return how a password is kept that is set from now on without naming a plugin."""
    if product == "mariadb":
        return "mysql-native"
    plugin = settings.get("default_authentication_plugin", "")
    first = settings.get("authentication_policy", "").split(",")[0].strip().removeprefix("*:")
    plugin = plugin or (first if first.strip("*") else "caching_sha2_password")
    known = {"mysql_native_password": "mysql-native", "sha256_password": "sha256"}
    return known.get(plugin, "caching-sha2" if plugin == "caching_sha2_password" else "other")


def strength(settings: Settings, active: set[str]) -> dict[str, Any]:
    """Return the facet ``strength``; ``active`` are the plugins and components that run.

    MySQL's checks of length and kinds of characters hold from the policy MEDIUM on.
    """
    least, classes, enforced = 0, 0, False
    reuse = number(settings, "password_history", 0)
    if "validate_password" in active:
        enforced, least, classes = _validate_password(settings)
    if "simple_password_check" in active:
        enforced, least, classes = _simple(settings)
    if "cracklib_password_check" in active:
        enforced, least = True, max(least, 6)
    if "password_reuse_check" in active:
        # It knows days and no count: 0 days keep old passwords out for ever, others for a time.
        days = number(settings, "password_reuse_check_interval", 0)
        reuse = max(reuse, 0 if days else EVERY)
    return {
        "enforced": enforced,
        "min_length": least,
        "character_classes": classes,
        "reuse_history": reuse,
    }


def _validate_password(settings: Settings) -> tuple[bool, int, int]:
    dot = "." if "validate_password.length" in settings else "_"

    def setting(name: str) -> str:
        return f"validate_password{dot}{name}"

    policy = str(demand(settings, setting("policy"))).upper()
    least = number(settings, setting("length"))
    if policy in ("LOW", "0"):
        return True, least, 0
    cases = number(settings, setting("mixed_case_count")) > 0
    numbers = number(settings, setting("number_count")) > 0
    special = number(settings, setting("special_char_count")) > 0
    return True, least, 2 * cases + numbers + special


def _simple(settings: Settings) -> tuple[bool, int, int]:
    name = "simple_password_check_"
    letters = number(settings, f"{name}letters_same_case") > 0
    digits = number(settings, f"{name}digits") > 0
    others = number(settings, f"{name}other_characters") > 0
    least = number(settings, f"{name}minimal_length")
    return True, least, 2 * letters + digits + others
