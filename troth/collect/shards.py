"""Shards: one JSON Lines file per unit, the listing first, then a line per resource by id.

A shard is written under a temporary name and then linked to its own: the first complete attempt
wins, and a reader never sees half a file. What is told to be saved is on the disk: a shard costs
one flush of its file and one of its folder.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from troth import canonical, record
from troth.collect.observe import Seen, is_sealed
from troth.errors import IntegrityError
from troth.events import INFO, WARNING, tell
from troth.judge.subjects import Unit as Looked
from troth.model import Failure, Listing, Reason
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


def write(folder: Path, unit: Unit, seen: Seen, seconds: float | None = None) -> Path:
    """Write a unit's shard unless one is there already; return its path.

    Once it is told to be saved it is on the disk. ``seconds`` is how long the unit took. Raises
    :class:`~troth.errors.NotSaved`.
    """
    path = folder / shard_name(unit)
    # The thread too: who writes down that a unit is late must not share the unit's own file.
    temporary = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}{record.UNFINISHED}")
    with record.saving(path):
        try:
            with temporary.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(canonical.dumps(_head(unit, seen.listing)) + b"\n")
                for line in seen.lines:
                    file.write(canonical.dumps(line) + b"\n")
                file.flush()
                record.flush(file.fileno())
            os.link(temporary, path)
        except FileExistsError:
            return path
        finally:
            record.discard(temporary)
    record.settle(folder)
    _tell(unit, seen, path, seconds)
    return path


def _tell(unit: Unit, seen: Seen, path: Path, seconds: float | None) -> None:
    """Tell what was saved; what lacks something because the run was stopped is not finished."""
    why = seen.listing.failure
    if why:
        tell("listing failed", WARNING, unit=unit.key, **why.as_json())
    event = "unit cut short" if was_cut_short(seen.listing, seen.lines) else "unit saved"
    fields: dict[str, Any] = {"unit": unit.key, "resources": len(seen.lines), "shard": path.name}
    if seconds is not None:
        fields["seconds"] = round(seconds, 3)
    tell(event, INFO, **fields)


def was_cut_short(listing: Listing, lines: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether anything of a unit is missing because the run was stopped before."""
    if listing.failure and listing.failure.reason is Reason.INTERRUPTED:
        return True
    return any(
        seen["failure"]["reason"] == Reason.INTERRUPTED
        for line in lines
        for seen in line["facets"].values()
        if "failure" in seen
    )


def finished(path: Path) -> Looked | None:
    """Return the unit of a file that is a whole shard and was not cut short, else None."""
    found = _whole(path)
    return found[0] if found else None


def is_finished(path: Path, unit: Unit, since: datetime, until: datetime) -> bool:
    """Tell whether a file is the whole shard of a unit that was not cut short.

    Every facet that was asked for has to be there, observed from ``since`` to ``until`` (aware).
    """
    found = _whole(path)
    if not found:
        return False
    looked, lines = found
    facets = {*unit.facets, *unit.unsupported}
    try:
        same = (looked.target, looked.checker, looked.partition, looked.kind) == (
            unit.target, unit.checker, unit.partition.name, unit.kind,
        )  # fmt: skip
        return same and all(
            line["facets"].keys() == facets and _is_between(line, since, until) for line in lines
        )
    except (LookupError, TypeError, ValueError):
        return False


def _is_between(line: Mapping[str, Any], since: datetime, until: datetime) -> bool:
    """Tell whether everything of a line was observed between two instants."""
    times = (datetime.fromisoformat(seen["observed_at"]) for seen in line["facets"].values())
    return all(since <= at <= until for at in times)


def _whole(path: Path) -> tuple[Looked, list[Mapping[str, Any]]] | None:
    """Return what a file holds if that is a whole shard as it was written, and not cut short.

    Its lines are as many as its head says, each resource has one, and what is observed has the
    digest that was written with it.
    """
    try:
        unit, rows = read(path)
        lines = list(rows)
        names = [line["id"] for line in lines]
        whole = len(lines) == unit.listing.count and names == sorted(set(names))
        whole = whole and all(
            is_sealed(name, seen) for line in lines for name, seen in line["facets"].items()
        )
        return (unit, lines) if whole and not was_cut_short(unit.listing, lines) else None
    except (OSError, IntegrityError, LookupError, TypeError, AttributeError, ValueError):
        return None


def finished_in(folder: Path) -> int:
    """Return how many units have a whole shard in a folder and were not cut short."""
    return sum(finished(path) is not None for path in folder.glob("*.jsonl"))


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
