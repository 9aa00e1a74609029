"""The command line: parse, call one function, render, exit. No domain logic lives here.

The entry point is ours, because click would exit 1 for a traceback, for its own errors and for
Ctrl-C, and 1 means that a promise is broken.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from typing import Any

import click

import troth
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
    except click.exceptions.Abort:
        return _say("interrupted", Exit.INTERRUPTED)
    except KeyboardInterrupt:
        return _say("interrupted", Exit.INTERRUPTED)
    except click.ClickException as error:
        return _say_usage(error)
    except InputError as error:
        return _say_problems(error)
    except TrothError as error:
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        return _pipe_closed()
    except SystemExit as done:
        # click leaves with 1, which here means broken, when the reader of our output went away.
        return _pipe_closed() if done.code else Exit.OK
    except Exception as error:
        return _bug(error)


def _say(text: str, code: Exit) -> Exit:
    from troth.credentials import redacted
    from troth.report.words import harmless

    for line in redacted(text).splitlines():
        click.echo(f"troth: {harmless(line.expandtabs(2))}", err=True)
    return code


def _say_usage(error: click.ClickException) -> Exit:
    """Say what is wrong with the command line; to no command at all, the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return Exit.USAGE
    return _say(error.format_message(), Exit.USAGE)


def _say_problems(error: InputError) -> Exit:
    """Say a problem a line, each starting with its file: editors and CI systems look there."""
    from troth.credentials import redacted
    from troth.report.words import harmless

    for problem in error.problems:
        click.echo(harmless(redacted(str(problem))), err=True)
    return error.exit_code


def _bug(error: Exception) -> Exit:
    return _say(bug_report(error), Exit.BUG)


def bug_report(error: Exception) -> str:
    """Write the traceback to a file and name it: a screen full of code helps nobody."""
    import tempfile
    import traceback

    from troth.credentials import redacted

    with tempfile.NamedTemporaryFile(
        "w", prefix="troth-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"troth {troth.__version__}, Python {sys.version}\n")
        file.write(redacted("".join(traceback.format_exception(error))))
    return f"this is a bug in troth: {error!r}; please report it with {file.name}"


def _pipe_closed() -> int:
    """End quietly when the reader of our output went away; the exit code says nothing is sure."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.INCOMPLETE


def entry() -> None:
    """Leave the process with the exit code, even if a call to a dead peer hangs in a thread."""
    import threading

    if isinstance(sys.stdout, io.TextIOWrapper):  # a sign that the terminal lacks is no bug
        sys.stdout.reconfigure(errors="replace")
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more, or the disk is full
        closed = _pipe_closed()
        code = code or closed
    if any(thread.name.startswith(("read", "unit")) for thread in threading.enumerate()):
        os._exit(code)
    gc.freeze()  # what is left ends with the process: no cycles are looked for in it
    sys.exit(code)


def fail(code: Exit) -> Any:
    """Leave a command with an exit code."""
    raise click.exceptions.Exit(int(code))
