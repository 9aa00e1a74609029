"""Rows by what they name, so that a join reads a register once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from troth.measures.reading import Row, Rows


def grouped(read: Rows, path: str) -> Mapping[str, list[Row]]:
    """Return the rows that were read by the text at ``path``, without outer spaces."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in read.known:
        groups[str(row[path]).strip()].append(row)
    return groups
