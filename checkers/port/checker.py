"""The checker of TCP ports: what answers, against what a target says is published."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import (
    Call,
    Checker,
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Partition,
    Reason,
    Resource,
    call,
    facet,
)
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.network.places import endpoint_of
from troth.checkers.network.stream import Place
from troth.checkers.port import asked
from troth.checkers.port.scan import State, scan
from troth.checkers.port.speech import Door, Said, listen
from troth.errors import Place as At
from troth.errors import Problem

_TIMEOUT, _DEADLINE = 2.0, 10.0
_CONNECT = ["connect host:port"]


class Ports(Checker):
    """Every port that a target asks for at each of its hosts, as this machine meets it.

    What is met depends on where one stands, so the target must say it (``vantage``). UDP is not
    asked. Something between here and the host that takes every connection makes every port open.
    """

    id = "port.tcp"
    kind = "port"
    target_type = "ports"
    at_once = 64
    required_options = ("hosts", "vantage")
    options: ClassVar[Mapping[str, Any]] = {
        **asked.OPTIONS,
        "vantage": {
            "enum": ["outside", "inside", "vpn", "other-segment"],
            "description": "where the machine stands that runs troth",
        },
        "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _TIMEOUT},
        "deadline_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _DEADLINE},
    }

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return ``host:port`` of every port of every host."""
        return asked.egress(target)

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> Iterable[Problem]:
        """Return that a port or a range of ports is none."""
        wrong = asked.problem(target)
        return [Problem(At(str(target["id"])), wrong)] if wrong else []

    @call("tcp:Connect", actions=_CONNECT, per="key")
    def states(self, host: str) -> Mapping[int, State]:
        """Return the state of every port that is asked for at a host."""
        return shared().run(scan(host, asked.ports(self.target), self._seconds))

    @call("tcp:Speak", actions=_CONNECT, per="resource")
    def said(self, resource: Resource) -> Said:
        """Return what is spoken on a port; on one that is not open, nothing is tried."""
        endpoint = endpoint_of(resource.id)
        state = self.read("states", endpoint.host)[endpoint.port]
        if state.answers != "open":
            return Said("closed", "closed")
        deadline = Clock.of(float(self.target.get("deadline_seconds", _DEADLINE)))
        place = Place(state.address, endpoint.port)
        return shared().run(listen(Door.of(endpoint.host, place, deadline, self._seconds)))

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every port of every host; what is no host makes the list incomplete."""
        yield from asked.resources(self.target, self.partition.name)

    def host_of(self, resource: Resource) -> list[str]:
        """Return the host of a port: all its ports are asked together."""
        return [endpoint_of(resource.id).host]

    @facet("place")
    def place(self, resource: Resource) -> dict[str, Any]:
        """Return what the target says about a port."""
        endpoint = endpoint_of(resource.id)
        return {
            "number": endpoint.port,
            "published": endpoint.port in self._published(endpoint.host),
            "vantage": self.target["vantage"],
        }

    @facet("state", uses=["states"], keys="host_of")
    def state(self, resource: Resource, states: Any) -> Facts:
        """Compute whether the port answers."""
        state = _state(resource, states)
        raw = {"address": state.address} if state.address else {}
        return Facts({"answers": state.answers}, raw=raw)

    @facet("speech", uses=["states", "said"], keys="host_of")
    def speech(self, resource: Resource, states: Any, said: Said) -> Facts:
        """Compute what is spoken; a port whose state is not known may speak anything."""
        _state(resource, states)
        if said.failure is not None:
            return Facts({"anonymous": said.anonymous}, {"protection": said.failure})
        return Facts({"protection": said.protection, "anonymous": said.anonymous})

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Tell what kept a host from being asked; the names of these errors alone say little."""
        if isinstance(error, TimeoutError):
            return Failure(Reason.TIMEOUT, f"{declared.operation}: no connection or name in time")
        if isinstance(error, OSError):
            text = f"{declared.operation}: {error.strerror or type(error).__name__}"
            return Failure(Reason.UNREACHABLE, text)
        return None

    def _published(self, host: str) -> frozenset[int]:
        if host not in self._known:
            self._known[host] = frozenset(asked.published(self.target, host))
        return self._known[host]

    @functools.cached_property
    def _known(self) -> dict[str, frozenset[int]]:
        return {}

    @property
    def _seconds(self) -> float:
        return float(self.target.get("timeout_seconds", _TIMEOUT))


def _state(resource: Resource, states: Mapping[str, Mapping[int, State]]) -> State:
    endpoint = endpoint_of(resource.id)
    state = states[endpoint.host][endpoint.port]
    if state.failure is not None:
        why = state.failure
        raise ObservationFailed(why.reason, why.message, why.permission)
    return state
