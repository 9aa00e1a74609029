"""What an answer of the collector holds, by path and by command; built once from its records."""

from __future__ import annotations

import errno
import fnmatch
import re
from dataclasses import dataclass, field

from troth.checkers.host import framing
from troth.checkers.host.framing import Record
from troth.checkers.host.status import Status

_ROW = re.compile(
    r"(@?)([0-9a-f]{1,8}) (\d{1,20}) (\d{1,20}) (\d{1,20}) (-?\d{1,20}) (/.*)", re.DOTALL
)


@dataclass(slots=True)
class Held:
    """What is known of one path; None or empty where it was not asked for.

    ``error`` is the operating system's number of why it could not be reached. ``unread`` says that
    it is there and may not be read; ``failed`` that reading it broke off; ``other`` that it is no
    regular file where one was asked for.
    """

    status: Status | None = None
    error: int = 0
    unread: bool = False
    failed: bool = False
    other: bool = False
    text: bytes | None = None
    head: bytes | None = None
    tail: bytes | None = None
    first: bytes | None = None
    whole: bytes | None = None
    inner_head: bytes = b""
    inner_tail: bytes = b""
    head_size: int = 0
    tail_size: int = 0

    @property
    def is_read(self) -> bool:
        """Tell whether any bytes of it were asked for and came."""
        return not (self.text is self.head is self.tail is self.first is None)


@dataclass(slots=True)
class Ask:
    """One pattern that was asked for, with what it led to.

    ``exact`` tells that it is a path, whatever signs are in it. ``rows`` holds the entries below
    each folder that was listed, ``cut`` the folders of which not all came, ``closed`` and
    ``denied`` those that could not be listed.
    """

    verb: str
    depth: int
    pattern: str
    exact: bool = False
    paths: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    more: bool = False
    odd: bool = False
    rows: dict[str, dict[str, Status]] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)

    def covers(self, path: str) -> bool:
        """Tell whether this ask would have told of a path that is there."""
        above = path.rpartition("/")[0]
        return (above in self.rows and above not in self.cut) or self.fits(path)

    def fits(self, path: str) -> bool:
        """Tell whether a path is what was asked for."""
        return path == self.pattern or (not self.exact and fits(path, self.pattern))


@dataclass(slots=True)
class RanThere:
    """What a command on the machine left behind."""

    installed: bool = True
    status: int = 0
    out: bytes = b""
    err: bytes = b""


def fits(path: str, pattern: str) -> bool:
    """Tell whether a path matches an absolute pattern part by part, hidden names by name only."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        fnmatch.fnmatchcase(part, want) and (part[:1] != "." or want[:1] == ".")
        for part, want in zip(parts, wanted, strict=True)
    )


class Brought:
    """The records of an answer in order, made into what is known."""

    def __init__(self, sent: bytes, mark: bytes) -> None:
        """Read every record that came whole."""
        body = framing.unpacked(sent, mark)
        self.begun = body is not None
        body = body or b""
        self.whole = framing.is_whole(body, mark)
        self.held: dict[str, Held] = {}
        self.asks: list[Ask] = []
        self.ran: dict[tuple[str, ...], RanThere] = {}
        self._ask: Ask | None = None
        self._size = 0
        self._command: tuple[str, ...] = ()
        self._running = RanThere()
        self._open: Record | None = None
        for record in framing.records(body, mark):
            self._take(record)
        if self.whole:
            self._close_ask()

    def _take(self, record: Record) -> None:
        if record.word in ("ask", "asked"):
            self._begin(record.rest, exact=record.word == "asked")
        elif record.word == ".":
            self._end(record.rest)
        elif record.word in ("out", "err"):
            setattr(self._running, record.word, record.body)
        elif record.word == "absent":
            self._running.installed = False
            self.ran[self._command] = self._running
            self._command = ()
        elif record.word in _FAULTS and self._ask is not None:
            self._fault(self._ask, record.word, record.rest)
        else:
            self._open = record

    def _begin(self, rest: str, *, exact: bool) -> None:
        self._close_ask()
        verb, _, rest = rest.partition(" ")
        if verb in ("run", "run_first"):
            self._command = (verb, *rest.removesuffix("\x1f").split("\x1f"))
            self._running = RanThere()
        else:
            size, _, pattern = rest.partition(" ")
            self._size = int(size) if size.isdigit() else 0
            depth = self._size if verb == "below" else 0
            self._ask = Ask(verb, depth, pattern, exact)

    def _close_ask(self) -> None:
        """Count an ask only now: another record says that it came to its end."""
        if self._ask is not None:
            self.asks.append(self._ask)
        self._ask = None

    def _fault(self, ask: Ask, word: str, path: str) -> None:
        if word in ("odd", "more"):
            setattr(ask, word, True)
            return
        held = self.held.setdefault(path, Held())
        if word == "other":
            held.other = True
            ask.paths.append(path)
            return
        held.error = held.error or _FAULTS[word]
        held.unread = held.unread or word == "unread"
        if ask.fits(path):
            ask.paths.append(path)
        elif word != "gone":
            ask.denied.append(path)

    def _end(self, said: str) -> None:
        record, self._open = self._open, None
        if record is None:
            if self._command:
                self._running.status = int(said) if said.isdigit() else 255
                self.ran[self._command] = self._running
                self._command = ()
            return
        if self._ask is None:
            return
        if record.word == "rows":
            self._rows(self._ask, "", record.body)
        elif record.word == "below":
            self._rows(self._ask, record.rest.partition(" ")[2], record.body)
        else:
            self._content(self._ask, record, failed=said != "0")

    def _content(self, ask: Ask, record: Record, *, failed: bool) -> None:
        path = record.rest
        held = self.held.setdefault(path, Held())
        if not ask.paths or ask.paths[-1] != path:
            ask.paths.append(path)
        if failed:
            held.failed = True
            return
        if record.word not in _CONTENTS:
            return
        setattr(held, record.word, record.body)
        if record.word in ("head", "tail"):
            setattr(held, f"{record.word}_size", self._size)

    def _rows(self, ask: Ask, folder: str, body: bytes) -> None:
        """Read rows of status; those of single paths have no folder."""
        lines = body.decode("utf-8", "surrogateescape").split("\n")
        found: dict[str, Status] = {}
        ended = not folder
        for line in lines:
            parts = _ROW.fullmatch(line)
            if parts:
                self._row(ask, folder, parts, found)
            elif line.startswith("?/"):
                ask.closed.add(line[1:])
            elif line.startswith("=") and folder:
                ended = True
            elif line:
                ended = False
                break
        if folder:
            ask.rows[folder] = found
            self.held.setdefault(folder, Held())
            if folder not in ask.paths:
                ask.paths.append(folder)
            if not ended or b"\n!\n" in b"\n" + body:
                ask.cut.add(folder)

    def _row(self, ask: Ask, folder: str, parts: re.Match[str], found: dict[str, Status]) -> None:
        link, mode, uid, gid, size, mtime, path = parts.groups()
        status = Status(int(mode, 16), int(uid), int(gid), int(size), int(mtime))
        held = self.held.setdefault(path, Held())
        if not folder:
            ask.paths.append(path)
        elif not link:
            found[path] = status
        # What a link leads to is told after the link itself.
        held.status = status


_FAULTS = {
    "gone": errno.ENOENT,
    "denied": errno.EACCES,
    "unread": 0,
    "other": 0,
    "odd": 0,
    "more": 0,
}
_CONTENTS = {"text", "head", "tail", "first", "whole", "inner_head", "inner_tail"}
