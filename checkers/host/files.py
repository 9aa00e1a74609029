"""Reading files of the machine that is looked at, which may be a tree below another root.

Below another root a symbolic link means what it would mean there, as after chroot(2): an absolute
link starts at that root again and ``..`` does not leave it. Only regular files are opened, and
never a FIFO or a device, which could block or act.
"""

from __future__ import annotations

import fnmatch
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from troth.checker import ObservationFailed, Reason
from troth.checkers.host import dumps
from troth.checkers.host.status import Status

#: Longest configuration file that is read, in bytes.
LIMIT = 4 * 1024 * 1024
#: Most files that one pattern may match.
MATCHES = 10_000
#: Most entries of one walk.
WALKED = 20_000
#: Bytes of a file among which its first line is looked for.
FIRST = 512
_LINKS = 40


class Files(Protocol):
    """The files of a machine: those of a tree, or those that its collector brought.

    Every method may raise PermissionError and FileNotFoundError, as the operating system does,
    and :class:`~troth.checker.ObservationFailed`.
    """

    def stat(self, path: str) -> Status:
        """Return the status of what a path leads to, links followed."""

    def exists(self, path: str) -> bool:
        """Tell whether something is there; raises PermissionError if that cannot be told."""

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted."""

    def read(self, path: str, length: int, offset: int = 0) -> bytes:
        """Return up to ``length`` bytes of a regular file; a negative offset counts from its end.

        Anything but a regular file is ``not-supported``.
        """

    def text(self, path: str) -> str:
        """Return a configuration file as text, wrong UTF-8 replaced.

        A file over :data:`LIMIT` is ``not-supported``: half of it would mislead.
        """

    def texts(self, folder: str, suffix: str = "") -> dict[str, str]:
        """Return the text of every file in a folder by name; empty if there is no such folder.

        Hidden files are left out.
        """

    def first_line(self, path: str) -> str:
        """Return the first line that is not blank among the first bytes (:data:`FIRST`).

        A file that ends in ``.gz`` is unpacked for it.
        """

    def glob(self, pattern: str) -> list[str]:
        """Return every path that matches an absolute pattern of ``*``, ``?`` and ``[…]``, sorted.

        Folders that cannot be read raise PermissionError; too many matches are ``not-supported``.
        """

    def walk(self, path: str, depth: int) -> Iterator[tuple[str, Status]]:
        """Yield what lies below a folder, ``depth`` levels deep at most, links not followed.

        Sorted by path; other file systems are not entered. Raises ``listing-incomplete`` after
        the last entry where more than :data:`WALKED` would follow, or a name has a line break.
        """

    def packed(self, path: str) -> dumps.Packed:
        """Return what a packed file (gzip, zstd) says of its end."""


def first_line(head: bytes) -> str:
    """Return the first line that is not blank, as text."""
    return head.lstrip().split(b"\n", 1)[0].decode("utf-8", "replace")


@dataclass(frozen=True)
class Tree:
    """The file system below ``root``; paths are those of the machine itself (``/etc/passwd``)."""

    root: str = "/"

    def real(self, path: str) -> str:
        """Return where ``path`` lies on this machine, with every link followed below the root."""
        if self.root == "/":
            return path
        done: list[str] = []
        todo = [part for part in reversed(path.split("/")) if part]
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                del done[-1:]
            elif part != ".":
                here = self._at([*done, part])
                if not os.path.islink(here):
                    done.append(part)
                    continue
                links += 1
                if links > _LINKS:
                    raise ObservationFailed(Reason.NOT_SUPPORTED, f"{path}: too many links")
                target = os.readlink(here)
                if target.startswith("/"):
                    done = []
                todo += [one for one in reversed(target.split("/")) if one]
        return self._at(done)

    def stat(self, path: str) -> Status:
        """Return the status of what a path leads to, links followed; raises OSError."""
        return Status.of(os.stat(self.real(path)))

    def exists(self, path: str) -> bool:
        """Tell whether something is there; raises PermissionError if that cannot be told."""
        try:
            self.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted; raises OSError."""
        return sorted(os.listdir(self.real(folder)))

    def read(self, path: str, length: int, offset: int = 0) -> bytes:
        """Return up to ``length`` bytes of a regular file; a negative offset counts from its end.

        Raises OSError, and ``not-supported`` for anything but a regular file.
        """
        descriptor = os.open(self.real(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise ObservationFailed(Reason.NOT_SUPPORTED, f"{path} is no regular file")
        with open(descriptor, "rb", buffering=0) as file:
            if offset:
                file.seek(offset if offset > 0 else max(0, status.st_size + offset))
            found = bytearray()
            while len(found) < length and (more := file.read(length - len(found))):
                found += more
            return bytes(found)

    def text(self, path: str) -> str:
        """Return a configuration file as text, wrong UTF-8 replaced; raises OSError.

        A file over :data:`LIMIT` is ``not-supported``: half of it would mislead.
        """
        found = self.read(path, LIMIT + 1)
        if len(found) > LIMIT:
            raise ObservationFailed(Reason.NOT_SUPPORTED, f"{path} is longer than {LIMIT} bytes")
        return found.decode("utf-8", "replace")

    def texts(self, folder: str, suffix: str = "") -> dict[str, str]:
        """Return the text of every file in a folder by name; hidden files are left out."""
        try:
            names = self.names(folder)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        shown = [name for name in names if name.endswith(suffix) and name[0] != "."]
        paths = {name: f"{folder}/{name}" for name in shown}
        return {name: self.text(path) for name, path in paths.items() if self._is_file(path)}

    def glob(self, pattern: str) -> list[str]:
        """Return every path that matches an absolute pattern of ``*``, ``?`` and ``[…]``, sorted.

        Folders that cannot be read raise PermissionError; too many matches are ``not-supported``.
        """
        found = []
        for path in self._expand("", [part for part in pattern.split("/") if part]):
            found.append(path)
            if len(found) > MATCHES:
                raise ObservationFailed(
                    Reason.NOT_SUPPORTED, f"{pattern} matches more than {MATCHES} files"
                )
        return sorted(found)

    def first_line(self, path: str) -> str:
        """Return the first line that is not blank, unpacked if the file ends in ``.gz``."""
        if not path.endswith(".gz"):
            return first_line(self.read(path, FIRST))
        try:
            unpacker = zlib.decompressobj(wbits=31)
            return first_line(unpacker.decompress(self.read(path, 65536), FIRST))
        except zlib.error:
            return ""

    def walk(self, path: str, depth: int) -> Iterator[tuple[str, Status]]:
        """Yield what lies below a folder of one file system, links not followed."""
        top = self.real(path)
        budget = [WALKED]
        yield from self._below(top, path.rstrip("/"), depth, os.stat(top).st_dev, budget)
        if budget[0] < 0:
            words = f"more than {WALKED} files lie below {path}"
            raise ObservationFailed(Reason.LISTING_INCOMPLETE, words)

    def _below(
        self, real: str, path: str, depth: int, device: int, budget: list[int]
    ) -> Iterator[tuple[str, Status]]:
        for name in sorted(os.listdir(real)):
            inner, shown = os.path.join(real, name), f"{path}/{name}"
            budget[0] -= 1
            if budget[0] < 0:
                return
            try:
                found = os.lstat(inner)
            except FileNotFoundError:  # it vanished since the folder was listed
                continue
            status = Status.of(found)
            enters = stat.S_ISDIR(found.st_mode) and found.st_dev == device and depth > 1
            if enters and not os.access(inner, os.R_OK | os.X_OK):
                enters, status = False, replace(status, unread=True)
            yield shown, status
            if enters:
                yield from self._below(inner, shown, depth - 1, device, budget)

    def packed(self, path: str) -> dumps.Packed:
        """Return what a packed file says of its end."""
        return dumps.packed(lambda size, at: self.read(path, size, at), self.stat(path).st_size)

    def _expand(self, folder: str, parts: list[str]) -> Iterator[str]:
        if not parts:
            if self.exists(folder):
                yield folder
            return
        part, rest = parts[0], parts[1:]
        if not any(sign in part for sign in "*?["):
            yield from self._expand(f"{folder}/{part}", rest)
            return
        for name in self._names_or_none(folder or "/"):
            if fnmatch.fnmatchcase(name, part) and (part[0] == "." or name[0] != "."):
                yield from self._expand(f"{folder}/{name}", rest)

    def _names_or_none(self, folder: str) -> list[str]:
        try:
            return self.names(folder)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _is_file(self, path: str) -> bool:
        try:
            return stat.S_ISREG(self.stat(path).st_mode)
        except FileNotFoundError:
            return False

    def _at(self, parts: list[str]) -> str:
        return os.path.join(self.root, *parts)
