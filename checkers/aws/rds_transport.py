"""Which parameter makes a database engine of RDS insist on TLS, and whether it is in effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troth.checker import ObservationFailed, Reason, demand
from troth.checkers.aws.rows import Rows


@dataclass(frozen=True)
class Group:
    """A parameter group of one database; ``in_effect`` is false until the pending restart."""

    in_effect: bool
    parameters: Rows


@dataclass(frozen=True)
class _Switch:
    """A parameter; ``unset`` is what the engine does without a value, if that is known."""

    parameter: str
    refusing: frozenset[str]
    unset: str = ""


_ON = frozenset({"1", "on", "true"})
_FORCE_SSL = _Switch("rds.force_ssl", _ON)
#: MySQL and MariaDB leave it off unless told; the RDS defaults that differ carry a value.
_REQUIRE = _Switch("require_secure_transport", _ON, unset="accepted")
_DOCDB = frozenset({"enabled", "fips-140-3", "tls1.2+", "tls1.3+"})
#: By the beginning of the engine's name, in the order in which they are tried. Sources: the
#: "requiring SSL/TLS" pages of the RDS, Aurora, DocumentDB and Neptune user guides.
_SWITCHES: Sequence[tuple[str, _Switch]] = (
    ("aurora-postgresql", _FORCE_SSL),
    ("postgres", _FORCE_SSL),
    ("sqlserver", _FORCE_SSL),
    ("aurora-mysql", _REQUIRE),
    ("mysql", _REQUIRE),
    ("mariadb", _REQUIRE),
    ("docdb", _Switch("tls", _DOCDB)),
    ("neptune", _Switch("neptune_enforce_ssl", _ON)),
)


def plaintext_of(engine: str, groups: Iterable[Group]) -> str:
    """Return ``refused`` or ``accepted`` for a database's parameter groups.

    Raises :class:`ObservationFailed`: ``not-supported`` for an engine without such a parameter
    (Oracle and Db2 use option groups and protocols), ``unproven`` when a restart is pending or
    the value is left to a default that AWS does not tell.
    """
    switch = next((made for name, made in _SWITCHES if engine.startswith(name)), None)
    if switch is None:
        raise ObservationFailed(
            Reason.NOT_SUPPORTED, f"{engine[:40]} is not told to refuse plaintext by a parameter"
        )
    found = [_state(switch, group) for group in groups]
    if not found:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the database has no parameter group")
    return "refused" if set(found) == {"refused"} else "accepted"


def _state(switch: _Switch, group: Group) -> str:
    row = _row(switch, group.parameters)
    if not group.in_effect:
        raise ObservationFailed(
            Reason.UNPROVEN, f"a change of {switch.parameter} may wait for the next restart"
        )
    if row is None:
        return "accepted"
    if "ParameterValue" in row:
        value = str(demand(row, "ParameterValue")).lower()
        return "refused" if value in switch.refusing else "accepted"
    if switch.unset:
        return switch.unset
    raise ObservationFailed(
        Reason.UNPROVEN, f"{switch.parameter} is left to a default that AWS does not tell"
    )


def _row(switch: _Switch, parameters: Rows) -> Mapping[str, Any] | None:
    """Return the parameter's row, or None where the engine's version has no such parameter."""
    if parameters.failure is None and not parameters.where("ParameterName", switch.parameter):
        return None
    return parameters.one("ParameterName", switch.parameter)
