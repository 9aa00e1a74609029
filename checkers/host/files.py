"""Reading files of the machine that is looked at, which may be a tree below another root.

Below another root a symbolic link means what it would mean there, as after chroot(2): an absolute
link starts at that root again and ``..`` does not leave it. Only regular files are opened, and
never a FIFO or a device, which could block or act.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from troth.checker import ObservationFailed, Reason

#: Longest configuration file that is read, in bytes.
LIMIT = 4 * 1024 * 1024
#: Most files that one pattern may match.
MATCHES = 10_000
_LINKS = 40


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

    def stat(self, path: str) -> os.stat_result:
        """Return the status of what a path leads to, links followed; raises OSError."""
        return os.stat(self.real(path))

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
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ObservationFailed(Reason.NOT_SUPPORTED, f"{path} is no regular file")
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
        """Return the text of every file in a folder by name; empty if there is no such folder."""
        try:
            names = self.names(folder)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        paths = {name: f"{folder}/{name}" for name in names if name.endswith(suffix)}
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
