"""Progress on stderr while troth looks, when stderr is a terminal that can show it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from troth.collect.runner import Progress


@contextlib.contextmanager
def shown(*, quiet: bool) -> Iterator[Progress]:
    """Yield what the runner calls as resources are done: a bar on a terminal, else nothing."""
    if quiet or not sys.stderr.isatty() or is_plain():
        yield lambda unit, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TextColumn

    bar = Bar(TextColumn("{task.description}"), *Bar.get_default_columns()[1:3],
              console=Console(stderr=True), transient=True)  # fmt: skip
    with bar:
        task = bar.add_task("looking", total=None)

        def moved(unit: str, done: int, total: int) -> None:
            bar.update(task, description=f"looking at {unit}", completed=done, total=total)

        yield moved


def is_plain() -> bool:
    """Tell whether the environment asks for a terminal without colours and moving lines."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
