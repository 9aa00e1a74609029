"""What could not be read: each cause once, with how many resources and targets it concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from troth.model import Reason
from troth.report.account import Listed

Row = Mapping[str, Any]

#: Reasons that say what a system does not offer or hold; nothing went wrong.
_NOT_OFFERED = (Reason.NOT_SUPPORTED, Reason.NO_DATA)


@dataclass
class Gap:
    """One cause: what could not be read by which checker, why, and where.

    ``message``, ``example`` (a resource, empty for a whole list) and ``file`` are those of the
    first of the ``count`` times.
    """

    checker: str
    what: str
    reason: str
    permission: str
    message: str
    example: str
    file: str
    targets: dict[str, None]
    count: int = 0


class Gaps:
    """Collects causes; memory grows with their number, never with that of the resources."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[tuple[str, ...], Gap] = {}

    def head(self, listed: Listed) -> None:
        """Add why a shard's list is not complete, if it is not."""
        if listed.failure:
            self._add(listed, "the list", listed.failure, "")

    def resource(self, listed: Listed, line: Row) -> None:
        """Add why facets and facts of a resource (a line of a shard) could not be read."""
        for what, failure in _failures(line):
            self._add(listed, what, failure, line["id"])

    def _add(self, listed: Listed, what: str, failure: Row, example: str) -> None:
        about = (listed.checker, what, failure["reason"], failure.get("permission", ""))
        gap = self._found.get(about)
        if gap is None:
            gap = Gap(*about, failure["message"], example, listed.file, {})
            self._found[about] = gap
        gap.targets[listed.target] = None
        gap.count += 1

    @property
    def errors(self) -> list[Gap]:
        """Return what went wrong: refused, unreachable, too late, broken."""
        return [gap for gap in self._found.values() if gap.reason not in _NOT_OFFERED]

    @property
    def others(self) -> list[Gap]:
        """Return what a system does not offer or hold."""
        return [gap for gap in self._found.values() if gap.reason in _NOT_OFFERED]


def _failures(line: Row) -> Iterator[tuple[str, Row]]:
    for facet, observation in line["facets"].items():
        if "failure" in observation:
            yield facet, observation["failure"]
        for fact, failure in observation.get("missing", {}).items():
            yield f"{facet}.{fact}", failure
