"""One run at a time: a lock on the folder of the runs, which ends with the process that holds it.

The lock is the kernel's (``flock``), so a killed run leaves none behind; the file stays and says
who holds it, or who was the last to.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from troth.errors import FULL, NotSaved, UsageError

NAME = ".lock"
#: How often the holder's name is looked for again while the file still has an earlier one, and
#: after how many seconds: the holder writes its own at once.
_LOOKS, _BETWEEN = 25, 0.02
_HELD = (errno.EWOULDBLOCK, errno.EACCES)


class NoLockFile(UsageError):
    """The file to lock cannot be made, so nothing is locked."""


@contextlib.contextmanager
def held(folder: Path, since: datetime) -> Iterator[None]:
    """Hold the lock of a folder, which is made (0700) if there is none; ``since`` is aware.

    Raises :class:`~troth.errors.UsageError` if another process holds it, naming that, or if the
    file system has no locks, :class:`NoLockFile` if there can be no such file, and
    :class:`~troth.errors.NotSaved` if the disk is full.
    """
    path = folder / NAME
    with contextlib.ExitStack() as stack:
        descriptor = _taken(path, stack)
        _sign(descriptor, since)
        yield


def _taken(path: Path, stack: contextlib.ExitStack) -> int:
    """Return the open file that is locked, which the stack closes.

    Another may have taken away the file that was opened here before it was locked.
    """
    while True:
        with contextlib.ExitStack() as held:
            descriptor = _opened(path)
            held.callback(os.close, descriptor)
            _take_folder(descriptor, path, held)
            _take(descriptor, path)
            if _is_at(descriptor, path):
                stack.push(held.pop_all())
                return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False


def _take_folder(descriptor: int, path: Path, held: contextlib.ExitStack) -> None:
    """Lock the folder itself too: the file in it can be taken away by hand while it is locked.

    Not every file system can lock a folder; there the file has to do.
    """
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        held.callback(os.close, folder)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno == errno.EWOULDBLOCK:
                raise UsageError(_told(descriptor, path, error)) from None


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno in FULL:
            raise NotSaved.of(path, error) from None
        text = f"{path} cannot be opened: {error.strerror}; correct runs: in troth.yaml"
        raise NoLockFile(text) from None


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise UsageError(_told(descriptor, path, error)) from None


def _told(descriptor: int, path: Path, error: OSError) -> str:
    """Return who holds the lock, or why there can be none, and what to do."""
    if error.errno not in _HELD:
        why = f"{path} cannot be locked: {error.strerror}"
        return f"{why}; set runs: to a folder on a file system that has locks, as local disks do"
    by = _holder(descriptor)
    if not by:
        return f"another run holds {path}; wait until it ends"
    who = f"process {by['pid']} on {by['host']}, since {by['since']}"
    return f"another run holds {path}: {who}; wait until it ends, or end that process"


def _holder(descriptor: int) -> dict[str, Any]:
    """Return what the holder wrote; for a moment there may still be what another left."""
    by: dict[str, Any] = {}
    for _ in range(_LOOKS):
        by = _read(descriptor)
        if by and (by["host"] != socket.gethostname() or _lives(by["pid"])):
            break
        time.sleep(_BETWEEN)
    return by


def _read(descriptor: int) -> dict[str, Any]:
    try:
        body = json.loads(os.pread(descriptor, 4096, 0))
        return {"pid": int(body["pid"]), "host": str(body["host"]), "since": str(body["since"])}
    except (ValueError, TypeError, LookupError):
        return {}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _sign(descriptor: int, since: datetime) -> None:
    """Write who holds the lock; one that a full disk leaves unsigned is held all the same."""
    by = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": since.isoformat(timespec="seconds"),
    }
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(by).encode() + b"\n", 0)


@contextlib.contextmanager
def kept(path: Path) -> Iterator[None]:
    """Hold the lock of a file that is there, so that :func:`is_held` says so to others.

    On a file system that has no locks nothing is held.
    """
    descriptor = -1
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def is_held(path: Path) -> bool:
    """Tell whether somebody holds the lock of a file, or may do so: it cannot always be told."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
