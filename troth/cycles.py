"""Hold Python's collector of cycles where it can find nothing and costs much.

Importing, reading files and judging make many small values that stay, yet their number alone sets
the collector going again and again: half of the time of reading policies, a tenth of judging.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected(*, kept: bool = False) -> Iterator[None]:
    """Run a block, or a function that is decorated with this, without the collector.

    With ``kept`` all that there is after it is taken to stay for good: it is never looked through.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if kept:
            gc.freeze()
        if was:
            gc.enable()
