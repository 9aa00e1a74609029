"""The run folder: where everything of a run lies, and how it is written and checked.

    RUN/run.json               the envelope: who, when, versions, counters, digests of the rest
    RUN/plan.json              every read that was planned
    RUN/inputs/                troth.yaml, policies, controls, kinds and waivers as they were read
    RUN/observations/*.jsonl   one shard per unit
    RUN/results.json           clause verdicts, canonical JSON
    RUN/findings.jsonl         one finding a line, sorted by what it is about
    RUN/unfinished.json        only until run.json is there: what is being done, and by whom

Everything but run.json depends on facts, files and the judged time alone. Folders are 0700, files
0600: a run tells an attacker what to look at.

Every file is flushed to the disk once, when it is written; :func:`settle` does it for their names.
What cannot be written is :class:`~troth.errors.NotSaved`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from troth import canonical
from troth.errors import FULL, InputError, IntegrityError, NotSaved, Place

ENVELOPE = "run.json"
PLAN = "plan.json"
RESULTS = "results.json"
FINDINGS = "findings.jsonl"
OBSERVATIONS = "observations"
INPUTS = "inputs"
#: Marks a folder whose run has not ended; no part of the run.
MARK = "unfinished.json"
#: How the name of a file ends that is still being written, and is no part of the run yet.
UNFINISHED = ".part"
#: What file systems say that flush by other means; there is nothing to do about it.
_NO_FLUSH = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EROFS})

Ready = Callable[[Path], object]


def require_new(folder: Path) -> None:
    """Raise :class:`~troth.errors.InputError` if there is something in a run folder's place."""
    if os.path.lexists(folder):
        raise _cannot_make(folder, os.strerror(errno.EEXIST))


def _cannot_make(folder: Path, why: str | None) -> InputError:
    text = f"cannot be made: {why}; choose another folder with --run"
    return InputError.at(Place(str(folder)), text)


def create(folder: Path) -> Path:
    """Make a new run folder with its parts; raises :class:`~troth.errors.InputError`."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        for part in (OBSERVATIONS, INPUTS):
            (folder / part).mkdir(mode=0o700)
    except OSError as error:
        if error.errno in FULL:
            raise NotSaved.of(folder, error) from None
        raise _cannot_make(folder, error.strerror) from None
    return folder


def begin(folder: Path, mark: Mapping[str, Any], hold: Ready = lambda path: None) -> None:
    """Make a new run folder and mark it as unfinished; raises as :func:`create` and :func:`put`.

    ``hold`` gets the mark before anybody else sees it, to lock it: so none is seen that is not.
    """
    create(folder)
    try:
        put(folder / MARK, canonical.dumps(mark) + b"\n", hold)
    except NotSaved:
        shutil.rmtree(folder, ignore_errors=True)  # without its mark nobody knows what it is
        raise
    with contextlib.suppress(NotSaved):  # one may write into a folder that one cannot read
        settle(folder.parent)


@contextlib.contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is written into :class:`~troth.errors.NotSaved`."""
    try:
        yield
    except OSError as error:
        raise NotSaved.of(path, error) from None


def put(path: Path, body: bytes, ready: Ready = lambda path: None) -> None:
    """Write a file of a run, readable by its owner only; never half of it.

    ``ready`` gets it whole, before it has its name.
    """
    temporary = path.with_name(path.name + UNFINISHED)
    with saving(path):
        _make(path.parent)
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                file.flush()
                flush(file.fileno())
            ready(temporary)
            temporary.replace(path)
        except OSError:
            discard(temporary)
            raise


def discard(path: Path) -> None:
    """Remove a file that came to nothing; on a full disk that gives its space back."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def flush(descriptor: int) -> None:
    """Wait until the disk has what was written to an open file, or the names in a folder."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise


def settle(folder: Path, *, whole: bool = False) -> None:
    """Wait until the disk has the names in a folder; if ``whole`` in those below it too."""
    below = [path for path in folder.rglob("*") if path.is_dir()] if whole else []
    for path in (*below, folder):
        with saving(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                flush(descriptor)
            finally:
                os.close(descriptor)


def _make(folder: Path) -> None:
    """Make a folder and those above it, each 0700: ``mkdir`` gives the mode to the last only."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def put_json(path: Path, value: Any) -> str:
    """Write a JSON value in canonical form and return its digest."""
    body = canonical.dumps(value)
    put(path, body + b"\n")
    return canonical.digest_of(body)


def put_lines(path: Path, values: Iterable[Any]) -> str:
    """Write JSON values a line each and return the digest of the file."""
    body = b"".join(canonical.dumps(value) + b"\n" for value in values)
    put(path, body)
    return canonical.digest_of(body)


def get_json(path: Path) -> Any:
    """Return the JSON value in a file of a run; raises :class:`~troth.errors.IntegrityError`."""
    try:
        return canonical.loads(path.read_bytes())
    except OSError as error:
        raise IntegrityError(f"{path}: {error.strerror}; this is not a whole run folder") from None
    except canonical.CanonicalError as error:
        raise IntegrityError(f"{path}: {error}; the run was changed or cut off") from None


def get_envelope(folder: Path) -> dict[str, Any]:
    """Return a run's envelope; raises :class:`~troth.errors.IntegrityError` if it lacks a key."""
    body: dict[str, Any] = get_json(folder / ENVELOPE)
    for key in ("files", "clauses", "as_of", "state", "results_digest"):
        if not isinstance(body, dict) or key not in body:
            text = f"{folder / ENVELOPE}: there is no '{key}'; the run was changed or cut off"
            raise IntegrityError(text)
    return body


def get_lines(path: Path) -> list[Any]:
    """Return the JSON values of a file, a line each; raises :class:`IntegrityError`."""
    try:
        return [canonical.loads(line) for line in path.read_bytes().splitlines()]
    except OSError as error:
        raise IntegrityError(f"{path}: {error.strerror}; this is not a whole run folder") from None
    except canonical.CanonicalError as error:
        raise IntegrityError(f"{path}: {error}; the run was changed or cut off") from None


def manifest(folder: Path) -> dict[str, str]:
    """Return the digest of every file of a run but its envelope, by relative path."""
    return {
        str(path.relative_to(folder)): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.suffix != UNFINISHED
        and path.is_file()
        and path.name != ENVELOPE
        and path != folder / MARK
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def verify(folder: Path, expected: Mapping[str, str]) -> list[str]:
    """Return what differs between a run folder and its manifest, a sentence per file."""
    actual = manifest(folder)
    found = [f"{name} was changed after the run" for name in expected
             if name in actual and actual[name] != expected[name]]  # fmt: skip
    found += [f"{name} is missing" for name in expected if name not in actual]
    found += [f"{name} was added after the run" for name in actual if name not in expected]
    return sorted(found)
