"""Which kernel runs and which are installed; pure functions of names."""

from __future__ import annotations

import re

_FLAVOUR = re.compile(r"(?<=\d)[-+]([a-z][a-z0-9+-]*)$")


def own(running: str, installed: list[str]) -> str:
    """Return ``newest``, ``older`` or ``none``: whether the newest kernel of its flavour runs.

    ``none`` tells that the running one is not installed here and nothing newer of its flavour is:
    it belongs to the provider, as in a container.
    """
    alike = [name for name in installed if _flavour(name) == _flavour(running)]
    if any(_rank(name) > _rank(running) for name in alike):
        return "older"
    return "newest" if running in alike else "none"


def _flavour(release: str) -> str:
    found = _FLAVOUR.search(release)
    return found[1] if found else ""


def _rank(release: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|[a-z]+", release[:200])
    return [(1, int(one), "") if one.isdigit() else (0, 0, one) for one in parts]
