"""What every host checker shares: options, the machine's name, files, commands, failures."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Call, Checker, Failure, ObservationFailed, Partition, Reason, call
from troth.checkers.host import commands, script, sshd
from troth.checkers.host.batch import Batch
from troth.checkers.host.files import Files, Tree
from troth.checkers.host.transport import places, ways
from troth.errors import Problem

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
    """Base of the host checkers: one partition, the machine.

    A running machine is read once for all its checkers: the engine keeps the batch that the
    collector brought. ``sections`` says for every call which files of ``checkers/host/sections``
    bring its answers; those of the bases count as well.
    """

    target_type = "host"
    basis: ClassVar[Sequence[str]] = ("batch",)
    #: For each call the sections that bring its answers, by the call's name.
    sections: ClassVar[Mapping[str, Sequence[str]]] = {"machine_name": ("name",)}
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
        **places.OPTIONS,
    }
    lists: ClassVar[Sequence[str]] = ("machine_name",)

    @classmethod
    def partitions(cls, target: Mapping[str, Any]) -> Iterator[Partition]:
        """Yield the machine, or each machine of a fleet by its name."""
        try:
            found = places.of(target)
        except (OSError, ValueError):  # problems() tells which file is wrong
            return
        if not found:
            yield Partition(str(target["id"]))
        fleet = places.is_fleet(target)
        for place in found:
            yield Partition(place.name, {"place": place, "name": place.name if fleet else ""})

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return the machine's ``host:port``; none for this machine and for a file tree."""
        place = partition.values.get("place")
        return (place.authority,) if place else ()

    @classmethod
    def credential_reads(cls, target: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
        """Return that a sign-in takes a key: of the agent, or of ``~/.ssh``."""
        if not places.client(target):
            return ()
        return (("file:~/.ssh, ssh-agent", "sign in over SSH with a key", ""),)

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> Iterable[Problem]:
        """Return what is wrong with how the target's machines are named."""
        return list(places.problems(target))

    @call("exec:sh", actions=["run sh, which reads what is named below"], per="partition")
    def batch(self) -> Batch:
        """Return everything that the run's calls will read here, brought over one login.

        Not for a file tree: that is read where it lies.
        """
        if not self.live:
            raise NotLive("sh")
        asked = script.made(self._sections(), self._lists())
        answer = ways.of(self.target, self.partition).ask(asked.text)
        self.count("batches")
        return Batch(answer.sent, asked.mark, answer.failure)

    @call("file:/etc/hostname", actions=["read the machine's name"], per="partition")
    def machine_name(self) -> str:
        """Return the name from the target, from the running kernel, or from the file tree."""
        named = self.partition.values.get("name") or self.target.get("name")
        if named:
            return str(named)
        if not self.live:
            return self.tree.text("/etc/hostname").strip()
        name = self.run("uname", "-n").out.strip()
        if not name:
            raise ObservationFailed(Reason.NO_DATA, "the machine does not say its name; set name")
        return name

    @property
    def tree(self) -> Files:
        """Return the machine's files: a tree's own, or those that the collector brought."""
        if self.live:
            return self._batch
        return Tree(str(self.target["root"]).rstrip("/"))

    @property
    def live(self) -> bool:
        """Tell whether the target is a running machine."""
        return not str(self.target.get("root", "/")).rstrip("/")

    @property
    def _batch(self) -> Batch:
        found: Batch = self.read("batch")
        return found

    def _sections(self) -> set[str]:
        """Return the sections of every host call that the run makes in this partition."""
        wanted: set[str] = set()
        for cls, name in self.planned():
            if issubclass(cls, HostChecker):
                wanted.update(cls.sections_of(name))
        return wanted

    def _lists(self) -> dict[str, list[script.Words]]:
        """Return the lists that those sections go through."""
        found: dict[str, list[script.Words]] = {}
        for cls in {cls for cls, _ in self.planned()}:
            if issubclass(cls, HostChecker):
                found |= cls.script_lists(self.target)
        return found

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[script.Words]]:
        """Return what ``each LIST`` goes through in the sections of this checker, by list.

        Each round adds one or more words to a function's. The target's own lists of paths are
        there under their names; the names of lists of patterns end in ``_patterns``.
        """
        return script.lists_of(target)

    @classmethod
    def sections_of(cls, name: str) -> Sequence[str]:
        """Return the sections that bring the answers of a call, by its name."""
        for base in cls.__mro__:
            found: Mapping[str, Sequence[str]] = vars(base).get("sections", {})
            if name in found:
                return found[name]
        return ()

    def own_id(self, what: str) -> str:
        """Return the id of something of this machine: ``host:<name>:<what>``."""
        return f"host:{self.read('machine_name')}:{what}"

    def run(self, name: str, *arguments: str) -> commands.Ran:
        """Return what a reporting command of the running machine answered.

        A section must ask for it in the same words. Raises :class:`NotLive` for a file tree, and
        what :meth:`~troth.checkers.host.batch.Batch.run` raises.
        """
        if not self.live:
            raise NotLive(name)
        return self._batch.run(name, *arguments)

    def first_line(self, name: str, *arguments: str) -> commands.Ran:
        """Return the first line that a command printed; for those that would print everything."""
        if not self.live:
            raise NotLive(name)
        return self._batch.first_line_of_run(name, *arguments)

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
        if isinstance(error, ValueError | OverflowError):
            words = f"what {declared.operation} gave cannot be read"
            return Failure(Reason.MALFORMED_RESPONSE, words)
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
