"""The demo's folder: made new, or taken over from an earlier demo; nothing else is written to."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from troth.errors import UsageError

#: The file that says that a folder belongs to the demo and may be emptied by the next one.
MARKER = ".troth-demo"


@dataclass(frozen=True)
class Folder:
    """A folder whose files only their owner can read."""

    path: Path

    def put(self, name: str, body: str | bytes, modified: datetime | None = None) -> Path:
        """Write a file (0600) with the folders above it (0700), and return its path.

        ``modified`` (aware) becomes the time of its last write.
        """
        path = self.path / name
        self.make(path.parent)
        data = body.encode() if isinstance(body, str) else body
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        if modified is not None:
            os.utime(path, (modified.timestamp(), modified.timestamp()))
        return path

    def make(self, path: Path) -> None:
        """Make a folder below this one with every missing folder above it, all 0700."""
        for each in (*reversed(path.parents), path):
            if each.is_relative_to(self.path):
                each.mkdir(mode=0o700, exist_ok=True)


def claim(path: Path) -> Folder:
    """Return a new or emptied folder at ``path``.

    Raises :class:`~troth.errors.UsageError` if something else than an earlier demo is there.
    """
    if path.is_symlink() or (path.exists() and not (path / MARKER).is_file()):
        raise UsageError(f"{path} is there and is no folder of an earlier demo; name another one")
    try:
        _empty(path)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        made = Folder(path.resolve())
        made.put(MARKER, "The next troth demo into this folder empties it first.\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be made: {error.strerror}; name another one") from None
    return made


def _empty(path: Path) -> None:
    """Remove what an earlier demo left, its marker last."""
    if not path.exists():
        return
    for each in sorted(path.iterdir(), key=lambda one: one.name == MARKER):
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()
