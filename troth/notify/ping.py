"""The dead man's switch: a service that is told when a run begins and how it ended.

It is the service that notices a run that never came. The protocol is that of Healthchecks: a POST
to ``<url>/start`` and one to ``<url>/<exit status>``, both with the same ``rid``, a random UUID.
The second has a summary of at most ten lines as its body. A URL with place-holders is filled in
instead:

- ``{code}``: the exit code. There is none at the start, so nothing is sent then;
- ``{rid}``: the UUID;
- ``{a|b|c}``: the first word at the start, the second after exit code 0, the third after others.
  Where the word is empty nothing is sent.
"""

from __future__ import annotations

import contextlib
import re
import time
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from troth.errors import Exit, TrothError
from troth.notify.post import EXCHANGE, address, post
from troth.notify.webhook import Pause, attempts
from troth.report.words import harmless

#: Seconds before the second attempt, which is the last.
PAUSES = (1.0,)
#: What a summary may have: lines, and characters of each.
LINES, WIDTH = 10, 200
_HOLDER = re.compile(r"\{([^{}]*)\}")


class Ping:
    """Tells one service of one run. Nothing here raises for what the outside does.

    Each call returns what went wrong, or nothing; it holds nothing of the URL, which is a secret.
    """

    def __init__(self, url: str, *, seconds: float = EXCHANGE, pause: Pause = time.sleep) -> None:
        """Keep the URL; ``seconds`` is the time for each of two attempts."""
        self._url = url
        self._seconds = seconds
        self._pause = pause
        self._rid = str(uuid.uuid4())

    def problem(self) -> str:
        """Return what is wrong with the URL, or nothing; nothing is sent."""
        for name in _HOLDER.findall(self._url):
            if name not in ("code", "rid") and name.count("|") != 2:
                return "it has an unknown place-holder; known are {code}, {rid} and {a|b|c}"
        filled = [self._filled(code) for code in (None, Exit.OK, Exit.BROKEN)]
        if not any(filled):
            return "its place-holders leave nothing to send"
        try:
            for url in filter(None, filled):
                address(url)
        except ValueError as error:
            return str(error)
        return ""

    def start(self) -> str:
        """Tell that the run begins."""
        return self._tell(None, "")

    def end(self, code: int, summary: str = "") -> str:
        """Tell that the run ended with an exit code."""
        lines = [harmless(line.expandtabs(2))[:WIDTH] for line in summary.splitlines()]
        return self._tell(code, "\n".join(lines[:LINES]))

    def _tell(self, code: int | None, body: str) -> str:
        if problem := self.problem():
            return problem
        if not (url := self._filled(code)):
            return ""
        to, sent = address(url), body.encode(errors="replace")
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            return attempts(lambda: post(to, sent, headers, self._seconds), PAUSES, self._pause)
        except Exception as error:  # whatever it is, the run's own end comes first
            return f"telling it failed with {type(error).__name__}, which is a bug in troth"

    def _filled(self, code: int | None) -> str:
        """Return where to send, or nothing where nothing is to be sent."""
        if _HOLDER.search(self._url):
            return self._holders(code)
        try:
            parts = urlsplit(self._url)
        except ValueError:
            return self._url  # said to be no URL by whoever asks for its address
        step = "start" if code is None else str(int(code))
        query = "&".join([*([parts.query] if parts.query else []), f"rid={self._rid}"])
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{step}", query=query))

    def _holders(self, code: int | None) -> str:
        """Return the URL with its place-holders filled in, or nothing if one of them is empty."""
        which = 0 if code is None else 1 if code == Exit.OK else 2
        values = {"rid": self._rid, "code": "" if code is None else str(int(code))}
        found = {name: values.get(name, "") for name in _HOLDER.findall(self._url)}
        found |= {name: name.split("|")[which] for name in found if "|" in name}
        if not all(found.values()):
            return ""
        return _HOLDER.sub(lambda hit: found[hit[1]], self._url)


@dataclass
class Outcome:
    """What a run came to: its exit code, and a summary for whoever is told."""

    code: int = Exit.OK
    summary: str = ""


@contextlib.contextmanager
def watched(ping: Ping | None, say: Callable[[str], None]) -> Generator[Outcome]:
    """Tell a service of what happens within, however it ends; without a ping nothing is told.

    The block sets the outcome's ``code`` and ``summary``; what is raised in it decides the code
    instead, and is raised on. ``say`` is given what went wrong with the telling.
    """
    outcome = Outcome()
    if ping is None:
        yield outcome
        return
    if problem := ping.start():
        say(problem)
    try:
        yield outcome
    except BaseException as error:
        outcome.code = _code(error)
        raise
    finally:
        if problem := ping.end(outcome.code, outcome.summary):
            say(problem)


def _code(error: BaseException) -> int:
    """Return the exit code that the command line makes of what was raised."""
    import click

    match error:
        case click.exceptions.Exit() | TrothError():
            return int(error.exit_code)
        case click.ClickException():
            return Exit.USAGE
        case click.exceptions.Abort() | KeyboardInterrupt():
            return Exit.INTERRUPTED
        case BrokenPipeError() | SystemExit():
            return Exit.INCOMPLETE if getattr(error, "code", 1) else Exit.OK
        case _:
            return Exit.BUG
