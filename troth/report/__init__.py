"""Reports: a module per format, each with a ``write(account, out)`` that streams a run."""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TextIO

from troth.errors import UsageError

if TYPE_CHECKING:  # to name a format is not to judge
    from troth.report.account import Account

    Writer = Callable[[Account, TextIO], None]


class _Where(NamedTuple):
    module: str
    function: str = "write"


class Format(enum.StrEnum):
    """The formats that a run can be written in."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"

    def writer(self) -> Writer:
        """Return the function that writes a run in this format; imported only now."""
        where = _WHERE.get(self, _Where(self.value))
        module = importlib.import_module(f"troth.report.{where.module}")
        writer: Writer = getattr(module, where.function)
        return writer


#: Where a format stands whose module or function is not called as the format is.
_WHERE = {Format.TEXT: _Where("console")}


def parse_output(text: str) -> tuple[Format, str]:
    """Return the format and path of ``FORMAT=PATH``; an empty path is standard output.

    Raises :class:`~troth.errors.UsageError` for a format that there is not.
    """
    from troth.catalogue.schemas import unknown

    name, _, path = text.partition("=")
    if name not in list(Format):
        raise UsageError(unknown("output format", name, list(Format)))
    return Format(name), path
