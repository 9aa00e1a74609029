"""Find what is installed beside troth: checkers, and folders of kinds, controls and policies.

Everything enters by entry points, our own checkers too: group ``troth.checkers`` names a
:class:`~troth.checker.Checker` class; ``troth.kinds``, ``troth.controls`` and ``troth.policies``
name a package whose folder holds YAML files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from troth.errors import CheckerBug

if TYPE_CHECKING:
    from troth.checker import Checker

CHECKERS = "troth.checkers"
CONTENT = ("kinds", "controls", "policies")


@dataclass(frozen=True)
class Plugin:
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
    installed = entry_points()
    return {what: list(_folders(installed.select(group=f"troth.{what}"))) for what in CONTENT}


def _folders(entries: Iterable[EntryPoint]) -> Iterator[Path]:
    for entry in sorted(entries, key=lambda entry: entry.name):
        from importlib.resources import files  # many have no such package, and pay nothing

        yield Path(str(files(entry.value)))
