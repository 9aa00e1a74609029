"""What a command of a machine answered."""

from __future__ import annotations

from dataclasses import dataclass

#: Seconds after which the collector gives a command up.
PATIENCE = 20.0


class NotInstalled(Exception):
    """The command is not on the machine."""


@dataclass(frozen=True)
class Ran:
    """What a command answered: its exit status and both outputs as text."""

    status: int
    out: str
    err: str


def words(found: bytes) -> str:
    """Return an output as text, wrong UTF-8 replaced."""
    return found.decode("utf-8", "replace")
