"""What restic, borg, pgBackRest and Barman say of the backups they keep; pure functions of text.

Source: the tools' own JSON: ``restic snapshots`` (0.9 to 0.18), ``borg list`` (1.1 to 1.4),
``pgbackrest info`` (2.x) and ``barman list-backup`` (2.11 and later).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from troth.checker import ObservationFailed, Reason, demand

_PLAIN_MODES = ("none", "authenticated", "authenticated-blake2")
_BARMAN = {"DONE": "completed", "FAILED": "failed"}
#: pgBackRest's codes of a repository that could be read: good, and without a valid backup.
_READABLE = (0, 2)


@dataclass(frozen=True)
class Copy:
    """One backup as its tool tells it; ``None`` is what the tool does not tell.

    ``size`` is what a restore would bring, in bytes. ``same`` is equal for copies of the same
    content. ``names`` are what a pattern may choose it by; ``sort`` keeps full and other backups
    apart; ``repository`` is the number of the repository that pgBackRest keeps it in.
    """

    id: str
    started_at: str
    completed_at: str | None
    state: str
    size: int | None = None
    encrypted: bool | None = None
    same: str = ""
    names: tuple[str, ...] = ()
    sort: str = ""
    repository: str = ""


@dataclass(frozen=True)
class Listing:
    """The copies of a repository, and why there may be more of them than these."""

    copies: tuple[Copy, ...]
    left_out: str = ""


def restic(text: str) -> Listing:
    """Return the snapshots of a restic repository, which is always encrypted.

    restic writes a snapshot when its backup has ended. Since 0.17 it tells when that began and
    how much was read; before, the one instant stands for start and end.
    """
    rows = _json(text)
    return Listing(tuple(_snapshot(row) for row in ([] if rows is None else _list(rows))))


def borg(text: str) -> Listing:
    """Return the archives of a borg repository; its mode tells whether they are encrypted.

    Checkpoints of broken runs are not listed by borg. Times are without a zone, in that of the
    command, which is UTC.
    """
    said = _json(text)
    mode = str(demand(said, "encryption", "mode"))
    encrypted = False if mode in _PLAIN_MODES else mode.startswith(("repokey", "keyfile")) or None
    return Listing(tuple(_archive(row, encrypted) for row in _list(demand(said, "archives"))))


def pgbackrest(text: str, stanza: str) -> Listing:
    """Return the backups of a stanza in all of its repositories; one with page errors is suspect.

    A repository that pgBackRest could not read is named: there may be more backups in it.
    """
    for row in _list(_json(text)):
        if demand(row, "name") == stanza:
            repos = _list(demand(row, "repo"))
            ciphers = {str(demand(repo, "key")): demand(repo, "cipher") for repo in repos}
            unread = [repo for repo in repos if demand(repo, "status", "code") not in _READABLE]
            said = [f"repo{one['key']}: {one['status'].get('message')}" for one in unread]
            made = [_backup(one, stanza, ciphers) for one in _list(demand(row, "backup"))]
            return Listing(tuple(made), "; ".join(said))
    raise ObservationFailed(Reason.NO_DATA, f"pgbackrest knows no stanza {stanza}")


def barman(text: str, server: str) -> Listing:
    """Return the backups of a server; one that still waits for its log is not yet a backup.

    Barman tells when a backup ended, in UTC; that stands for its start too. One that did not end
    is dated by its name.
    """
    rows = _list(demand(_json(text), server))
    return Listing(tuple(_base_backup(row, server) for row in rows))


def chosen(copies: tuple[Copy, ...], pattern: str) -> list[Copy]:
    """Return the copies that a pattern names, from old to new; those without names all stay."""
    kept = [c for c in copies if not c.names or any(fnmatchcase(n, pattern) for n in c.names)]
    return sorted(kept, key=lambda copy: (copy.started_at, copy.id))


def _snapshot(row: Any) -> Copy:
    made = _instant(demand(row, "time"))
    summary = row["summary"] if isinstance(row.get("summary"), Mapping) else {}
    host, paths = row.get("hostname", ""), _list(demand(row, "paths"))
    return Copy(
        id=f"restic:{str(demand(row, 'id'))[:16]}",
        started_at=_instant(summary.get("backup_start", made)),
        completed_at=_instant(summary.get("backup_end", made)),
        state="completed",
        size=_size(summary.get("total_bytes_processed")),
        encrypted=True,
        same=str(row.get("tree", "")),
        names=tuple(f"{host}:{path}" for path in paths),
    )


def _archive(row: Any, encrypted: bool | None) -> Copy:
    name = str(demand(row, "name"))
    start = _instant(demand(row, "start"))
    return Copy(
        id=f"borg:{name}",
        started_at=start,
        completed_at=_instant(row.get("end", start)),
        state="completed",
        size=_size(row.get("size")),
        encrypted=encrypted,
        names=(name,),
    )


def _backup(row: Any, stanza: str, ciphers: Mapping[Any, Any]) -> Copy:
    number = str(demand(row, "database", "repo-key"))
    if number not in ciphers:
        raise _malformed()
    return Copy(
        id=f"pgbackrest:{stanza}:repo{number}:{demand(row, 'label')}",
        started_at=_moment(demand(row, "timestamp", "start")),
        completed_at=_moment(demand(row, "timestamp", "stop")),
        state="suspect" if demand(row, "error") else "completed",
        size=_size(demand(row, "info", "size")),
        encrypted=ciphers[number] != "none",
        repository=number,
    )


def _base_backup(row: Any, server: str) -> Copy:
    name, status = str(demand(row, "backup_id")), str(demand(row, "status"))
    ended = _moment(row["end_time_timestamp"]) if "end_time_timestamp" in row else None
    state = _BARMAN.get(status, "running")
    if state == "completed" and ended is None:
        raise _malformed()
    return Copy(
        id=f"barman:{server}:{name}",
        started_at=ended or _named(name),
        completed_at=ended if state == "completed" else None,
        state=state,
        size=_size(row.get("size_bytes")),
        sort=str(row.get("backup_type", "")),
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed() from None


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _malformed()
    return value


def _size(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _instant(text: Any) -> str:
    """Return an ISO instant in UTC without fractions; without an offset it is UTC already."""
    try:
        at = datetime.fromisoformat(str(text))
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(microsecond=0).isoformat()
    except (ValueError, OverflowError):
        raise _malformed() from None


def _moment(seconds: Any) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, TypeError, OverflowError, OSError):
        raise _malformed() from None


def _named(name: str) -> str:
    try:
        return datetime.strptime(name[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        raise _malformed() from None


def _malformed() -> ObservationFailed:
    words = "the list of backups is not what the tool prints; run it by hand on the machine"
    return ObservationFailed(Reason.MALFORMED_RESPONSE, words)
