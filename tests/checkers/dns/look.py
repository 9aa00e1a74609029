"""Look at one name with chosen facets, through the checker as an engine would."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tests.checkers.driver import Seen, observe
from troth.checkers.dns.checker import Names
from troth.kinds import Kind, kind_from
from troth.model import Failure, Reason


@cache
def kind() -> Kind:
    return kind_from(yaml.safe_load((files("troth") / "kinds" / "dns-name.yaml").read_text()))


class Look:
    """All facets of one name; a fact that is asked for must be there."""

    def __init__(self, name: str, port: int, **options: Any) -> None:
        target = {"id": "t", "type": "dns", "names": [name], "resolvers": [f"127.0.0.1:{port}"]}
        ((_, listed, found),) = observe(Names, target | options)
        assert not listed
        ((self.id, self.facets),) = found.items()
        for facet, seen in self.facets.items():
            if isinstance(seen, Seen):
                assert kind().validate(facet, seen, seen.missing) == []

    def __call__(self, facet: str, fact: str) -> Any:
        """Return a fact; a list must be complete."""
        seen = self.facets[facet]
        assert isinstance(seen, Seen), seen
        assert fact in seen, seen.missing.get(fact)
        if isinstance(seen[fact], dict):
            assert seen[fact].get("complete"), seen.missing.get(fact)
            return seen[fact]["items"]
        return seen[fact]

    def part(self, facet: str, fact: str) -> list[Any]:
        """Return what is known of a list that must not claim to be complete."""
        seen = self.facets[facet]
        assert isinstance(seen, Seen), seen
        assert "complete" not in seen[fact]
        items: list[Any] = seen[fact]["items"]
        return items

    def why(self, facet: str, fact: str = "") -> Failure:
        """Return why a facet, or one fact of it, is not known."""
        seen = self.facets[facet]
        if isinstance(seen, Failure):
            return seen
        assert fact, f"the facet {facet} was read: {seen}"
        return seen.missing[fact]

    def reason(self, facet: str, fact: str = "") -> Reason:
        """Return the reason of :meth:`why`."""
        return self.why(facet, fact).reason
