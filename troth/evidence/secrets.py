"""The last look before a bundle is signed: whether a file of it holds a credential.

What was seen passed :mod:`troth.collect.door`, but a bundle holds more: policies, waivers and
attestations as somebody wrote them, and what a later version of a report makes of it all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from troth import credentials
from troth.errors import IntegrityError

#: Bytes that are read at a time, and of these how many are looked at again with the next: what
#: tells a credential is shorter, and of a private key the first line is enough.
BLOCK = 1 << 20
OVERLAP = 1 << 16


class Found(NamedTuple):
    """A credential in a file: where, and what it is; never the credential."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        """Return ``path:line what``."""
        return f"{self.path}:{self.line} {self.what}"


def scan(folder: Path) -> list[Found]:
    """Return the credentials in the files of a folder, paths relative to it, in order.

    Every file is read, whatever its name, a block at a time. Raises
    :class:`~troth.errors.IntegrityError` for what is no plain file or cannot be read: it would be
    signed without having been looked at.
    """
    found = []
    for path in sorted(_files(folder)):
        try:
            with path.open("rb") as file:
                hits = list(_hits(file))
        except OSError as error:
            raise IntegrityError(f"{path} cannot be read: {error.strerror}; pack again") from None
        found += [Found(path.relative_to(folder), line, what) for line, what in hits]
    return found


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        for path in (Path(where, name) for name in (*names, *folders)):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise IntegrityError(f"{path} is not a file; take it out and pack again")
            if path.is_file():
                yield path


def _hits(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    """Yield the line and the kind of each credential in a file."""
    line, text, done, last = 1, "", 0, (0, "")
    while True:
        block = file.read(BLOCK)
        # Every byte is a character of this encoding; all that is looked for is ASCII.
        text += block.decode("latin-1")
        # What begins near the end comes again with the next block, and may go on there.
        sure = max(len(text) - OVERLAP, done) if block else len(text)
        for hit in credentials.find(text):
            at = line + text.count("\n", 0, hit.start), hit.what
            if done <= hit.start < sure and at != last:
                last = at
                yield at
        if not block:
            return
        past = max(sure - OVERLAP, 0)  # what stands before a credential tells that it is one
        line += text.count("\n", 0, past)
        text, done = text[past:], sure - past
