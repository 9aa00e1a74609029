"""The command line: parse, call one function, render, exit. No domain logic lives here.

The entry point is ours, because click would exit 1 for a traceback, for its own errors and for
Ctrl-C, and 1 means that a promise is broken.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import threading
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import click

import troth
from troth.cli import streams
from troth.cycles import uncollected
from troth.errors import Exit, InputError, TrothError

#: Command name to the module of this package that holds it, and one line of help.
COMMANDS = {
    "check": ("check", "Look, judge, and say which promises are kept."),
    "plan": ("plan", "Show every read that a check would make, and its permissions."),
    "explain": ("explain", "Explain a clause, a control, a kind or an exit code."),
    "list": ("listing", "List clauses, controls, checkers, kinds, targets, waivers or runs."),
    "coverage": ("coverage", "Show which sentences of a document are decided by what."),
    "validate": ("validate", "Check all files without looking at anything."),
    "test": ("cases", "Run the worked examples of controls."),
    "report": ("report", "Write a stored run in other formats."),
    "slo": ("slo", "Show the ledger of a clause about availability."),
    "diff": ("diff", "Show what changed between two runs."),
    "history": ("history", "Show how promises stood over time, record, verify and prune."),
    "serve": ("serve", "Serve the history as web pages on this machine; read-only."),
    "evidence": ("evidence", "Pack a run into a signed bundle, verify one, or show it."),
    "keys": ("keys", "Make the keys that sign bundles, and show their public halves."),
    "schema": ("schema", "Print the JSON Schema of a file format."),
    "replay": ("replay", "Judge a stored run again, offline."),
    "demo": ("demo", "Run everything on an invented company on this machine."),
    "doctor": ("doctor", "Tell whether this machine and troth.yaml are ready."),
    "completion": ("completion", "Print the completion script of a shell."),
}

EXITS = """\b
Exit codes:
  0    every selected clause was evaluated, none is broken
  1    a promise is broken
  2    usage, or an invalid or missing file; nothing was evaluated
  3    nothing is broken, but something is unknown, or nothing was evaluated
  4    a stored run or bundle does not match its digests or signature
  70   a bug in troth
  130  interrupted (143 terminated); the partial run is kept
"""


class Commands(click.Group):
    """Imports a command's module only when it is used: ``--help`` pays for none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a first day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        with uncollected():
            module = importlib.import_module(f"troth.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their one line, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for one that there is not."""
        import difflib

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], {**COMMANDS, **_SYNONYMS}, n=1)
            name = _SYNONYMS.get(near[0], near[0]) if near else ""
            hint = f"; did you mean '{name}'?" if name else "; see troth --help"
            raise click.UsageError(f"there is no command '{args[0]}'{hint}", ctx)
        return super().resolve_command(ctx, args)


_SYNONYMS = {"scan": "check", "run": "check", "lint": "validate", "verify": "evidence"}


