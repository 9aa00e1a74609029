"""The script that is sent to a machine: the collector's functions, and the sections of this run.

Nothing of the machine's or the target's gets into it but values of options, and these only through
:func:`shlex.join`. It is one function that is called on the last line: a script that was cut off
on its way does nothing.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from troth.errors import CheckerBug

_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]*")

#: What one round of ``each`` adds to the function that it calls.
Words = tuple[str, ...]


@dataclass(frozen=True)
class Script:
    """A script for a shell's standard input, and the mark that its answer will carry."""

    text: bytes
    mark: bytes


def made(sections: Iterable[str], lists: Mapping[str, Iterable[Words]]) -> Script:
    """Return the script that brings the sections; ``lists`` are values that ``each`` gives them.

    Raises :class:`~troth.errors.CheckerBug` for a section that does not exist.
    """
    return assembled([_section(name) for name in sorted(set(sections))], lists)


def assembled(bodies: Iterable[str], lists: Mapping[str, Iterable[Words]]) -> Script:
    """Return the script of sections that are given as text."""
    mark = secrets.token_hex(16)
    values = "\n".join(_list(name, given) for name, given in sorted(lists.items()))
    asked = "\n".join(bodies)
    text = (
        f"mark={mark}\n{_read('collector.sh')}\n{values}\n"
        f"main() {{\n:\n{asked}\nt_say end\n}}\nt_send\n"
    )
    return Script(text.encode("utf-8", "surrogateescape"), mark.encode())


def lists_of(target: Mapping[str, Any]) -> dict[str, list[Words]]:
    """Return the lists of paths that a target gives: each of its options that is one."""
    found: dict[str, list[Words]] = {}
    for name, value in target.items():
        rows: list[Any] = value if isinstance(value, list) and _NAME.fullmatch(name) else [None]
        if all(isinstance(one, str) and one.startswith("/") for one in rows):
            found[name] = [(one,) for one in rows]
    return found


def _list(name: str, values: Iterable[Words]) -> str:
    if not _NAME.fullmatch(name):
        raise CheckerBug(f"'{name}' is no name of a list in a script")
    calls = "\n".join(f'    "$@" {shlex.join(words)}' for words in values)
    return f"t_list_{name}() {{\n    :\n{calls}\n}}"


@cache
def _section(name: str) -> str:
    if not _NAME.fullmatch(name) or not (_HERE / "sections" / f"{name}.sh").is_file():
        raise CheckerBug(f"there is no section '{name}' in checkers/host/sections")
    return _read(f"sections/{name}.sh")


@cache
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
