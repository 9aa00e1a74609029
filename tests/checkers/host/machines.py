"""Prepared file trees of machines. Every text in these tests was written by hand for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.checkers.driver import Seen, observe
from troth.catalogue.kinds import load_kind
from troth.checker import Checker, Listed
from troth.model import Failure

Facets = dict[str, dict[str, Any]]


class Tree:
    """A machine's file tree in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: str | bytes, mode: int = 0o644, mtime: int = 0) -> None:
        """Write a file of the machine, with its folders; ``mtime`` is a Unix time."""
        real = self.root / path.lstrip("/")
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(content.encode() if isinstance(content, str) else content)
        real.chmod(mode)
        if mtime:
            os.utime(real, (mtime, mtime))

    def look(self, checker: type[Checker], **options: Any) -> tuple[list[Listed], Facets]:
        """Observe the tree; every facet's facts must satisfy the kind."""
        target = {"id": "h", "type": "host", "root": str(self.root), "name": "web1"}
        return seen_of(checker, target | options)

    def only(self, checker: type[Checker], **options: Any) -> dict[str, Any]:
        """Observe the tree, of which the checker must make one resource; return its facets."""
        _, found = self.look(checker, **options)
        assert len(found) == 1, sorted(found)
        return next(iter(found.values()))


def seen_of(checker: type[Checker], target: Mapping[str, Any]) -> tuple[list[Listed], Facets]:
    """Observe a target of one partition; every facet's facts must satisfy the kind."""
    ((_, listed, found),) = observe(checker, target)
    kind = load_kind(checker.kind)
    for facets in found.values():
        for name, seen in facets.items():
            if isinstance(seen, Seen):
                assert kind.validate(name, seen, seen.missing) == []
            else:
                assert isinstance(seen, Failure)
    return listed, {name: dict(facets) for name, facets in found.items()}
