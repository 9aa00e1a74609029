"""Standard streams that spoil no exit code: what is closed is opened, what is lost is let go.

A process may be started without standard output or error, or with a full disk behind them. Python
would then end it with 1, which here means that a promise is broken.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class LostOutput(OSError):
    """Standard output cannot be written, though somebody may still read it."""


class _Out(io.FileIO):
    """Standard output; what goes wrong there is told apart from what goes wrong elsewhere."""

    def write(self, data: ReadableBuffer) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise LostOutput(error.errno, error.strerror) from None


class _Err(io.FileIO):
    """Standard error; what cannot be told there can be told nowhere, so it is let go."""

    def write(self, data: ReadableBuffer) -> int:
        with contextlib.suppress(OSError):
            if written := super().write(data):
                return written
        return memoryview(data).nbytes


def secure() -> None:
    """Put streams in the place of the standard ones that fail as these do.

    A closed descriptor is opened first, or the next file of a run would get its number. Standard
    output then cannot be written, as on a full disk: a result that went nowhere is no success.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # gets the lowest number that is free, which is this one
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout = _text(_Out(1, "w", closefd=False), sys.stdout, "replace")
    sys.stderr = _text(_Err(2, "w", closefd=False), sys.stderr, "backslashreplace")


def _text(raw: io.FileIO, before: TextIO | None, errors: str) -> TextIO:
    """Return a text stream as the one before; a sign that its encoding lacks is no bug."""
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding if before else "utf-8",
        errors=errors,
        line_buffering=raw.fileno() == 2 or raw.isatty(),
        write_through=bool(getattr(before, "write_through", False)),
    )


def let_go() -> None:
    """Send to nobody what is still on its way to standard output."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, sys.stdout.fileno())
    os.close(nobody)
