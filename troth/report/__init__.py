"""Reports: one module per format, each a pure ``render(outcome) -> str`` of a run's results."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

from troth.errors import UsageError

if TYPE_CHECKING:  # to name a format is not to judge
    from troth.verdicts import Results


class Format(enum.StrEnum):
    """The formats that a run can be written in."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"

    def renderer(self) -> Callable[[Results], str]:
        """Return the function that renders results in this format; imported only now."""
        match self:
            case Format.TEXT:
                from troth.report import console

                return console.render
            case Format.JSON:
                from troth.report import json

                return json.render
            case Format.JUNIT:
                from troth.report import junit

                return junit.render
            case _:
                assert_never(self)


def parse_output(text: str) -> tuple[Format, str]:
    """Return the format and path of ``FORMAT=PATH``; an empty path is standard output.

    Raises :class:`~troth.errors.UsageError` for a format that there is not.
    """
    from troth.catalogue.schemas import unknown

    name, _, path = text.partition("=")
    if name not in list(Format):
        raise UsageError(unknown("output format", name, list(Format)))
    return Format(name), path
