"""Where results go: formats and paths of ``-o``, and the gate of the exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO

from troth import record
from troth.catalogue.schemas import unknown
from troth.errors import UsageError
from troth.model import Assess
from troth.report import Format, Wanted, parse_output
from troth.verdicts import Gate

if TYPE_CHECKING:  # what reads no run imports no reader
    from troth.report.account import Account


@dataclass(frozen=True)
class Outputs:
    """The formats to write: at most one to standard output."""

    wanted: tuple[Wanted, ...]

    @classmethod
    def parse(cls, texts: tuple[str, ...], *, only: bool = False) -> Outputs:
        """Return the outputs of ``-o``; text to standard output when nothing goes there.

        With ``only`` text comes by itself only when nothing at all is wanted.
        Raises :class:`UsageError` for what cannot be written, before anything is looked at.
        """
        wanted = [parse_output(text) for text in texts]
        for one in wanted:
            _check_path(one)
        to_stdout = [one.form for one in wanted if not one.path]
        if len(to_stdout) > 1:
            names = " and ".join(to_stdout)
            raise UsageError(f"{names} cannot both go to standard output; give one a path")
        if not to_stdout and not (only and wanted):
            wanted.append(Wanted(Format.TEXT, ""))
        return cls(tuple(wanted))

    def write(self, account: Account) -> None:
        """Write the run in every format, each file whole or not at all.

        Raises :class:`UsageError`, a line for every path that could not be written, after the rest.
        """
        lost = []
        for one in self.wanted:
            try:
                _write(one, account)
            except UsageError as error:
                lost.append(str(error))
        if lost:
            raise UsageError("\n".join(lost))

    def around(self) -> tuple[Outputs, Outputs]:
        """Return what is written before a run is in the history, and what after that.

        Only a page shows the history. One in a file is written at both times, so that whether it
        can be written is known before; a stream takes it once.
        """
        pages = [one for one in self.wanted if one.form is Format.HTML]
        before = [one for one in self.wanted if one not in pages or _is_file(one)]
        return Outputs(tuple(before)), Outputs(tuple(pages))

    def parted(self) -> tuple[Outputs, Outputs]:
        """Return the outputs in files, which can be written again, and the others."""
        files = [one for one in self.wanted if _is_file(one)]
        others = [one for one in self.wanted if not _is_file(one)]
        return Outputs(tuple(files)), Outputs(tuple(others))


def _is_file(one: Wanted) -> bool:
    """Tell whether an output is a plain file: no stream, pipe or device."""
    path = Path(one.path)
    return bool(one.path) and (path.is_file() or not path.exists())


def _write(one: Wanted, account: Account) -> None:
    if one.form is Format.TEXT and not one.path:
        _to_terminal(account)
    elif one.is_set:
        _set(one, account)
    elif one.path:
        with _file(Path(one.path)) as out:
            one.write(account, out)
    else:
        _to_pipe(account, one)


def _to_terminal(account: Account) -> None:
    """Write text with colours and the terminal's width, or plainly into a pipe."""
    from rich.console import Console

    from troth.report import console

    terminal = sys.stdout.isatty()
    # Whatever the environment says of colours: a file or a pipe gets none.
    options: dict[str, Any] = {} if terminal else {"width": 110, "force_terminal": False}
    with _naming("standard output"):
        console.show(account, Console(file=sys.stdout, highlight=False, **options))


def _to_pipe(account: Account, wanted: Wanted) -> None:
    """Write a document for programs: UTF-8 as it says of itself, whatever the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    with _naming("standard output"):
        wanted.write(account, sys.stdout)
        sys.stdout.flush()


@contextmanager
def _naming(what: object) -> Iterator[None]:
    """Name what could not be written; a reader that went away is no fault of ours."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{what} cannot be written: {error.strerror}; choose another") from None


def _check_path(wanted: Wanted) -> None:
    path = wanted.path
    folder = Path(path).parent
    if path and not folder.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {folder}; make it")
    if path and Path(path).is_dir() and not wanted.is_set:
        raise UsageError(f"{path} cannot be written: it is a folder; name a file")
    if path and not os.access(path if Path(path).exists() else folder, os.W_OK):
        raise UsageError(f"{path} cannot be written: Permission denied; choose another")


@contextmanager
def _file(path: Path) -> Iterator[TextIO]:
    """Open a file to be written whole or not at all; what is no plain file is written into."""
    with _naming(path):
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as out:
                yield out
            return
        whole = path.with_name(f".{path.name}.part")
        whole.unlink(missing_ok=True)
        try:
            with open(whole, "x", encoding="utf-8", newline="") as out:
                yield out
                out.flush()
                record.flush(out.fileno())
            whole.replace(path)
        finally:
            record.discard(whole)


def _set(one: Wanted, account: Account) -> None:
    """Write all documents of a format into a folder, each whole or not at all."""
    folder = Path(one.path)
    with _naming(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(prefix=".", suffix=".part", dir=folder) as staged:
            one.form.write_set(account, Path(staged), one.version)
            for path in sorted(Path(staged).iterdir()):
                with path.open("rb") as made:
                    record.flush(made.fileno())
                path.replace(folder / path.name)


def gate_of(fail_on: str, gate: str) -> Gate:
    """Return the gate of ``--fail-on`` and ``--gate``; raises :class:`UsageError`."""
    names = [name.strip() for name in gate.split(",") if name.strip()]
    known = [assess.value for assess in Assess if assess is not Assess.INFORMATIVE]
    if not names:
        text = "--gate is empty, so nothing unknown would count"
        raise UsageError(f"{text}; name {', '.join(known)}")
    for name in names:
        if name not in known:
            raise UsageError(f"--gate: {unknown('assessment', name, known)}")
    return Gate(fail_on, frozenset(Assess(name) for name in names))
