"""Look at one endpoint with chosen facets, through the checker as an engine would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from tests.checkers.driver import Reader
from troth.checker import Facts, Listed, ObservationFailed, Partition, Resource, check_declaration
from troth.checkers.tls.checker import Endpoints
from troth.kinds import Kind, kind_from
from troth.model import Failure, Reason

#: Patient with a busy machine; where a peer will never answer, tests say less.
LEAVES = {"timeout_seconds": 10.0, "deadline_seconds": 300.0}


@cache
def kind() -> Kind:
    return kind_from(yaml.safe_load((files("troth") / "kinds" / "tls-endpoint.yaml").read_text()))


@dataclass(frozen=True)
class Sight:
    """What was seen of one facet; every fact that is asked for must be there."""

    values: Mapping[str, Any]
    missing: Mapping[str, Failure]
    raw: Mapping[str, Any]

    def __getitem__(self, fact: str) -> Any:
        assert fact in self.values, self.missing.get(fact, "neither there nor missing")
        return self.values[fact]

    def reason(self, fact: str) -> Reason:
        """Return why a fact is absent."""
        assert fact not in self.values, self.values[fact]
        return self.missing[fact].reason


class Look:
    """One target with one endpoint; calls are made once, like in a run."""

    def __init__(
        self,
        endpoint: Any,
        trust_store: Path | None = None,
        reader: Reader | None = None,
        **options: Any,
    ) -> None:
        self.target = {"id": "t", "type": "tls", "endpoints": [endpoint], **LEAVES, **options}
        if trust_store is not None:
            self.target["trust_store"] = str(trust_store)
        self.reader = reader or Reader(frozenset())
        check_declaration(Endpoints)
        (partition,) = Endpoints.partitions(self.target)
        self.checker = Endpoints(self.target, partition, self.reader, {})

    @property
    def resource(self) -> Resource:
        (found,) = self.checker.resources()
        assert isinstance(found, Resource), found
        return found

    def facet(self, name: str) -> Sight:
        """Return a facet's facts, which must fit the kind; raises ObservationFailed."""
        declared = Endpoints.facets()[name]
        resource = self.resource
        responses = [
            self.reader(
                self.checker,
                used,
                *([resource] if Endpoints.calls()[used].per == "resource" else []),
            )
            for used in declared.uses
        ]
        made = declared.function(self.checker, resource, *responses)
        assert isinstance(made, Facts)
        assert kind().validate(name, made.values, made.missing) == []
        return Sight(made.values, made.missing, made.raw)

    def failure(self, name: str) -> Failure:
        """Return why a facet cannot be read."""
        try:
            seen = self.facet(name)
        except ObservationFailed as error:
            return error.failure
        raise AssertionError(seen)


def listed(target: Mapping[str, Any]) -> list[Resource | Listed]:
    """Return what a target lists."""
    checker = Endpoints(target, Partition("t"), Reader(frozenset()), {})
    return list(checker.resources())
