"""The shell of this machine, and any other program that reads a script: a process with pipes."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import IO, cast

from troth.checker import Failure, Reason
from troth.checkers.host.transport import base
from troth.checkers.host.transport.base import Answer

#: Most bytes of what a program complains about.
_WORDS = 65536
_BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


@dataclass(frozen=True)
class Ended:
    """What a process left behind; ``late`` and ``long`` say that it was stopped."""

    out: bytes
    err: str
    status: int
    late: bool = False
    long: bool = False


@dataclass(frozen=True)
class Local:
    """``sh`` on this machine, as root through ``sudo -n`` if the target wants it."""

    sudo: bool = False
    seconds: float = base.WHOLE

    def ask(self, script: bytes) -> Answer:
        """Run the script here."""
        command = ["sudo", "-n", "/bin/sh", "-s"] if self.sudo else ["/bin/sh", "-s"]
        try:
            done = talk(command, script, self.seconds, _BARE)
        except OSError as error:
            return Answer(b"", Failure(Reason.NOT_SUPPORTED, f"{command[0]}: {error.strerror}"))
        return Answer(done.out, failure_of(done, self.seconds) or self._ended(done))

    def _ended(self, done: Ended) -> Failure | None:
        return base.ended(done.status, done.err, self.sudo) if done.status else None


def failure_of(done: Ended, seconds: float) -> Failure | None:
    """Return why a process was stopped, if it was."""
    if done.late:
        return base.too_late(seconds)
    return base.too_much() if done.long else None


def talk(
    command: Sequence[str],
    script: bytes,
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run a program in a session of its own, with a script on its standard input.

    It gets this process's environment if none is given. It is ended when its time is up or it
    prints too much. Raises OSError where it cannot start.
    """
    process = subprocess.Popen(  # noqa: S603 - a program of the system, named in the source
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C"} if environment is None else environment,
        start_new_session=True,
    )
    with process:
        talked = _Talk(process, script, monotonic() + seconds)
        try:
            late = talked.exchange()
        finally:
            talked.end()
    out, err = bytes(talked.out), talked.err.decode("utf-8", "replace")
    long = len(out) > base.LARGEST
    return Ended(out[: base.LARGEST], err, process.returncode, late, long)


class _Talk:
    """What goes to a process and comes from it, at the same time, until it is told."""

    def __init__(self, process: subprocess.Popen[bytes], script: bytes, until: float) -> None:
        self.out, self.err = bytearray(), bytearray()
        self._process, self._until = process, until
        self._left = memoryview(script)
        self._stdin = cast("IO[bytes]", process.stdin)
        self._reads = {
            cast("IO[bytes]", process.stdout).fileno(): self.out,
            cast("IO[bytes]", process.stderr).fileno(): self.err,
        }

    def exchange(self) -> bool:
        """Write and read until both outputs are closed; tell whether it took too long."""
        open_now = set(self._reads)
        with selectors.DefaultSelector() as waiting:
            os.set_blocking(self._stdin.fileno(), False)
            waiting.register(self._stdin.fileno(), selectors.EVENT_WRITE)
            for descriptor in self._reads:
                waiting.register(descriptor, selectors.EVENT_READ)
            while open_now and len(self.out) <= base.LARGEST:
                ready = waiting.select(max(0.0, self._until - monotonic()))
                if not ready:
                    return True
                for key, _ in ready:
                    if self._read(key.fd) if key.fd in self._reads else self._write():
                        continue
                    waiting.unregister(key.fd)
                    open_now.discard(key.fd)
                    if key.fd not in self._reads:
                        self._close()
        return False

    def _read(self, descriptor: int) -> bool:
        """Read some; tell whether there may be more."""
        more, found = os.read(descriptor, 1 << 18), self._reads[descriptor]
        if found is self.out or len(found) < _WORDS:
            found += more
        return bool(more)

    def _write(self) -> bool:
        """Write some; tell whether there is more."""
        try:
            self._left = self._left[os.write(self._stdin.fileno(), self._left[:65536]) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it ended without reading; its status says why
            return False
        return bool(self._left)

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._stdin.close()

    def end(self) -> None:
        """Stop what still runs, with everything that it started."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._close()
