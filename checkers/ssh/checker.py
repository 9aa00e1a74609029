"""The checker of SSH endpoints: what each offers, which keys it has, how one may sign in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from troth.checker import (
    Checker,
    Facts,
    Listed,
    Partition,
    Request,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.network import places
from troth.checkers.network.places import endpoint_of

if TYPE_CHECKING:  # the event loop and cryptography are not loaded before something is asked
    from troth.checkers.ssh.answers import Answer, Opening
    from troth.checkers.ssh.probe import Inquiry

_TIMEOUT, _DEADLINE = 5.0, 10.0
_USER = "troth-probe"
_CONNECT = ["connect host:port"]


class Endpoints(Checker):
    """SSH endpoints named in troth.yaml or in a file, probed over the network.

    Up to three connections, each a call of its own: the first shows the lists and one host key,
    the second another key, the third one more and the ways to sign in. A key counts when the
    server has signed the key exchange with it. All go to the address that the first reached.

    What is not seen: keys beyond the third (``presented`` is then not complete), more than one
    key of a type, what a server settles by account or by the client's address, and whatever an
    account shows, such as SFTP. No password and no key is ever tried.
    """

    id = "ssh.endpoint"
    kind = "ssh-endpoint"
    target_type = "ssh"
    lists = ("named",)
    at_once = 64
    options: ClassVar[Mapping[str, Any]] = {
        **places.OPTIONS,
        "user": {
            "type": "string",
            "pattern": "^[!-~]{1,64}$",
            "default": _USER,
            "description": "the account for which the ways to sign in are asked",
        },
        "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _TIMEOUT},
        "deadline_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _DEADLINE},
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
        self._inquiries: dict[str, Inquiry] = {}
        self._lock = threading.Lock()

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return ``host:port`` of every endpoint."""
        return places.egress(target)

    @call("file:endpoints", actions=["read endpoints_file"], per="partition")
    def named(self) -> Any:
        """Return the entries of the target and of its endpoints file."""
        return {"entries": places.entries(self.target)}

    @call("ssh:KeyExchange", actions=_CONNECT, per="resource")
    def opening(self, resource: Resource) -> Opening:
        """Return the lists and the first host key, or why they were not shown."""
        return self._inquiry(resource).open()

    @call("ssh:SecondKey", actions=_CONNECT, per="resource")
    def second(self, resource: Resource) -> Answer | None:
        """Return what shows another host key, None if there is no other."""
        opening: Opening = self.read("opening", resource)
        return self._inquiry(resource).second(opening)

    @call("ssh:AuthenticationMethods", actions=_CONNECT, per="resource")
    def third(self, resource: Resource) -> Answer:
        """Return what shows one more host key, and the ways to sign in."""
        opening: Opening = self.read("opening", resource)
        return self._inquiry(resource).third(opening, str(self.target.get("user", _USER)))

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every endpoint once; an entry that is none makes the list incomplete."""
        found = demand(self.read("named"), "entries")
        yield from places.resources(found, "ssh", self.partition.name)

    @facet("algorithms", uses=["opening", "second", "third"])
    def algorithms(
        self, resource: Resource, opening: Opening, second: Answer | None, third: Answer
    ) -> Facts:
        """Compute what is offered in the key exchange."""
        from troth.checkers.ssh import facts

        return facts.algorithms(_all(opening, second, third))

    @facet("host_keys", uses=["opening", "second", "third"])
    def host_keys(
        self, resource: Resource, opening: Opening, second: Answer | None, third: Answer
    ) -> Facts:
        """Compute which keys are presented."""
        from troth.checkers.ssh import facts

        return facts.host_keys(_all(opening, second, third))

    @facet("authentication", uses=["opening", "third"])
    def authentication(self, resource: Resource, opening: Opening, third: Answer) -> Facts:
        """Compute how an account may sign in."""
        from troth.checkers.ssh import facts

        return facts.authentication(third)

    def _inquiry(self, resource: Resource) -> Inquiry:
        """Return the endpoint's inquiry, whose time goes on from one call to the next."""
        with self._lock:
            known = self._inquiries.get(resource.id)
            if known is None:
                known = self._inquiries[resource.id] = self._begun(resource)
            return known

    def _begun(self, resource: Resource) -> Inquiry:
        from troth.checkers.network.stream import Place
        from troth.checkers.ssh.probe import Inquiry

        endpoint = endpoint_of(resource.id)
        return Inquiry(
            Place(endpoint.address or endpoint.host, endpoint.port),
            float(self.target.get("timeout_seconds", _TIMEOUT)),
            float(self.target.get("deadline_seconds", _DEADLINE)),
        )


def _all(opening: Opening, second: Answer | None, third: Answer) -> list[Answer]:
    return [opening.answer, *([second] if second else []), third]
