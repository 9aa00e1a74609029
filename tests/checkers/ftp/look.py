"""Look at one endpoint through a checker, as an engine would; facts must fit their kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.checkers.driver import Reader, Seen, observe
from troth.catalogue.kinds import load_kind
from troth.checker import Checker, Failure

QUICK: Mapping[str, Any] = {"timeout_seconds": 1.0, "deadline_seconds": 4.0}
PATIENT: Mapping[str, Any] = {"timeout_seconds": 20.0, "deadline_seconds": 120.0}


class Sight(dict[str, Seen | Failure]):
    """The facets of one endpoint by name."""

    def values_of(self, facet: str) -> dict[str, Any]:
        """Return the facts of a facet that must have been read."""
        seen = self[facet]
        assert isinstance(seen, Seen), seen
        return dict(seen)

    def why(self, facet: str, fact: str) -> Failure:
        """Return why a fact is absent: it alone, or with its whole facet."""
        seen = self[facet]
        if isinstance(seen, Failure):
            return seen
        assert fact not in seen, seen[fact]
        return seen.missing[fact]


def look(checker: type[Checker], endpoint: Any, reader: Reader | None = None, **more: Any) -> Sight:
    target = {"id": "t", "type": checker.target_type, "endpoints": [endpoint], **PATIENT, **more}
    if isinstance(endpoint, int):
        target["endpoints"] = [f"127.0.0.1:{endpoint}"]
    ((_, listings, found),) = observe(checker, target, reader=reader)
    assert listings == []
    ((ident, facets),) = found.items()
    assert ident.startswith(f"{checker.target_type}://")
    kind = load_kind(checker.kind)
    for name, seen in facets.items():
        if isinstance(seen, Seen):
            assert kind.validate(name, seen, seen.missing) == []
    return Sight(facets)
