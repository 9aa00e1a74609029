"""What ``troth check`` tells on stderr while it works: lines for people, or JSON for machines.

In JSON everything on stderr is one object a line, the end and every error too. No line holds a
credential or a sign that steers a terminal.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from troth.cli import bug_report, fail
from troth.credentials import redacted
from troth.errors import Exit, InputError, TrothError
from troth.events import DEBUG, ERROR, INFO, LOG, WARNING, tell
from troth.report.words import harmless

FORMS = ("text", "json")
LEVELS = {"debug": DEBUG, "info": INFO, "warning": WARNING, "error": ERROR}
#: From which level on events are shown unless somebody says so: people see no more than they must.
_USUAL = {"text": ERROR, "json": INFO}

_Command = TypeVar("_Command", bound=Callable[..., Any])


def options(function: _Command) -> _Command:
    """Add ``--log-format`` and ``--log-level``."""
    for decorate in (
        click.option(
            "--log-level", type=click.Choice(list(LEVELS)),
            help="From which level on events are shown on stderr.  [default: error; info in JSON]",
        ),
        click.option(
            "--log-format", type=click.Choice(FORMS), default="text", show_default=True,
            help="How stderr is written; json gives one object a line.",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


@dataclass(frozen=True)
class Logs:
    """How stderr is written: ``form`` is text or json, ``level`` one of :mod:`logging`."""

    form: str
    level: int
    quiet: bool = False

    @classmethod
    def of(cls, form: str, level: str | None, *, quiet: bool) -> Logs:
        """Return what the options ask for."""
        return cls(form, LEVELS[level] if level else _USUAL[form], quiet)

    @property
    def is_json(self) -> bool:
        """Tell whether nothing but JSON may stand on stderr."""
        return self.form == "json"

    @property
    def is_silent(self) -> bool:
        """Tell whether the lines for people are left out."""
        return self.quiet or self.is_json

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Write events, and in JSON errors as well; those then end in their exit code."""
        handler, before = _Lines(self), LOG.level
        LOG.addHandler(handler)
        LOG.setLevel(min(self.level, INFO))  # what is said to people is at least that
        try:
            with _as_events() if self.is_json else contextlib.nullcontext():
                yield
        finally:
            LOG.setLevel(before)
            LOG.removeHandler(handler)

    def shows(self, event: logging.LogRecord) -> bool:
        """Tell whether an event is shown."""
        if event.levelno >= self.level:
            return True
        said = bool(event.__dict__.get("said"))
        return said and not self.is_json and (event.levelno >= WARNING or not self.quiet)

    def line(self, event: logging.LogRecord) -> str:
        """Return an event as a line."""
        said, fields = event.__dict__.get("said", ""), event.__dict__.get("fields", {})
        moment = datetime.fromtimestamp(event.created, UTC).isoformat(timespec="milliseconds")
        level, name = event.levelname.lower(), event.getMessage()
        if self.is_json:
            body = {"time": moment, "level": level, "event": name, **fields}
            body |= {"message": said} if said else {}
            return json.dumps(_clean(body))
        if said:
            return f"troth: {_clean(said)}"
        told = "".join(f" {key}={_plain(value)}" for key, value in fields.items())
        return f"{moment} {level} {name}{told}"


class _Lines(logging.Handler):
    """Writes events to whatever stderr is now: a bar may stand in its place."""

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        """Write an event; a log that cannot be written is no reason to end a run."""
        if self._logs.shows(record):
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(self._logs.line(record) + "\n")
                sys.stderr.flush()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(redacted(value))
    if isinstance(value, Mapping):
        return {key: _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def _plain(value: Any) -> str:
    """Return a value in a line of text: quoted where it would not be one word."""
    text = _clean(value) if isinstance(value, str) else json.dumps(_clean(value))
    return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' "=') else text


@contextlib.contextmanager
def _as_events() -> Iterator[None]:
    """Tell errors as events, and the exit code they end in."""
    try:
        yield
    except (click.exceptions.Exit, BrokenPipeError):
        raise
    except InputError as error:
        _ended([str(problem) for problem in error.problems], error.exit_code)
    except TrothError as error:
        _ended(str(error).splitlines(), error.exit_code)
    except click.ClickException as error:
        _ended([error.format_message()], Exit.USAGE)
    except KeyboardInterrupt:
        _ended(["interrupted"], Exit.INTERRUPTED)
    except Exception as error:
        _ended([bug_report(error)], Exit.BUG)


def ended_early(texts: Iterable[str], code: Exit) -> None:
    """Tell in JSON why troth ends before any command has begun to tell events."""
    with Logs.of("json", None, quiet=False).listening():
        _tell_end(texts, code)


def _ended(texts: list[str], code: Exit) -> None:
    _tell_end(texts, code)
    fail(code)


def _tell_end(texts: Iterable[str], code: Exit) -> None:
    for text in texts:
        tell("error", ERROR, message=text)
    tell("exit", code=int(code))
