"""The findings of a run, to be gone through as often as a format needs, all or one clause's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from troth import canonical
from troth.errors import IntegrityError

Row = Mapping[str, Any]
_Key = tuple[str, str]


class Findings(Protocol):
    """Finding rows (findings.jsonl), sorted by policy, clause and what else identifies one."""

    def __iter__(self) -> Iterator[Row]:
        """Return all rows, read again each time."""

    def __len__(self) -> int:
        """Return how many there are."""

    def of(self, policy: str, clause: str) -> Iterator[Row]:
        """Return the rows of one clause."""


def kept(rows: Sequence[Row]) -> Findings:
    """Return findings that are in memory already."""
    return _Kept(rows)


def stored(path: Path) -> Findings:
    """Return the findings in a run's file; reading raises :class:`IntegrityError`."""
    return _Stored(path)


class _Kept:
    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, policy: str, clause: str) -> Iterator[Row]:
        return iter(self._by_clause.get((policy, clause), ()))

    @cached_property
    def _by_clause(self) -> dict[_Key, list[Row]]:
        found: dict[_Key, list[Row]] = defaultdict(list)
        for row in self._rows:
            found[row["policy"], row["clause"]].append(row)
        return dict(found)


class _Stored:
    """Knows only where in the file each clause's findings begin and end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Row]:
        return (row for _, row in self._rows(0))

    def __len__(self) -> int:
        return sum(count for spans in self._spans.values() for _, count in spans)

    def of(self, policy: str, clause: str) -> Iterator[Row]:
        for start, count in self._spans.get((policy, clause), ()):
            for _, row in zip(range(count), self._rows(start), strict=False):
                yield row[1]

    @cached_property
    def _spans(self) -> dict[_Key, list[tuple[int, int]]]:
        """Return clause → (offset, number) of each stretch of neighbouring findings of it."""
        found: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
        last: _Key | None = None
        for offset, row in self._rows(0):
            key = row["policy"], row["clause"]
            if key == last:
                start, count = found[key].pop()
                found[key].append((start, count + 1))
            else:
                found[key].append((offset, 1))
            last = key
        return dict(found)

    def _rows(self, start: int) -> Iterator[tuple[int, Row]]:
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                offset = start
                for line in file:
                    yield offset, canonical.parse(line)
                    offset += len(line)
        except OSError as error:
            text = f"{self._path}: {error.strerror}; this is not a whole run folder"
            raise IntegrityError(text) from None
        except canonical.CanonicalError as error:
            text = f"{self._path}: {error}; the run was changed or cut off"
            raise IntegrityError(text) from None
