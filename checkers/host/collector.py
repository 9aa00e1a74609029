"""What every host checker shares: options, the machine's name, files, commands, failures."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Call, Checker, Failure, Reason, call
from troth.checkers.host import commands, sshd
from troth.checkers.host.files import Tree

_FOLDERS = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["path", "store"],
        "properties": {
            "path": {"type": "string", "pattern": "^/", "description": "folder of the backups"},
            "store": {"type": "string", "minLength": 1, "description": "id of the data store"},
            "form": {"enum": ["database", "volume", "files", "system", "table", "bucket"]},
            "pattern": {"type": "string", "description": "which files are backups; * if not given"},
            "min_ratio": {"type": "number", "minimum": 0, "maximum": 1},
        },
    },
}


class NotLive(Exception):
    """A command was asked for, but the target is a file tree and no running machine."""


class HostChecker(Checker):
    """Base of the host checkers: one partition, the machine."""

    target_type = "host"
    options: ClassVar[Mapping[str, Any]] = {
        "root": {
            "type": "string",
            "pattern": "^/",
            "description": "where the machine's file tree is; commands run only if it is /",
        },
        "name": {"type": "string", "minLength": 1, "description": "the machine's name"},
        "data_paths": {
            "type": "array",
            "items": {"type": "string", "pattern": "^/"},
            "description": "paths whose file systems hold data; every disk if not given",
        },
        "provider_encrypted": {
            "description": "your word that the provider encrypts the disks of this machine",
            "anyOf": [
                {"type": "boolean"},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["algorithm", "key_bits"],
                    "properties": {
                        "algorithm": {"enum": ["AES", "ChaCha20", "other"]},
                        "key_bits": {"type": "integer", "minimum": 1},
                    },
                },
            ],
        },
        "backup_folders": _FOLDERS,
        "log_kinds": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "which kinds of events a log receives, by a pattern on its path",
        },
        "human_uid_min": {"type": "integer", "minimum": 1, "description": "least uid of a person"},
    }
    lists: ClassVar[Sequence[str]] = ("machine_name",)

    @call("file:/etc/hostname", actions=["read /etc/hostname"], per="partition")
    def machine_name(self) -> str:
        """Return the name from the target, from the running kernel, or from the file tree."""
        if "name" in self.target:
            return str(self.target["name"])
        if self.live:
            import socket

            return socket.gethostname()
        return self.tree.text("/etc/hostname").strip()

    @property
    def tree(self) -> Tree:
        """Return the machine's file tree."""
        root = str(self.target.get("root", "/"))
        return Tree(root.rstrip("/") or "/")

    @property
    def live(self) -> bool:
        """Tell whether the target is the running machine."""
        return self.tree.root == "/"

    def own_id(self, what: str) -> str:
        """Return the id of something of this machine: ``host:<name>:<what>``."""
        return f"host:{self.read('machine_name')}:{what}"

    def run(self, name: str, *arguments: str) -> commands.Ran:
        """Run a reporting command of the running machine.

        Raises :class:`NotLive` for a file tree, and what :func:`commands.run` raises.
        """
        if not self.live:
            raise NotLive(name)
        return commands.run(name, *arguments)

    def sshd_texts(self) -> dict[str, str]:
        """Return sshd_config and its drop-ins by path; FileNotFoundError without the former."""
        found = {sshd.MAIN: self.tree.text(sshd.MAIN)}
        for name, text in self.tree.texts(f"{sshd.MAIN}.d", ".conf").items():
            found[f"{sshd.MAIN}.d/{name}"] = text
        return found

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn errors of the operating system into failures; the action is the permission."""
        if isinstance(error, PermissionError):
            action = declared.actions[0]
            return Failure(Reason.PERMISSION_DENIED, f"may not {action}", action)
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return Failure(Reason.NO_DATA, f"{declared.operation} is not there")
        if isinstance(error, NotLive):
            words = f"{declared.operation} needs the running machine, and root is a file tree"
            return Failure(Reason.NOT_SUPPORTED, words)
        if isinstance(error, commands.NotInstalled):
            return Failure(Reason.NOT_SUPPORTED, f"{error} is not installed")
        if isinstance(error, subprocess.TimeoutExpired):
            return Failure(Reason.TIMEOUT, f"{declared.operation} did not end in time")
        if isinstance(error, OSError):
            word = errno.errorcode.get(error.errno or 0, "unknown")
            return Failure(Reason.UNREACHABLE, f"{declared.operation} failed ({word})")
        return None

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        """Return ``not-found``, ``not-installed``, ``not-live`` or an empty string."""
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return "not-found"
        if isinstance(error, commands.NotInstalled):
            return "not-installed"
        return "not-live" if isinstance(error, NotLive) else ""
