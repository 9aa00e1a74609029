"""Look at addresses through the checker as an engine would, against the kind's own schema."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tests.checkers.driver import Reader, Seen, observe
from troth.checkers.http.checker import Addresses
from troth.kinds import Kind, kind_from
from troth.model import Failure, Reason

#: Enough for a machine under load; those who wait for a timeout say so themselves.
PATIENT = {"timeout_seconds": 20.0, "deadline_seconds": 300.0}


@cache
def kind() -> Kind:
    return kind_from(yaml.safe_load((files("troth") / "kinds" / "http-endpoint.yaml").read_text()))


class Sight:
    """What was seen of one page: ``sight["facet.fact"]``, which must be there."""

    def __init__(self, facets: dict[str, Seen | Failure]) -> None:
        self._facets = facets
        for name, seen in facets.items():
            if isinstance(seen, Seen):
                assert kind().validate(name, seen, seen.missing) == []

    def __getitem__(self, path: str) -> Any:
        facet, _, fact = path.partition(".")
        seen = self._facets[facet]
        assert isinstance(seen, Seen), seen
        assert fact in seen, seen.missing.get(fact, "neither there nor missing")
        value = seen[fact]
        return value["items"] if isinstance(value, dict) else value

    def why(self, path: str) -> Failure:
        """Return why a fact is not there, or not complete."""
        facet, _, fact = path.partition(".")
        seen = self._facets[facet]
        if isinstance(seen, Failure):
            return seen
        if isinstance(seen.get(fact), dict):
            assert "complete" not in seen[fact]
        else:
            assert fact not in seen, seen[fact]
        return seen.missing[fact]

    def reason(self, path: str) -> Reason:
        return self.why(path).reason

    def raw(self, facet: str) -> Any:
        seen = self._facets[facet]
        assert isinstance(seen, Seen), seen
        return seen.raw


def look_all(*pages: Any, reader: Reader | None = None, **options: Any) -> dict[str, Sight]:
    """Return every page of a target by resource id."""
    target = {"id": "t", "type": "http", "pages": list(pages), **PATIENT, **options}
    assert Addresses.problems(target) == []
    ((_, listed, found),) = observe(Addresses, target, reader=reader)
    assert listed == []
    return {resource: Sight(facets) for resource, facets in found.items()}


def look(page: Any, **options: Any) -> Sight:
    """Return what is seen of one page."""
    (sight,) = look_all(page, **options).values()
    return sight
