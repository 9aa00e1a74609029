"""Look at one endpoint with chosen facets, through the checker as an engine would."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tests.checkers.driver import Observed, Reader, Seen, observe
from troth.checker import Listed
from troth.checkers.ssh.checker import Endpoints
from troth.kinds import Kind, kind_from
from troth.model import Failure, Reason

#: Long where a real server answers on a busy machine.
PATIENT: Mapping[str, Any] = {"timeout_seconds": 30.0, "deadline_seconds": 90.0}
FACETS = ("algorithms", "host_keys", "authentication")


@cache
def kind() -> Kind:
    return kind_from(yaml.safe_load((files("troth") / "kinds" / "ssh-endpoint.yaml").read_text()))


class Sight:
    """What was seen of one endpoint; every facet must fit the kind."""

    def __init__(self, seen: Mapping[str, Seen | Failure]) -> None:
        self._seen = seen
        for name, facet in seen.items():
            if not isinstance(facet, Failure):
                assert kind().validate(name, facet, facet.missing) == []

    def __getitem__(self, name: str) -> Seen:
        facet = self._seen[name]
        assert not isinstance(facet, Failure), facet
        return facet

    def items(self, name: str, fact: str) -> set[str]:
        """Return a list fact that must be complete."""
        assert self[name][fact].get("complete") is True, self[name].missing
        return set(self[name][fact]["items"])

    def failure(self, name: str) -> Failure:
        facet = self._seen[name]
        assert isinstance(facet, Failure), facet
        return facet

    @property
    def reasons(self) -> set[Reason]:
        """Return why each facet could not be read; every one must have failed."""
        return {self.failure(name).reason for name in FACETS}

    @property
    def messages(self) -> list[str]:
        return [self.failure(name).message for name in FACETS]


def look(endpoint: Any, reader: Reader | None = None, **options: Any) -> Sight:
    """Return what all facets of one endpoint show."""
    target = {"id": "t", "type": "ssh", "endpoints": [endpoint], **PATIENT, **options}
    ((_, listings, found),) = observed(target, reader)
    assert listings == []
    ((_, seen),) = found.items()
    return Sight(seen)


def observed(target: Mapping[str, Any], reader: Reader | None = None) -> list[Observed]:
    return observe(Endpoints, target, reader=reader)


def listed(target: Mapping[str, Any]) -> tuple[list[Listed], list[str]]:
    """Return what is said about a target's list, and the ids that stand in it, unobserved."""
    (partition,) = Endpoints.partitions(target)
    rows = list(Endpoints(target, partition, Reader(frozenset()), {}).resources())
    told = [row for row in rows if isinstance(row, Listed)]
    return told, [row.id for row in rows if not isinstance(row, Listed)]
