"""Dockerfiles, as far as ours uses their syntax, and .dockerignore."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple


class Step(NamedTuple):
    """An instruction: the number of its stage (0 before any ``FROM``… 1, 2), word, argument."""

    stage: int
    word: str
    text: str


def steps(path: Path) -> list[Step]:
    """Return the instructions in order; comments are left out, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.M)
    found: list[Step] = []
    for line in re.sub(r"\\\n", "", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word:
            stage = found[-1].stage if found else 0
            found.append(Step(stage + (word == "FROM"), word, rest.strip()))
    return found


def let_in(root: Path, path: Path, ignore: list[str]) -> bool:
    """Return whether a file may go into the build: the last pattern that fits decides.

    As in Docker, a pattern fits a file when it fits the file or a folder that it lies in.
    """
    name = path.relative_to(root)
    names = [str(name), *(str(parent) for parent in name.parents if parent.name)]
    allowed = True
    for line in ignore:
        pattern = line.removeprefix("!").removeprefix("**/")
        tails = {part for one in names for part in (one, one.rpartition("/")[2])}
        if any(fnmatch(one, pattern) for one in (tails if "**/" in line else names)):
            allowed = line.startswith("!")
    return allowed
