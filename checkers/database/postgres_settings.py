"""What pg_settings says, and what follows from it for audit, idle sessions and passwords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troth.checker import ObservationFailed, Reason

#: Settings that the view leaves out for accounts without pg_read_all_settings.
_HIDDEN = ("shared_preload_libraries", "session_preload_libraries", "log_filename")
#: Sources of a value that holds for troth's own session and not for the server's others.
_OWN = ("database", "user", "database user", "client", "session")
#: What pgaudit calls groups of statements, by what they show. Source: pgaudit's manual.
_CHANGES, _READS = {"ddl", "role", "write"}, {"read"}
_RANK = ("none", "ddl", "changes", "all")


@dataclass(frozen=True)
class Settings:
    """The settings in force; ``hidden`` tells that the account may not see all of them."""

    values: Mapping[str, str]
    own: frozenset[str]
    hidden: bool

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> Settings:
        """Read rows of name, value, source, pending restart and whether all is seen."""
        taken = list(rows)
        return cls(
            {str(name): str(value) for name, value, *_ in taken if value is not None},
            frozenset(str(row[0]) for row in taken if row[2] in _OWN),
            not all(row[4] for row in taken),
        )

    def get(self, name: str, without: str | None = None) -> str:
        """Return a setting; ``without`` is what holds in versions or without modules that lack it.

        Raises :class:`ObservationFailed` where it may not be seen, or holds for troth alone.
        """
        if name in self.own:
            text = f"{name} is set for troth's own account; what holds for others is not seen"
            raise ObservationFailed(Reason.UNPROVEN, text)
        if name in self.values:
            return self.values[name]
        if name in _HIDDEN and self.hidden:
            action = "pg_read_all_settings"
            raise ObservationFailed(Reason.PERMISSION_DENIED, f"may not see {name}", action)
        if without is None:
            raise ObservationFailed(Reason.NOT_SUPPORTED, f"this version has no {name}")
        return without

    def number(self, name: str, without: int = 0) -> int:
        """Return a setting that is a whole number."""
        text = self.get(name, str(without))
        try:
            return int(text)
        except ValueError:
            words = f"{name} is no number"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, words) from None

    def loads(self, library: str) -> bool:
        """Tell whether every session has a library: only then does it see all that happens."""
        names = ("shared_preload_libraries", "session_preload_libraries")
        listed = ",".join(self.get(name, "") for name in names)
        return library in {part.strip().strip('"').rpartition("/")[2] for part in listed.split(",")}


def overridden(overrides: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, str]]:
    """Return ``role``, ``database`` (empty for all) and ``value`` where a setting differs."""
    found: list[Mapping[str, str]] = []
    for row in overrides:
        for line in row.get("config") or ():
            key, _, value = str(line).partition("=")
            if key.lower() == name:
                role, database = row.get("role") or "", row.get("database") or ""
                found.append({"role": role, "database": database, "value": value})
    return found


def listens(settings: Settings) -> str:
    """Return the farthest that the server listens: ``network``, ``loopback`` or ``socket``."""
    names = [one.strip() for one in settings.get("listen_addresses").split(",") if one.strip()]
    if not names:
        return "socket"
    near = ("localhost", "::1")
    return "loopback" if all(n in near or n.startswith("127.") for n in names) else "network"


def logs_sign_ins(settings: Settings) -> bool:
    """Tell whether connections are logged; since version 18 the setting is a list of stages."""
    value = settings.get("log_connections").lower()
    stages = {part.strip() for part in value.split(",")}
    if stages & {"on", "true", "yes", "1", "all"}:
        return True
    return {"receipt", "authentication"} <= stages or {"receipt", "authorization"} <= stages


def statements(settings: Settings, overrides: Sequence[Mapping[str, Any]]) -> str:
    """Return which statements of every account are logged, by the server itself or by pgaudit."""
    told = {"none": "none", "ddl": "ddl", "mod": "changes", "all": "all"}
    own = _least(
        [settings.get("log_statement")]
        + [each["value"] for each in overridden(overrides, "log_statement")],
        lambda value: told.get(value.lower(), "none"),
    )
    audited = "none"
    if settings.loads("pgaudit"):
        values = [settings.get("pgaudit.log", "none")]
        values += [each["value"] for each in overridden(overrides, "pgaudit.log")]
        audited = _least(values, _audited)
    return max(own, audited, key=_RANK.index)


def _least(values: Iterable[str], meaning: Any) -> str:
    return min((str(meaning(value)) for value in values), key=_RANK.index)


def _audited(value: str) -> str:
    groups: set[str] = set()
    for part in value.lower().replace('"', "").split(","):
        name = part.strip()
        every = _CHANGES | _READS | {"function", "misc"}
        wanted = every if name.lstrip("-") == "all" else {name.lstrip("-")}
        groups = groups - wanted if name.startswith("-") else groups | wanted
    if groups >= _CHANGES | _READS:
        return "all"
    if groups >= _CHANGES:
        return "changes"
    return "ddl" if "ddl" in groups else "none"


def destination(settings: Settings) -> str:
    """Return where the log goes. Without the collector, stderr is caught by no one for sure."""
    kinds = {part.strip() for part in settings.get("log_destination").lower().split(",")}
    if settings.get("logging_collector") == "on" and kinds & {"stderr", "csvlog", "jsonlog"}:
        return "file"
    return "system-log" if kinds & {"syslog", "eventlog"} else "none"


def idle_seconds(settings: Settings, overrides: Sequence[Mapping[str, Any]], role: str) -> int:
    """Return after how many seconds an unused session of a role is ended, 0 for never.

    Of several values for databases of the role the weakest counts. What a role has set goes before
    what a database has; version 13 and earlier have no such limit.
    """
    default = settings.number("idle_session_timeout")
    rows = overridden(overrides, "idle_session_timeout")
    mine = [_milliseconds(row["value"]) for row in rows if row["role"] == role]
    everywhere = [
        _milliseconds(row["value"]) for row in rows if row["role"] == role and not row["database"]
    ]
    others = [_milliseconds(row["value"]) for row in rows if not row["role"]]
    found = mine if everywhere else [*mine, *others, default]
    return 0 if 0 in found else -(-max(found) // 1000)


def _milliseconds(text: str) -> int:
    units = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "": 1}
    number = text.strip().strip("'").lower()
    unit = number.lstrip("0123456789. ")
    digits = number.removesuffix(unit).strip()
    if unit not in units or not digits.isdigit():
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, "an account's idle_session_timeout is no time"
        )
    return int(digits) * units[unit]
