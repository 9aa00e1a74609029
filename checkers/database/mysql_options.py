"""Option files of MySQL's and MariaDB's clients: the platform's own place for credentials.

Source: "Using Option Files" in the manuals of both. Later files and later lines win.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

#: Groups that the clients of both products read, and the files in which they look, in order.
GROUPS = ("client", "client-server", "client-mariadb", "mysql")
FILES = ("/etc/my.cnf", "/etc/mysql/my.cnf", "~/.my.cnf")
_DEEPEST = 4


def read(target: Mapping[str, Any]) -> dict[str, str]:
    """Return the options of the target's ``option_file``, or of the usual files.

    Raises FileNotFoundError where the named file is not there.
    """
    named = target.get("option_file")
    if not named:
        return options(path for path in map(_home, FILES) if path.is_file())
    path = Path(target.get("base_dir", ".")) / _home(str(named))
    return options([path])


def options(paths: Iterable[Path]) -> dict[str, str]:
    """Return the options of these files, names with hyphens; included files in their place."""
    found: dict[str, str] = {}
    for path in paths:
        found |= _file(path, 0)
    return found


def _file(path: Path, depth: int) -> dict[str, str]:
    found: dict[str, str] = {}
    ours = False
    for line in path.read_text("utf-8", "replace").splitlines():
        line = line.strip()
        if line.startswith("!include"):
            found |= _included(line, depth)
        elif line.startswith("["):
            ours = line[1:].partition("]")[0].strip().lower() in GROUPS
        elif ours and line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            found[name.strip().replace("_", "-")] = _value(value)
    return found


def _included(line: str, depth: int) -> dict[str, str]:
    found: dict[str, str] = {}
    word, _, rest = line.partition(" ")
    where = Path(rest.strip())
    paths = sorted(where.glob("*.cnf")) if word == "!includedir" else [where]
    for path in paths if depth < _DEEPEST else ():
        if path.is_file() and os.access(path, os.R_OK):
            found |= _file(path, depth + 1)
    return found


def _value(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text.partition(" #")[0].strip()


def _home(path: str) -> Path:
    return Path(path).expanduser()
