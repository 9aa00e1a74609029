"""Progress on stderr while troth looks, when stderr is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from troth.collect.runner import Progress


@contextlib.contextmanager
def shown(*, quiet: bool) -> Iterator[Progress]:
    """Yield what the runner calls as resources are done: a bar on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
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
