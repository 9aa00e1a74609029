"""Asking restic, borg, pgBackRest and Barman on the machine which backups they keep.

They are asked without taking a lock and without writing into the repository. What opens it
(passwords, keys, accounts at a cloud) is the tools' own on that machine; troth only passes on the
name of a password file. borg notes in its own folder that it has read the repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from troth.checker import ObservationFailed, Reason
from troth.checkers.host import repositories
from troth.checkers.host.commands import NotInstalled, Ran
from troth.checkers.host.repositories import Listing

#: Keys of one entry of ``backup_repositories``.
OPTION: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["tool", "repository", "store"],
        "properties": {
            "tool": {"enum": ["restic", "borg", "pgbackrest", "barman"]},
            "repository": {
                "type": "string",
                "pattern": "^(?!-)(?!.*://[^/@]*:[^/@]*@)[^\\x00-\\x1f]+$",
                "description": "the repository; of pgbackrest the stanza, of barman the server",
            },
            "store": {"type": "string", "minLength": 1, "description": "id of the data store"},
            "form": {"enum": ["database", "volume", "files", "system", "table", "bucket"]},
            "pattern": {
                "type": "string",
                "description": "which are the store's: host:/path of restic, name of borg",
            },
            "password_file": {
                "type": "string",
                "pattern": "^/[^\\x00-\\x20'\"\\\\]+$",
                "description": "file on that machine whose password opens it (restic, borg)",
            },
            "min_ratio": {"type": "number", "minimum": 0, "maximum": 1},
        },
    },
    "description": "repositories of backup tools on this machine, and what they are backups of",
}
_BORG_FORMAT = "{start}{end}{hostname}"
_MISSING = ("does not exist", "no such file", "unable to open config file", "missing stanza")


def command(entry: Mapping[str, Any]) -> list[str]:
    """Return the command, with its arguments, that lists the backups of an entry."""
    repository, secret = entry["repository"], entry.get("password_file")
    if entry["tool"] == "restic":
        known = ["-p", secret] if secret else []
        return [
            "restic",
            "-r",
            repository,
            *known,
            "--no-lock",
            "--no-cache",
            "--json",
            "snapshots",
        ]
    if entry["tool"] == "borg":
        known = ["env", f"BORG_PASSCOMMAND=cat {secret}"] if secret else []
        asked = ["borg", "list", "--bypass-lock", "--json", "--format", _BORG_FORMAT]
        return [*known, *asked, repository]
    if entry["tool"] == "pgbackrest":
        return ["pgbackrest", f"--stanza={repository}", "--output=json", "info"]
    return ["barman", "-f", "json", "list-backup", repository]


def listing(entry: Mapping[str, Any], ran: Ran) -> Listing:
    """Return what the tool listed; raise why it would not."""
    if ran.status != 0:
        raise refusal(entry, ran)
    tool, name = entry["tool"], entry["repository"]
    if tool == "restic":
        return repositories.restic(ran.out)
    if tool == "borg":
        return repositories.borg(ran.out)
    if tool == "pgbackrest":
        return repositories.pgbackrest(ran.out, name)
    return repositories.barman(ran.out, name)


def places(target: Mapping[str, Any]) -> list[str]:
    """Return the folders that a target keeps backups in: its folders and local repositories."""
    found = {entry["path"].rstrip("/") or "/" for entry in target.get("backup_folders", ())}
    for entry in target.get("backup_repositories", ()):
        if entry["tool"] in ("restic", "borg") and entry["repository"].startswith("/"):
            found.add(entry["repository"].rstrip("/") or "/")
    return sorted(found)


def above(path: str) -> list[str]:
    """Return the folders above a path, the root last."""
    return [str(one) for one in PurePosixPath(path).parents]


def refusal(entry: Mapping[str, Any], ran: Ran) -> Exception:
    """Return why a tool did not list its backups, by what it wrote; nothing of it is repeated."""
    tool, name = entry["tool"], entry["repository"]
    said = f"{ran.err}\n{ran.out}".lower()
    if ran.status == 127 and "env:" in said:
        return NotInstalled(tool)
    if "previously unknown" in said:
        words = (
            f"borg has not seen {name} before and asks first; run 'borg list' there once by hand"
        )
        return ObservationFailed(Reason.NOT_SUPPORTED, words)
    if "password" in said or "passphrase" in said:
        action = f"open the {tool} repository {name} (its password on that machine)"
        return _denied(f"{tool} has no right password for {name}; set password_file", action)
    if "permission denied" in said:
        return _denied(f"may not read {name}", f"read the {tool} repository {name}")
    if any(words in said for words in _MISSING):
        return ObservationFailed(Reason.NO_DATA, f"{tool} finds no repository {name}")
    words = f"{tool} ended with status {ran.status}; list the backups of {name} by hand"
    return ObservationFailed(Reason.NO_DATA, words)


def _denied(words: str, action: str) -> ObservationFailed:
    return ObservationFailed(Reason.PERMISSION_DENIED, words, action)
