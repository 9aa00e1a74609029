"""Everything that troth raises on purpose, and the exit code each becomes.

A message names the file, line, resource or permission, and ends with the next step.
"""

from __future__ import annotations

import enum
import errno
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Exit(enum.IntEnum):
    """Exit codes of the command line; ``docs/architecture.md`` states what each means."""

    OK = 0
    BROKEN = 1
    USAGE = 2
    INCOMPLETE = 3
    INTEGRITY = 4
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


#: When several hold at once, the first of this list is the exit code.
PRECEDENCE: tuple[Exit, ...] = (
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.BUG,
    Exit.USAGE,
    Exit.INTEGRITY,
    Exit.BROKEN,
    Exit.INCOMPLETE,
    Exit.OK,
)


class TrothError(Exception):
    """Base of every error that troth raises on purpose."""

    exit_code: Exit = Exit.USAGE


class Place(NamedTuple):
    """A position in a file; ``line`` and ``column`` count from 1, 0 means the whole file."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``path:line:column``, or the path alone when there is no line."""
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


class Problem(NamedTuple):
    """One thing that is wrong with one input file, and what to do about it."""

    place: Place
    text: str

    def __str__(self) -> str:
        """Return ``path:line:column text``."""
        return f"{self.place} {self.text}"


class InputError(TrothError):
    """One or more input files cannot be used; nothing was evaluated."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, sorted by file and line, each once."""
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def at(cls, place: Place, text: str) -> InputError:
        """Return the error for a single problem."""
        return cls([Problem(place, text)])


class UsageError(TrothError):
    """The command line asks for something that cannot be done."""


class IntegrityError(TrothError):
    """Evidence does not match its digest, signature or chain."""

    exit_code = Exit.INTEGRITY


class CheckerBug(TrothError):
    """A checker broke its own declaration: undeclared call, facts that its kind does not allow."""

    exit_code = Exit.BUG


class RuleBug(TrothError):
    """A control's rule or measure failed for another reason than a missing fact."""

    exit_code = Exit.BUG


#: What a full disk, a used-up quota, and a limit on the size of files say.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NotSaved(TrothError):
    """A file of a run could not be written; what was saved before is still there."""

    exit_code = Exit.INCOMPLETE

    @classmethod
    def of(cls, path: Path, error: OSError) -> NotSaved:
        """Return the error for a file that the system did not let us write."""
        step = "free space there" if error.errno in FULL else "see to that"
        text = f"{path} cannot be written: {error.strerror or error}"
        return cls(f"{text}; {step}, then go on with troth check --resume")
