"""Going on where an earlier run was cut short: which one, and what of it is taken over.

Only the newest run that asks the same counts: same plan, same inputs byte for byte, same version
of troth, same pseudonyms. Its finished shards are taken over whole, by hard link, before anything
is looked at, all of them or none; so whoever was cut short again has them all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from troth import lock, record
from troth.collect import shards
from troth.collect.inputs import Asked
from troth.errors import IntegrityError
from troth.events import WARNING, tell

#: How far a clock may be set back or forth between two runs without anybody minding.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Search:
    """Where to look for a run to go on with, and how long ago it may have begun at most."""

    runs: Path
    within: timedelta
    said: str


@dataclass(frozen=True)
class Earlier:
    """A run that was cut short: its finished shards by the key of their unit.

    ``since`` is when the oldest of what they hold may be from.
    """

    folder: Path
    since: datetime
    shards: Mapping[str, Path]

    def as_json(self) -> dict[str, Any]:
        """Return what a run that goes on with this one says of it."""
        since = self.since.isoformat(timespec="milliseconds")
        return {"run": self.folder.name, "units": len(self.shards), "since": since}


class Found(NamedTuple):
    """What a search found: a run, or why there is none; and folders that hold nothing more.

    ``spent`` may be removed as soon as the new run is on the disk.
    """

    earlier: Earlier | None
    why: str
    spent: tuple[Path, ...] = ()


class _Candidate(NamedTuple):
    """A run folder, by its envelope, or by its mark if it has not ended."""

    folder: Path
    ended: bool
    body: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        return self.ended and self.body["state"] == "complete"

    @property
    def since(self) -> datetime:
        """Return when the oldest observation may be from."""
        resumed = self.body.get("resumed") or {}
        return datetime.fromisoformat(resumed.get("since", self.body["started_at"]))

    @property
    def version(self) -> str:
        return str(self.body["versions"]["troth"] if self.ended else self.body["troth"])


def find(search: Search, asked: Asked, now: datetime) -> Found:
    """Return the newest run below a folder that was cut short and asks the same."""
    why, spent = "", []
    for path in _newest_first(search.runs):
        one = _read(path)
        if one is None or (not one.ended and _is_empty(one.folder)):
            spent += [] if one is None else [one.folder]
            continue
        if path.stat().st_mtime < (now - search.within).timestamp():
            why = why or _too_old(one, search)
            break
        other = _difference(one, asked)
        if one.complete and not other:
            return Found(None, f"{one.folder.name}, which asks the same, is complete",
                         (*spent, *_before(one)))  # fmt: skip
        if one.complete:
            continue
        reason = other or _unusable(one, search, now)
        done = {} if reason else _finished(one, asked, now)
        if done:
            return Found(Earlier(one.folder, one.since, done), "", (*spent, *_before(one)))
        why = why or f"{one.folder.name} {reason or 'had finished nothing'}"
    return Found(None, why or f"nothing below {search.runs} was cut short", tuple(spent))


def _newest_first(runs: Path) -> list[Path]:
    """Return what tells of each run, last written first: under the lock no two overlap."""
    found = []
    for folder in runs.glob("*"):
        paths = (folder / record.ENVELOPE, folder / record.MARK)
        try:
            path = next((path for path in paths if path.is_file()), None)
            if path and not folder.is_symlink():
                found.append((path.stat().st_mtime_ns, path))
        except OSError as error:
            tell("folder not read", WARNING, said=unread(folder, error),
                 run=folder.name, reason=error.strerror)  # fmt: skip
    return [path for _, path in sorted(found, reverse=True)]


def unread(folder: Path, error: OSError) -> str:
    """Return what to say of a folder of runs that cannot be read and is passed by."""
    why = f"{folder} cannot be read: {error.strerror}"
    return f"{why}; it is passed by; give it to the user who runs troth, or remove it"


def _read(path: Path) -> _Candidate | None:
    """Return the run that a file tells of, None if it does not tell."""
    ended = path.name == record.ENVELOPE
    try:
        body = record.get_envelope(path.parent) if ended else record.get_json(path)
        one = _Candidate(path.parent, ended, body)
        return one if one.since.tzinfo and one.version else None
    except (IntegrityError, LookupError, TypeError, ValueError, AttributeError):
        return None


def _lives(one: _Candidate) -> bool:
    """Tell whether a run is still going on, in another process or on another machine."""
    return not one.ended and lock.is_held(one.folder / record.MARK)


def _is_empty(folder: Path) -> bool:
    """Tell whether nothing was saved in a folder."""
    return not any((folder / record.OBSERVATIONS).glob("*.jsonl"))


def _too_old(one: _Candidate, search: Search) -> str:
    if one.complete:
        return ""
    return f"{one.folder.name} began more than {search.said} ago (--resume-within)"


def _difference(one: _Candidate, asked: Asked) -> str:
    """Return what another run asked otherwise, nothing if it asked the same."""
    if one.version != asked.version:
        return f"was made by troth {one.version}"
    if one.body.get("by") != asked.by:
        return "was made on another machine, by another user, or acting as somebody else"
    if one.body.get("pseudonyms") != asked.pseudonyms:
        return "has other pseudonyms"
    wanted = asked.digests()
    try:
        files = one.body["files"] if one.ended else record.manifest(one.folder)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    had = {name: digest for name, digest in files.items() if _is_asked(name)}
    names = sorted({*wanted, *had})
    return next(
        (f"asked something else ({name})" for name in names if wanted.get(name) != had.get(name)),
        "",
    )


def _is_asked(name: str) -> bool:
    return name == record.PLAN or name.startswith(f"{record.INPUTS}/")


def _unusable(one: _Candidate, search: Search, now: datetime) -> str:
    """Return why nothing can be taken over from a run that asks the same."""
    if _lives(one):
        return "is still going on"
    if one.since > now + SKEW:
        return f"began in the future, at {one.since.isoformat()}; correct the clock"
    if now - one.since > search.within:
        return f"began more than {search.said} ago (--resume-within)"
    try:
        if one.ended and record.verify(one.folder, one.body["files"]):
            return "was changed since; troth replay says where"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return ""


def _finished(one: _Candidate, asked: Asked, now: datetime) -> dict[str, Path]:
    """Return the shards of a run that need not be made again, by the key of their unit."""
    here, first, last = one.folder / record.OBSERVATIONS, one.since - SKEW, now + SKEW
    paths = {unit.key: (here / shards.shard_name(unit), unit) for unit in asked.plan.units}
    return {
        key: path
        for key, (path, unit) in paths.items()
        if shards.is_finished(path, unit, first, last)
    }


def _before(one: _Candidate) -> Iterator[Path]:
    """Yield the folders without an end whose shards this run has, its own first."""
    seen: set[Path] = set()
    at: _Candidate | None = one
    while at and at.folder not in seen:
        seen.add(at.folder)
        if not at.ended:
            yield at.folder
        name = str((at.body.get("resumed") or {}).get("run", ""))
        path = at.folder.parent / name / record.MARK
        at = _read(path) if name == Path(name).name and _is_lone(path) else None


def _is_lone(mark: Path) -> bool:
    """Tell whether there is a mark, and no envelope beside it."""
    try:
        return mark.is_file() and not (mark.parent / record.ENVELOPE).exists()
    except OSError:
        return False


def take(earlier: Earlier, folder: Path) -> None:
    """Give a new run's folder the finished shards, all or none; raises ``NotSaved``."""
    observations = folder / record.OBSERVATIONS
    staged = observations.with_name(observations.name + record.UNFINISHED)
    with record.saving(staged):
        staged.mkdir(mode=0o700)
        for path in earlier.shards.values():
            _link(path, staged / path.name)
    record.settle(staged)
    with record.saving(observations):
        staged.replace(observations)
    record.settle(folder)


def _link(path: Path, to: Path) -> None:
    """Link a shard, or copy it where the file system has no links or has used them up."""
    try:
        os.link(path, to)
    except OSError:
        record.put(to, path.read_bytes())


def forget(spent: tuple[Path, ...]) -> None:
    """Remove folders that hold nothing more than another run has on the disk, none that lives."""
    for folder in spent:
        if lock.is_held(folder / record.MARK):
            continue
        try:
            shutil.rmtree(folder)
            tell("unfinished run removed", run=folder.name)
        except OSError as error:
            tell("unfinished run not removed", WARNING, run=folder.name, reason=error.strerror)
