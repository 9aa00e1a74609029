"""How a run is ended from outside: by a signal, in good order, or by the time it was given."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from types import FrameType
from zoneinfo import ZoneInfo

from troth.collect.ending import Limit
from troth.errors import Exit, TrothError, UsageError
from troth.events import WARNING, tell
from troth.params import BadValue, parse_duration

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(TrothError):
    """A signal came before anything was looked at."""

    def __init__(self, code: Exit) -> None:
        """Keep the exit code."""
        word = "interrupted" if code is Exit.INTERRUPTED else "terminated"
        super().__init__(f"{word} before anything was looked at; there is no run")
        self.exit_code = code


_LEAST, _MOST = timedelta(seconds=1), timedelta(days=31)


class Stop:
    """Turns the first Ctrl-C, SIGTERM or SIGHUP into an orderly end; a second ends at once."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.event = threading.Event()
        self.code: Exit | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note the signal; raise :class:`KeyboardInterrupt` if it is the second."""
        if self.event.is_set():
            raise KeyboardInterrupt
        self.code = Exit.INTERRUPTED if number == signal.SIGINT else Exit.TERMINATED
        self.event.set()

    @property
    def codes(self) -> list[Exit]:
        """Return the exit code that a signal asks for, none if there was no signal."""
        return [self.code] if self.code else []

    def told(self) -> None:
        """Tell that a signal came, if one did."""
        if self.code:
            tell("stopped by a signal", WARNING, code=int(self.code))

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the signals; only the main thread may.

        What is under way goes on: looking ends soon, everything else in its own time limits.

        A SIGHUP that somebody has ignored (``nohup``) stays so.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self)
            for number in _SIGNALS
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def length(text: str, option: str) -> timedelta:
    """Return how long a duration is from now on; raises :class:`UsageError`.

    It is a second at least and 31 days at most.
    """
    now = datetime.now(UTC)
    try:
        made = parse_duration(text).after(now, ZoneInfo("UTC")) - now
    except (BadValue, OverflowError) as error:
        raise UsageError(f"{option}: {error}") from None
    if not _LEAST <= made <= _MOST:
        raise UsageError(f"{option}: {text} is not between PT1S and P31D; write a duration that is")
    return made


def limit(text: str | None) -> Limit | None:
    """Return the limit that ``--max-time`` sets from now on, None without."""
    if text is None:
        return None
    return Limit(text, monotonic() + length(text, "--max-time").total_seconds())
