"""Find what is installed beside troth: checkers, and folders of kinds, controls and policies.

Everything enters by entry points, our own checkers too: group ``troth.checkers`` names a
:class:`~troth.checker.Checker` class; ``troth.kinds``, ``troth.controls`` and ``troth.policies``
name a package whose folder holds YAML files.

importlib.metadata is imported only where an entry point is wanted: with what it needs (mail,
archives, sockets) it takes as long as reading twenty policies.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from troth.errors import CheckerBug

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from troth.checker import Checker

CHECKERS = "troth.checkers"
CONTENT = ("kinds", "controls", "policies")
_NAMED = re.compile(rb"troth\.(%s)" % "|".join(CONTENT).encode())


class Plugin(NamedTuple):
    """An installed checker that has not been imported yet: its id and where it comes from."""

    id: str
    entry: EntryPoint

    @property
    def package(self) -> str:
        """Return the name and version of the package that brings it."""
        dist = self.entry.dist
        return f"{dist.name} {dist.version}" if dist else "unknown package"


@cache
def plugins() -> tuple[Plugin, ...]:
    """Return every installed checker, sorted by id; two of one id are a bug that names both."""
    from importlib.metadata import entry_points

    found: dict[str, Plugin] = {}
    for entry in sorted(entry_points(group=CHECKERS), key=lambda entry: entry.name):
        made = Plugin(entry.name, entry)
        known = found.setdefault(entry.name, made)
        if known.entry.value != entry.value:
            raise CheckerBug(
                f"checker {entry.name} comes from {known.package} and from {made.package}; "
                "uninstall one of them"
            )
    return tuple(found.values())


@cache
def load(plugin: Plugin) -> type[Checker]:
    """Import a checker's class; raises :class:`~troth.errors.CheckerBug` naming its package."""
    from troth.checker import Checker, check_declaration  # whoever wants folders needs no checker

    try:
        cls = plugin.entry.load()
    except ImportError as error:
        raise CheckerBug(
            f"checker {plugin.id} of {plugin.package} does not import: {error}"
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, Checker)) or cls.id != plugin.id:
        raise CheckerBug(f"checker {plugin.id} of {plugin.package} is not a Checker of that id")
    check_declaration(cls)
    return cls


def checkers() -> dict[str, type[Checker]]:
    """Return every installed checker's class by id."""
    return {plugin.id: load(plugin) for plugin in plugins()}


def content_folders() -> dict[str, list[Path]]:
    """Return the folders of ``kinds``, ``controls`` and ``policies`` that other packages bring."""
    if not _may_bring_content():
        return {what: [] for what in CONTENT}
    from importlib.metadata import entry_points

    installed = entry_points()
    return {what: list(_folders(installed.select(group=f"troth.{what}"))) for what in CONTENT}


def _folders(entries: Iterable[EntryPoint]) -> Iterator[Path]:
    for entry in sorted(entries, key=lambda entry: entry.name):
        from importlib.resources import files  # many have no such package, and pay nothing

        yield Path(str(files(entry.value)))


def _may_bring_content() -> bool:
    """Tell whether a package that is installed may bring folders; False only when none does.

    Looks where importlib.metadata would, but only for the names of our groups. What is not a
    plain folder of packages (an archive, an egg, a finder of one's own) counts as one that may.
    """
    if any(hasattr(f, "find_distributions") and f is not PathFinder for f in sys.meta_path):
        return True
    return any(_may_bring(folder) for folder in dict.fromkeys(sys.path))


def _may_bring(folder: str) -> bool:
    """Tell the same of one folder of ``sys.path``."""
    try:
        names = os.listdir(folder or ".")
    except FileNotFoundError:
        return False
    except OSError:  # a file, perhaps an archive
        return True
    if folder.lower().endswith(".egg"):
        return True
    return any(
        _names_content(os.path.join(folder, name, "entry_points.txt"))
        for name in names
        if name.lower().endswith((".dist-info", ".egg-info"))
    )


def _names_content(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as file:
            return bool(_NAMED.search(file.read()))
    except (FileNotFoundError, NotADirectoryError):  # it brings none; an egg-info may be a file
        return False
    except OSError:
        return True
