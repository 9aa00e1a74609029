"""What the collector brought from a machine, behind the interface of its files and commands.

What was not asked for cannot be answered: that is a bug of the sections, not a missing file. What
was asked for and did not come whole is ``malformed-response``, or why the answer broke off.
"""

from __future__ import annotations

import errno
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.host import commands, dumps
from troth.checkers.host.brought import Ask, Brought, Held
from troth.checkers.host.files import LIMIT, WALKED, first_line
from troth.checkers.host.status import Status
from troth.errors import CheckerBug

#: Exit statuses of a command that was killed: by its time limit.
_LATE = {124, 137}


class Batch:
    """A parsed answer; see :class:`~troth.checkers.host.files.Files` for what the methods do."""

    def __init__(self, sent: bytes, mark: bytes, broken: Failure | None = None) -> None:
        """Parse what a machine sent; ``broken`` says why the connection ended early, if it did.

        Raises :class:`~troth.checker.ObservationFailed` where the collector did not even begin.
        """
        self._brought = Brought(sent, mark)
        words = "the collector's answer was cut off; look again"
        self._broken = broken or Failure(Reason.MALFORMED_RESPONSE, words)
        if not self._brought.begun:
            words = "the machine's shell did not run the collector; try `sh -s` there by hand"
            raised = broken or Failure(Reason.MALFORMED_RESPONSE, words)
            raise ObservationFailed(raised.reason, raised.message, raised.permission)

    @property
    def whole(self) -> bool:
        """Tell whether the answer came to its end."""
        return self._brought.whole

    def run(self, name: str, *arguments: str) -> commands.Ran:
        """Return what a command answered.

        Raises :class:`~troth.checkers.host.commands.NotInstalled` and
        :class:`subprocess.TimeoutExpired`.
        """
        return self._ran("run", name, *arguments)

    def first_line_of_run(self, name: str, *arguments: str) -> commands.Ran:
        """Return the first line that a command printed; raises as :meth:`run` does."""
        return self._ran("run_first", name, *arguments)

    def _ran(self, verb: str, *words: str) -> commands.Ran:
        found = self._brought.ran.get((verb, *words))
        if found is None:
            raise self._not_brought(" ".join(words))
        if not found.installed:
            raise commands.NotInstalled(words[0])
        if found.status in _LATE:
            raise subprocess.TimeoutExpired(list(words), commands.PATIENCE)
        return commands.Ran(found.status, commands.words(found.out), commands.words(found.err))

    def stat(self, path: str) -> Status:
        """Return the status of what a path leads to, links followed."""
        status = self._held(path).status
        if status is None:
            raise self._not_brought(f"the status of {path}")
        if not stat.S_ISLNK(status.st_mode):
            return status
        # Where a link leads to is told beside it, unless it leads nowhere or may not be followed.
        closed = any(path in ask.closed for ask in self._brought.asks)
        raise OSError(errno.EACCES if closed else errno.ENOENT, path)

    def exists(self, path: str) -> bool:
        """Tell whether something is there."""
        try:
            status = self._held(path).status
            if status is not None and stat.S_ISLNK(status.st_mode):
                self.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted."""
        for ask in self._brought.asks:
            if folder in ask.rows:
                self._usable(ask, folder)
                return sorted(
                    path.rpartition("/")[2]
                    for path in ask.rows[folder]
                    if path.rpartition("/")[0] == folder
                )
            if ask.pattern == f"{folder}/*":
                found = self._matching(ask)
                if not found:
                    self._check_there(folder)
                return sorted(path.rpartition("/")[2] for path in found)
        self._check_there(folder)
        raise self._not_brought(f"what lies in {folder}")

    def _check_there(self, folder: str) -> None:
        """Raise what is known to be wrong with a folder."""
        held = self._brought.held.get(folder)
        if held is not None and (held.error or held.unread):
            raise OSError(held.error or errno.EACCES, folder)

    def read(self, path: str, length: int, offset: int = 0) -> bytes:
        """Return bytes of a regular file, as far as they were brought."""
        held = self._regular(path)
        if held.text is not None:
            at = offset if offset >= 0 else max(0, len(held.text) + offset)
            return held.text[at : at + length]
        if offset == 0 and held.head is not None and length <= held.head_size:
            return held.head[:length]
        if offset < 0 and held.tail is not None and -offset <= held.tail_size:
            return held.tail[offset:][:length]
        raise self._not_brought(f"the bytes of {path}")

    def text(self, path: str) -> str:
        """Return a configuration file as text, wrong UTF-8 replaced."""
        held = self._regular(path)
        if held.text is None:
            raise self._not_brought(f"the text of {path}")
        if len(held.text) > LIMIT:
            raise ObservationFailed(Reason.NOT_SUPPORTED, f"{path} is longer than {LIMIT} bytes")
        return held.text.decode("utf-8", "replace")

    def texts(self, folder: str, suffix: str = "") -> dict[str, str]:
        """Return the text of every file in a folder by name."""
        asks = [
            a for a in self._brought.asks if a.pattern in (f"{folder}/*{suffix}", f"{folder}/*")
        ]
        asks = [ask for ask in asks if ask.verb in ("text", "accounts", "keys", "plain")]
        if not asks:
            raise self._not_brought(f"the files in {folder}")
        paths = [path for path in self._matching(asks[0]) if path.endswith(suffix)]
        held = {path: self._brought.held[path] for path in paths}
        files = [
            path for path in paths if not held[path].other and held[path].error != errno.ENOENT
        ]
        return {path.rpartition("/")[2]: self.text(path) for path in files}

    def first_line(self, path: str) -> str:
        """Return the first line that is not blank."""
        held = self._regular(path)
        if held.first is None:
            raise self._not_brought(f"the first line of {path}")
        return first_line(held.first)

    def glob(self, pattern: str) -> list[str]:
        """Return every path that matches an absolute pattern, sorted."""
        for ask in self._brought.asks:
            if ask.pattern == pattern:
                return sorted(path for path in self._matching(ask) if self.exists(path))
        raise self._not_brought(f"what matches {pattern}")

    def walk(self, path: str, depth: int) -> Iterator[tuple[str, Status]]:
        """Yield what lies below a folder, links not followed."""
        path = path.rstrip("/")
        for ask in self._brought.asks:
            if ask.depth >= depth and path in ask.rows:
                break
        else:
            self._check_there(path)
            raise self._not_brought(f"what lies below {path}")
        rows = ask.rows[path]
        base = path.count("/")
        for found in sorted(rows):
            if found.count("/") - base <= depth:
                closed = found in ask.closed
                yield found, replace(rows[found], unread=True) if closed else rows[found]
        if path in ask.cut:
            words = f"not everything below {path} is known: over {WALKED} files, or a strange name"
            raise ObservationFailed(Reason.LISTING_INCOMPLETE, words)

    def packed(self, path: str) -> dumps.Packed:
        """Return what a packed file says of its end."""
        held = self._regular(path)
        said = {b"yes": True, b"no": False}.get(held.whole or b"")
        if held.whole is None:
            raise self._not_brought(f"the end of {path}")
        return dumps.Packed(said, held.inner_head, held.inner_tail)

    def _regular(self, path: str) -> Held:
        held = self._held(path)
        status = held.status
        if held.unread:
            raise PermissionError(errno.EACCES, path)
        if held.other or (status and not stat.S_ISREG(status.st_mode) and not held.is_read):
            raise ObservationFailed(Reason.NOT_SUPPORTED, f"{path} is no regular file")
        return held

    def _held(self, path: str) -> Held:
        """Return what is known of a path; raises what the operating system would."""
        held = self._brought.held.get(path)
        if held is None:
            raise self._missing(path)
        if held.error:
            raise OSError(held.error, path)
        if held.failed:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, f"{path} could not be read whole")
        return held

    def _missing(self, path: str) -> Exception:
        """Return why nothing is known of a path: it is not there, or nobody asked."""
        if not path.startswith("/"):
            return FileNotFoundError(errno.ENOENT, path)
        above = path
        while above := above.rpartition("/")[0]:
            held = self._brought.held.get(above)
            if held is not None and held.error:
                return OSError(held.error, path)
        for ask in self._brought.asks:
            if ask.covers(path):
                closed = [one for one in (*ask.denied, *ask.closed) if path.startswith(f"{one}/")]
                if closed:
                    return PermissionError(errno.EACCES, closed[0])
                if not ask.more and not ask.odd:
                    return FileNotFoundError(errno.ENOENT, path)
        return self._not_brought(path)

    def _matching(self, ask: Ask) -> list[str]:
        self._usable(ask, ask.pattern)
        return ask.paths

    def _usable(self, ask: Ask, what: str) -> None:
        if ask.denied:
            raise PermissionError(errno.EACCES, ask.denied[0])
        if ask.more:
            raise ObservationFailed(Reason.NOT_SUPPORTED, f"{what} matches too many files")
        if ask.odd or what in ask.cut:
            words = f"{what}: not every name there can be read"
            raise ObservationFailed(Reason.LISTING_INCOMPLETE, words)

    def _not_brought(self, what: str) -> Exception:
        if not self.whole:
            why = self._broken
            return ObservationFailed(why.reason, f"{why.message} ({what})", why.permission)
        return CheckerBug(f"no section brings {what}")
