"""Look at ports through the checker as an engine would."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tests.checkers.driver import Reader, Seen, observe
from troth.checkers.port.checker import Ports
from troth.kinds import Kind, kind_from
from troth.model import Failure

SHORT = {"timeout_seconds": 0.5, "deadline_seconds": 5}


@cache
def kind() -> Kind:
    return kind_from(yaml.safe_load((files("troth") / "kinds" / "port.yaml").read_text()))


class Look:
    """The facets of all ports of some hosts."""

    def __init__(self, hosts: list[str], ports: list[Any], **options: Any) -> None:
        target = {"id": "t", "type": "ports", "hosts": hosts, "ports": ports, "vantage": "inside"}
        self.reader = Reader(frozenset())
        ((_, self.listed, self.found),) = observe(
            Ports, target | SHORT | options, reader=self.reader
        )
        for facets in self.found.values():
            for facet, seen in facets.items():
                if isinstance(seen, Seen):
                    assert kind().validate(facet, seen, seen.missing) == []

    def facet(self, place: str, facet: str) -> Seen:
        """Return a facet of ``host:port``, which must have been read."""
        seen = self.found[f"tcp://{place}"][facet]
        assert isinstance(seen, Seen), seen
        return seen

    def state(self, place: str) -> str:
        """Return whether a port answers."""
        return str(self.facet(place, "state")["answers"])

    def speech(self, place: str) -> tuple[str, str]:
        """Return protection and anonymous answer of a port."""
        seen = self.facet(place, "speech")
        assert not seen.missing, seen.missing
        return seen["protection"], seen["anonymous"]

    def why(self, place: str, facet: str, fact: str = "") -> Failure:
        """Return why a facet, or one fact of it, is not known."""
        seen = self.found[f"tcp://{place}"][facet]
        if isinstance(seen, Failure):
            return seen
        assert fact, seen
        return seen.missing[fact]