@click.group(cls=Commands, epilog=EXITS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(troth.__version__, prog_name="troth")
def root() -> None:
    """Tell whether the security promises in a document are kept today, and prove it."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code; the console script exits with it."""
    try:
        code = root.main(args=argv, prog_name="troth", standalone_mode=False)
        return int(code) if isinstance(code, int) else Exit.OK
    except click.exceptions.Exit as done:
        return done.exit_code
    except TrothError as error:
        # A problem a line, each starting with its file: editors and CI systems look there.
        if isinstance(error, InputError):
            return _say(map(str, error.problems), error.exit_code, argv, prefix="")
        return _say([str(error)], error.exit_code, argv)
    except (click.ClickException, click.exceptions.Abort, KeyboardInterrupt) as error:
        return _say_usage(error, argv)
    except (BrokenPipeError, SystemExit, streams.LostOutput) as error:
        return _lost(error, argv)
    except Exception as error:
        return _say([bug_report(error)], Exit.BUG, argv)


def _say_usage(error: BaseException, argv: list[str] | None) -> Exit:
    """Say what is wrong with the command line, and to no command at all the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return Exit.USAGE
    if isinstance(error, click.ClickException):
        return _say([error.format_message()], Exit.USAGE, argv)
    return _say(["interrupted"], Exit.INTERRUPTED, argv)


def _lost(error: BaseException, argv: list[str] | None) -> Exit:
    """Let go what standard output cannot take; quietly if its reader went away."""
    if isinstance(error, SystemExit) and not error.code:
        return Exit.OK
    # click leaves with 1, which here means broken, when the reader of our output went away.
    streams.let_go()
    if isinstance(error, streams.LostOutput):
        text = f"standard output cannot be written: {error.strerror}; choose another"
        return _say([text], Exit.INCOMPLETE, argv)
    return Exit.INCOMPLETE


def _say(
    texts: Iterable[str], code: Exit, argv: list[str] | None, *, prefix: str = "troth: "
) -> Exit:
    """Say why troth ends, as lines or in JSON as it was asked for; return the exit code."""
    with contextlib.suppress(Exception):  # what cannot be told changes no exit code
        if _wants_json(sys.argv[1:] if argv is None else argv):
            from troth.cli import logs

            logs.ended_early(texts, code)
            return code
        from troth.credentials import redacted
        from troth.report.words import harmless

        for line in (line for text in texts for line in redacted(text).splitlines()):
            click.echo(f"{prefix}{harmless(line.expandtabs(2))}", err=True)
    return code


def _wants_json(words: list[str]) -> bool:
    """Tell whether errors are to be told in JSON, even if the command line cannot be read."""
    return "--log-format=json" in words or ("--log-format", "json") in pairwise(words)


def bug_report(error: Exception) -> str:
    """Write the traceback to a file and name it: a screen full of code helps nobody.

    Where no file can be written the text says where the bug is instead.
    """
    import traceback

    said = f"this is a bug in troth: {error!r}"
    try:
        return f"{said}; please report it with {_traceback(error)}"
    except OSError as lost:
        at = "".join(
            f" at {frame.filename}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)[-1:]
        )
        why = f"no file could be written with more about it ({lost.strerror or lost})"
        return f"{said}{at}; {why}, so please report this line"


def _traceback(error: Exception) -> str:
    """Return the path of a file that the traceback was written to, whole or not at all."""
    import tempfile
    import traceback

    from troth.credentials import redacted

    handle, path = tempfile.mkstemp(prefix="troth-bug-", suffix=".txt")
    try:
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"troth {troth.__version__}, Python {sys.version}\n")
            file.write(redacted("".join(traceback.format_exception(error))))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    return path


def entry() -> None:
    """Leave the process with the exit code, whatever becomes of what is said about it."""
    code: int = Exit.BUG
    try:
        streams.secure()
        code = main()
        code = _flushed(code)
    except BaseException as error:  # Python would make it 1, which means broken
        with contextlib.suppress(BaseException):
            os.write(2, f"troth: this is a bug in troth: {error!r}\n".encode())
        os._exit(Exit.INTERRUPTED if isinstance(error, KeyboardInterrupt) else code)
    if _is_held():
        os._exit(code)
    gc.freeze()  # what is left ends with the process: no cycles are looked for in it
    sys.exit(code)


def _flushed(code: int) -> int:
    """Write what is left to standard output; return the exit code with that."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if code:  # that was told already, or counts more
            streams.let_go()
            return code
        return _lost(error, None)
    return code


def _is_held() -> bool:
    """Tell whether Python would wait for a thread: a call to a dead peer may hang for hours."""
    return any(
        not thread.daemon
        for thread in threading.enumerate()
        if thread is not threading.main_thread()
    )


def fail(code: Exit) -> Any:
    """Leave a command with an exit code."""
    raise click.exceptions.Exit(int(code))
