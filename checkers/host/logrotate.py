"""How long logrotate keeps what it rotates; pure functions of its configuration.

Source: logrotate.conf(5). The calendar is taken at its shortest: a month is what is left of six
or twelve of them in the worst window without a 29 February.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SCRIPTS = {"prerotate", "postrotate", "firstaction", "lastaction", "preremove"}
_INTERVALS = {"hourly", "daily", "weekly", "monthly", "yearly"}
#: Days that stand for "never removed" in the kind log-store.
FOREVER = 36500


@dataclass(frozen=True)
class Rule:
    """What one block says of its files; ``interval`` is empty where only the size decides.

    Without an interval logrotate itself rotates by size, at 1 MiB.
    """

    patterns: tuple[str, ...] = ()
    interval: str = ""
    by_size: bool = True
    rotate: int = 0
    max_age: int | None = None
    old_folder: str = ""

    def retention(self) -> tuple[str, int]:
        """Return mode and guaranteed days as the kind log-store has them."""
        if self.rotate < 0:
            return ("forever", FOREVER) if self.max_age is None else ("days", self.max_age)
        if self.by_size:
            return "size-limited", 0
        days = shortest_days(self.interval, self.rotate)
        return "days", days if self.max_age is None else min(days, self.max_age)


@dataclass
class _Reader:
    files: Mapping[str, str]
    rules: list[Rule] = field(default_factory=list)


def rules(main: str, folders: Mapping[str, str]) -> list[Rule]:
    """Return every block's rule; ``folders`` maps ``/etc/logrotate.d/nginx`` to its text.

    Globals hold for the blocks that follow them, also in files that are included after them.
    """
    reader = _Reader(folders)
    _read(reader, main, Rule())
    return reader.rules


def shortest_days(interval: str, count: int) -> int:
    """Return the fewest days that ``count`` rotations span.

    Weekly 4 is 28; monthly 6 is 181, as from January; a year is 365.
    """
    if interval == "monthly":
        years, months = divmod(count, 12)
        window = min(sum((_MONTHS * 2)[start : start + months]) for start in range(12))
        return 365 * years + window
    if interval == "hourly":
        return count // 24
    return {"daily": 1, "weekly": 7, "yearly": 365}[interval] * count


def _read(reader: _Reader, text: str, start: Rule, depth: int = 0) -> Rule:
    scope, block, patterns = start, None, []
    for line in _lines(text):
        if block is not None:
            if line.startswith("}"):
                reader.rules.append(block)
                block, patterns = None, []
            else:
                block = _directive(block, line)
        elif line.endswith("{") or line == "{":
            patterns += _words(line[:-1])
            block = replace(scope, patterns=tuple(patterns))
        elif line.startswith(("/", '"', "'")):
            patterns += _words(line)
        elif line.split()[0] == "include" and depth < 5:
            wanted = line.split(None, 1)[1].strip().rstrip("/")
            for path, included in reader.files.items():
                if path == wanted or path.rsplit("/", 1)[0] == wanted:
                    scope = replace(_read(reader, included, scope, depth + 1), patterns=())
        else:
            scope = _directive(scope, line)
    return scope


def _directive(rule: Rule, line: str) -> Rule:
    name, _, value = re.sub(r"[\s=]+", " ", line, count=1).partition(" ")
    if name in _INTERVALS:
        return replace(rule, interval=name, by_size=False)
    if name == "size":
        return replace(rule, interval="", by_size=True)
    if name == "maxsize":
        return replace(rule, by_size=True)
    number = re.match(r"-?\d+", value.strip())
    if name == "rotate" and number:
        return replace(rule, rotate=int(number[0]))
    if name == "maxage" and number:
        return replace(rule, max_age=int(number[0]))
    return replace(rule, old_folder=value.strip()) if name == "olddir" else rule


def _lines(text: str) -> Iterator[str]:
    in_script = False
    for line in text.replace("\\\n", " ").splitlines():
        said = line.strip()
        if in_script:
            in_script = said != "endscript"
        elif said and not said.startswith("#"):
            in_script = said.split()[0] in _SCRIPTS
            if not in_script:
                yield said


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()
