"""When looking has to end although not everything was read: a signal, or the run's time is up."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic

from troth.events import WARNING, tell
from troth.model import Failure, Reason


@dataclass(frozen=True)
class Limit:
    """How long a run may look: until ``until`` (``time.monotonic``), in the words of the user."""

    said: str
    until: float


class Ending:
    """Tells whether to end, and what is to be recorded of all that was not read by then.

    The first cause counts, and only one that somebody asked about: a limit that passes when
    everything is read cuts nothing short. Safe for many threads.
    """

    def __init__(self, stop: threading.Event, limit: Limit | None = None) -> None:
        """End when ``stop`` is set or ``limit`` is reached."""
        self._stop = stop
        self._limit = limit
        self._why = ""
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        """Tell whether to end now."""
        if not self._why and (self._stop.is_set() or self._is_late()):
            with self._lock:
                self._why = self._why or self._cause()
        return bool(self._why)

    @property
    def came(self) -> bool:
        """Tell whether somebody was told to end."""
        return bool(self._why)

    def _is_late(self) -> bool:
        return self._limit is not None and monotonic() >= self._limit.until

    def _cause(self) -> str:
        if self._stop.is_set() or self._limit is None:
            return "the run was interrupted before this was {done}"
        said = f"the time of the run (--max-time {self._limit.said}) was up"
        tell("time is up", WARNING, said=f"{said}; what was not read is unknown",
             limit=self._limit.said)  # fmt: skip
        return f"{said} before this was {{done}}; raise it, or go on with --resume"

    def before(self, done: str) -> Failure:
        """Return why something was not ``done`` (read, listed)."""
        self()
        return Failure(Reason.INTERRUPTED, self._why.format(done=done))
