"""The base of checkers of endpoints that answer with replies: options, listing and clocks."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from troth.checker import Checker, Listed, Partition, Request, Resource, call, demand
from troth.checkers.network import places
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.network.stream import Place
from troth.checkers.spoken.caller import Caller

#: A silent peer takes the time twice, in plain and in TLS; the rest is for answers that follow.
_TIMEOUT, _DEADLINE = 4.0, 12.0
_Result = TypeVar("_Result")

#: The permission that the calls of these checkers need.
CONNECT = ["connect host:port"]


class Endpoints(Checker):
    """What the checkers of FTP and SMTP share; ``scheme`` begins the ids of their resources."""

    lists = ("named",)
    at_once = 64
    scheme: ClassVar[str]
    #: Whether every line of a reply has the code.
    every_line: ClassVar[bool]
    options: ClassVar[Mapping[str, Any]] = {
        **places.OPTIONS,
        "timeout_seconds": {
            "type": "number",
            "exclusiveMinimum": 0,
            "default": _TIMEOUT,
            "description": "for one conversation; more for servers that pause before they greet",
        },
        "deadline_seconds": {
            "type": "number",
            "exclusiveMinimum": 0,
            "default": _DEADLINE,
            "description": "for everything that one endpoint is asked",
        },
    }

    def __init__(
        self,
        target: Mapping[str, Any],
        partition: Partition,
        read: Any,
        requests: Mapping[str, Request],
    ) -> None:
        """Start every endpoint's time when it is first asked."""
        super().__init__(target, partition, read, requests)
        self._clocks: dict[str, Clock] = {}

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return ``host:port`` of every endpoint."""
        return places.egress(target)

    @call("file:endpoints", actions=["read endpoints_file"], per="partition")
    def named(self) -> Any:
        """Return the entries of the target and of its endpoints file."""
        return {"entries": places.entries(self.target)}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every endpoint once; an entry that is none makes the list incomplete."""
        found = demand(self.read("named"), "entries")
        yield from places.resources(found, self.scheme, self.partition.name)

    def caller(self, resource: Resource) -> Caller:
        """Return how to reach a resource, its clock running from the first time on."""
        endpoint = places.endpoint_of(resource.id)
        deadline = float(self.target.get("deadline_seconds", _DEADLINE))
        return Caller(
            Place(endpoint.address or endpoint.host, endpoint.port),
            endpoint.sent_name,
            self._clocks.setdefault(resource.id, Clock.of(deadline)),
            float(self.target.get("timeout_seconds", _TIMEOUT)),
            self.every_line,
        )

    @staticmethod
    def run(conversation: Coroutine[Any, Any, _Result]) -> _Result:
        """Hold a conversation on the event loop of all probes and return what came of it."""
        return shared().run(conversation)
