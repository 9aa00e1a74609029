"""Which limits on idle sessions hold on a machine, and why others cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from troth.checker import Failure, Reason
from troth.checkers.host import idle, pam
from troth.checkers.host.login_files import registers_sessions, without_prompt_limit

#: The release of systemd that brought StopIdleSessionSec.
STOPS_IDLE = 252


class Limits:
    """The limits on idle sessions that were found, and why others could not be told."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: dict[str, list[int]] = {"at_prompt_seconds": [], "in_programs_seconds": []}
        self._unclear: dict[str, str] = {}

    def add(self, limit: Callable[[], int | None], prompt_only: bool = False) -> None:
        """Add what a function returns; :class:`idle.Unclear` is kept as a reason."""
        names = ["at_prompt_seconds"] if prompt_only else list(self._found)
        try:
            seconds = limit()
        except idle.Unclear as unclear:
            self._unclear |= {name: str(unclear) for name in names}
            return
        if seconds:
            for name in names:
                self._found[name].append(seconds)

    def facts(self) -> tuple[dict[str, Any], dict[str, Failure]]:
        """Return the shortest of each, and those that are missing: none found and one unclear."""
        missing = {
            name: Failure(Reason.NOT_SUPPORTED, why)
            for name, why in self._unclear.items()
            if not self._found[name]
        }
        found = {
            name: min(seconds, default=None)
            for name, seconds in self._found.items()
            if name not in missing
        }
        return found, missing


def shell_limit(passwd: str, shells: Sequence[Sequence[str]]) -> int | None:
    """Return the seconds of a read-only TMOUT, if every login's shell minds it."""
    if without_prompt_limit(passwd):
        return None
    return idle.prompt([(path, text) for path, text in shells])


def manager_limit(
    stacks: Mapping[str, str], texts: Sequence[str], version: Any, services: Sequence[str]
) -> int | None:
    """Return the login manager's limit, if the services tell it of their sessions."""
    seconds = idle.timespan(idle.login_manager(texts))
    if seconds is None:
        return None
    if not all(registers_sessions(pam.stack(stacks, one, "session")) for one in services):
        return None
    number = idle.systemd_version(version or "")
    if number is None:
        raise idle.Unclear(f"StopIdleSessionSec needs systemd {STOPS_IDLE}; its version is unknown")
    return seconds if number >= STOPS_IDLE else None
