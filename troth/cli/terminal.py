"""Text for people on standard output: with colours and the width of a terminal, else plain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # --help pays for no colours
    from rich.console import Console

#: Characters of a line where there is no terminal.
WIDTH = 110


def console() -> Console:
    """Return where text for people goes."""
    from rich.console import Console

    # Whatever the environment says of colours: a file or a pipe gets none.
    plain: dict[str, Any] = {"width": WIDTH, "force_terminal": False}
    options = {} if sys.stdout.isatty() else plain
    return Console(file=sys.stdout, highlight=False, **options)
