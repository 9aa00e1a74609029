"""What every way to a machine offers, and the words for what goes wrong on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from troth.checker import Failure, Reason

#: Most bytes of one answer.
LARGEST = 64 * 1024 * 1024
#: Seconds for a connection, and for everything that one machine is asked.
CONNECT, WHOLE = 10.0, 120.0


@dataclass(frozen=True)
class Answer:
    """What a shell printed, whole or not; ``failure`` says why there is no more of it."""

    sent: bytes
    failure: Failure | None = None


class Transport(Protocol):
    """A way to the shell of one machine."""

    def ask(self, script: bytes) -> Answer:
        """Run a script there from standard input; never raises for what the other side does."""


def remote(sudo: bool) -> str:
    """Return the command line for a machine's own login shell, whichever that is."""
    return "exec sudo -n /bin/sh -s" if sudo else "exec /bin/sh -s"


def too_much() -> Failure:
    """Return the failure of an answer that does not end."""
    words = f"the answer is longer than {LARGEST} bytes; what came after them is not known"
    return Failure(Reason.MALFORMED_RESPONSE, words)


def too_late(seconds: float) -> Failure:
    """Return the failure of an answer that takes too long."""
    words = f"the machine did not answer within {seconds:g} s; raise timeout_seconds"
    return Failure(Reason.TIMEOUT, words)


def last_words(said: str) -> str:
    """Return the last line that a machine or a client said, short and without control signs."""
    line = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    return "".join(sign if sign.isprintable() else "?" for sign in line)[:200]


def ended(status: int | None, said: str, sudo: bool) -> Failure:
    """Return why a shell ended before its script did, by its exit status and its last words."""
    last = last_words(said)
    if sudo and status == 1 and "sudo" in said:
        words = f"sudo -n was refused: {last}; allow it without a password, or leave sudo out"
        return Failure(Reason.PERMISSION_DENIED, words, "sudo -n sh -s")
    if status == 127 or "not found" in last:
        return Failure(Reason.NOT_SUPPORTED, f"the machine has no POSIX shell: {last}")
    words = f"the machine's shell ended early (exit status {status}): {last}"
    return Failure(Reason.MALFORMED_RESPONSE, words)
