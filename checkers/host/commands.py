"""Running the few commands that only report: no shell, a fixed environment, a time limit."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Timer

#: Where commands are looked for: the system's own folders, whatever the caller's PATH says.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
#: Seconds until a command is given up.
PATIENCE = 20.0
#: Most characters of an answer that are kept.
LIMIT = 16 * 1024 * 1024


class NotInstalled(Exception):
    """The command is not on this machine."""


@dataclass(frozen=True)
class Ran:
    """What a command answered: its exit status and both outputs as text."""

    status: int
    out: str
    err: str


def find(name: str) -> str:
    """Return the path of a command; raises :class:`NotInstalled`."""
    found = shutil.which(name, path=PATH)
    if found is None:
        raise NotInstalled(name)
    return found


def run(name: str, *arguments: str, patience: float = PATIENCE) -> Ran:
    """Run a command to its end.

    Raises :class:`NotInstalled`, :class:`subprocess.TimeoutExpired` (the command was killed) and
    OSError.
    """
    done = subprocess.run(  # noqa: S603 - an absolute path of the system and no shell
        [find(name), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=_environment(),
        timeout=patience,
        check=False,
    )
    return Ran(done.returncode, _words(done.stdout), _words(done.stderr))


def first_line(name: str, *arguments: str, patience: float = PATIENCE) -> Ran:
    """Run a command until its first line is there, and then stop it.

    For commands that would print everything there is, oldest first. Raises as :func:`run` does.
    """
    command: Sequence[str] = [find(name), *arguments]
    with subprocess.Popen(  # noqa: S603 - as above
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
    ) as process:
        late = Timer(patience, process.kill)
        late.start()
        try:
            line = process.stdout.readline(65536) if process.stdout else b""
            if line:
                process.kill()
                return Ran(0, _words(line), "")
            out, err = process.communicate()
        finally:
            overdue = not late.is_alive()
            late.cancel()
            process.kill()
    if overdue:
        raise subprocess.TimeoutExpired(list(command), patience)
    return Ran(process.returncode, _words(out), _words(err))


def _environment() -> dict[str, str]:
    return {"PATH": PATH, "LC_ALL": "C", "LANG": "C", "TZ": "UTC"}


def _words(found: bytes) -> str:
    return found[:LIMIT].decode("utf-8", "replace")
