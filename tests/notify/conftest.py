"""A receiver for each test, and the pauses that would have been made instead of pauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.notify.receiver import Receiver, receiver

Serve = Callable[..., Receiver]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return what runs a receiver, until the test is over, with these replies."""
    with ExitStack() as stack:
        yield lambda *replies, issued=None: stack.enter_context(
            receiver(*replies, issued=issued, folder=tmp_path)
        )


@pytest.fixture
def pauses() -> list[float]:
    """Return a list whose ``append`` is a pause that takes no time."""
    return []
