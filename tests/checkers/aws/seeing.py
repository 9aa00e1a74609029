"""Look at a target with one checker and hold what it saw against its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tests.checkers.driver import Reader, Seen, observe
from troth.checker import Checker
from troth.kinds import Kind, kind_from
from troth.model import Failure


@cache
def _kind(name: str) -> Kind:
    return kind_from(yaml.safe_load((files("troth") / "kinds" / f"{name}.yaml").read_text()))


@dataclass
class Sight:
    """Everything one checker saw at a target, over all partitions, by resource id."""

    resources: dict[str, dict[str, Seen | Failure]]
    incomplete: list[Failure]
    made: dict[str, int]

    def facts(self, resource: str, facet: str) -> Seen:
        """Return the facts of a facet that must have been read."""
        seen = self.resources[resource][facet]
        assert isinstance(seen, Seen), seen
        return seen

    def failure(self, resource: str, facet: str) -> Failure:
        """Return why a facet that must not have been read was not."""
        seen = self.resources[resource][facet]
        assert isinstance(seen, Failure), seen
        return seen


def see(checker: type[Checker], target: Mapping[str, Any]) -> Sight:
    """Observe every facet; each good one must be what the kind allows."""
    sight, reader = Sight({}, [], {}), Reader(frozenset())
    for _, listed, resources in observe(checker, target, reader=reader):
        sight.incomplete += [each.failure for each in listed if each.failure]
        assert not sight.resources.keys() & resources.keys(), "one resource in two partitions"
        sight.resources |= resources
    sight.made = dict(reader.made)
    for facets in sight.resources.values():
        for facet, seen in facets.items():
            if isinstance(seen, Seen):
                assert _kind(checker.kind).validate(facet, seen, seen.missing) == []
    return sight
