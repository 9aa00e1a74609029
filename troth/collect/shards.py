"""Shards: one JSON Lines file per unit, the listing first, then a line per resource by id.

A shard is written under a temporary name and then linked to its own: the first complete attempt
wins, and a reader never sees half a file.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from troth import canonical, record
from troth.collect.observe import Seen
from troth.errors import IntegrityError
from troth.judge.subjects import Unit as Looked
from troth.model import Failure, Listing
from troth.plan import Unit

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def shard_name(unit: Unit) -> str:
    """Return the file name of a unit's shard; readable, unique and safe on any file system."""
    safe = _UNSAFE.sub("-", unit.key)
    # With a dot in either, where the checker's name starts and ends cannot be told.
    if safe == unit.key and "." not in unit.target + unit.partition.name:
        return f"{safe}.jsonl"
    whole = canonical.digest([unit.target, unit.checker, unit.partition.name])
    return f"{safe}-{whole.removeprefix('sha256:')[:8]}.jsonl"


def write(folder: Path, unit: Unit, seen: Seen) -> Path:
    """Write a unit's shard unless one is there already; return its path."""
    path = folder / shard_name(unit)
    # The thread too: who writes down that a unit is late must not share the unit's own file.
    temporary = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}{record.UNFINISHED}")
    with temporary.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(canonical.dumps(_head(unit, seen.listing)) + b"\n")
        for line in seen.lines:
            file.write(canonical.dumps(line) + b"\n")
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
    return path


def _head(unit: Unit, listing: Listing) -> dict[str, Any]:
    return {
        "schema": 1,
        "target": unit.target,
        "checker": unit.checker,
        "partition": unit.partition.name,
        "kind": unit.kind,
        "listing": {
            "count": listing.count,
            "complete": listing.complete,
            "content_at": listing.content_at,
            **({"failure": listing.failure.as_json()} if listing.failure else {}),
        },
    }


def read(path: Path) -> tuple[Looked, Iterator[Mapping[str, Any]]]:
    """Return a shard's unit and an iterator over its resource lines.

    Raises :class:`~troth.errors.IntegrityError` when the file is not a shard.
    """
    lines = _lines(path)
    try:
        head = next(lines)
        listing = head["listing"]
        failure = Failure.from_json(listing["failure"]) if "failure" in listing else None
        unit = Looked(
            head["target"],
            head["checker"],
            head["partition"],
            head["kind"],
            Listing(listing["count"], failure, listing["content_at"]),
        )
    except (StopIteration, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path.name} is not a shard: {error!r}; take the run again"
        ) from error
    return unit, lines


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield canonical.parse(line)
            except ValueError as error:
                text = f"{path.name}:{number} cannot be read: {error}; take the run again"
                raise IntegrityError(text) from error
