"""What is known by id before it is read: whoever binds two controls need not read them all.

Every id can be asked for, listed and suggested at once; an id is the name of its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

_Made = TypeVar("_Made")


class Shelf(Mapping[str, _Made]):
    """Values by id, sorted; those that were left as files are read when first asked for.

    Asking for one of those raises :class:`~troth.errors.InputError` if its file is wrong.
    """

    def __init__(self, reader: Callable[[Path], _Made]) -> None:
        """Keep what reads a file."""
        self._reader = reader
        self._made: dict[str, _Made] = {}
        self._left: dict[str, Path] = {}

    def put(self, name: str, made: _Made) -> None:
        """Have a value under its id, in the place of any other."""
        self._made[name] = made
        self._left.pop(name, None)

    def leave(self, path: Path) -> None:
        """Have a file under its name, unread."""
        self._left[path.stem] = path

    def __getitem__(self, name: str) -> _Made:
        """Return the value, read now if it was not before."""
        if name in self._left:
            self.put(name, self._reader(self._left[name]))
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is such an id, reading nothing."""
        return name in self._made or name in self._left

    def __iter__(self) -> Iterator[str]:
        """Return the ids in their order, reading nothing."""
        return iter(sorted({*self._made, *self._left}))

    def __len__(self) -> int:
        """Return how many ids there are."""
        return len(self._made) + len(self._left)
