"""The checker of TLS endpoints: what each speaks, presents and can be trusted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from troth.checker import (
    Checker,
    Facts,
    Listed,
    ObservationFailed,
    Partition,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.network import places
from troth.checkers.network.clock import Clock
from troth.checkers.network.loop import shared
from troth.checkers.network.places import endpoint_of
from troth.checkers.tls import certificates, facts, net, selfcheck, staples, stores, trust
from troth.checkers.tls.answers import Answer
from troth.checkers.tls.evidence import Evidence, Probed
from troth.checkers.tls.probe import Probe
from troth.checkers.tls.questions import Offer

_TIMEOUT, _DEADLINE = 5.0, 10.0


class Endpoints(Checker):
    """TLS endpoints named in troth.yaml or in a file, probed over the network.

    One call asks an endpoint everything, each question chosen by the answers so far, and ends with
    one control. All questions go to the address that the opening reached; further addresses of a
    name are endpoints of their own, by ``address``. Where the endpoint has ``starttls``, that
    protocol is spoken until TLS begins; a server that refuses it is ``not-supported``.

    What is not seen: SSL 2.0, which has another form of hello; servers that take pre-shared
    keys only (nothing is claimed about them), more than one certificate of a key's family, and
    whether a peer holds the key of its certificate, because no handshake is finished. Only the
    first address of a name that takes a connection is asked; of servers that share one address
    by turns, what each answered counts, and the versions of one may hide another's. A server
    that says protocol_version to a hello is taken to refuse all that the hello offers.
    """

    id = "tls.endpoint"
    kind = "tls-endpoint"
    target_type = "tls"
    at_once = 64
    lists = ("named",)
    options: ClassVar[Mapping[str, Any]] = {
        **places.OPTIONS,
        "trust_store": {
            "type": "string",
            "description": "PEM file of the trusted authorities; default: this machine's store",
        },
        "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _TIMEOUT},
        "deadline_seconds": {"type": "number", "exclusiveMinimum": 0, "default": _DEADLINE},
    }

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return ``host:port`` of every endpoint."""
        return places.egress(target)

    @call("file:endpoints", actions=["read endpoints_file"], per="partition")
    def named(self) -> Any:
        """Return the entries of the target and of its endpoints file."""
        return {"entries": places.entries(self.target)}

    @call("file:trust-store", actions=["read trust_store"], per="partition")
    def anchors(self) -> Any:
        """Return the trust anchors as base64 DER, or the problem with reading them."""
        given = self.target.get("trust_store")
        return stores.read_store(_path(self.target, given) if given else None)

    @call("tls:Probe", actions=["connect host:port"], per="resource")
    def probe(self, resource: Resource) -> Probed:
        """Return every answer of one endpoint; raise if it accepted no hello."""
        problem = selfcheck.problem()
        if problem:
            raise ObservationFailed(Reason.UNPROVEN, f"the prober cannot ask: {problem}")
        evidence = shared().run(self._examine(resource))
        evidence.opening  # noqa: B018 - raises why there is none
        return Probed(evidence, datetime.now(UTC))

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every endpoint once; an entry that is none makes the list incomplete."""
        found = demand(self.read("named"), "entries")
        yield from places.resources(found, "tls", self.partition.name)

    @facet("versions", uses=["probe"])
    def versions(self, resource: Resource, probed: Probed) -> Facts:
        """Compute which versions are spoken."""
        return facts.versions(probed.evidence)

    @facet("ciphers", uses=["probe"])
    def ciphers(self, resource: Resource, probed: Probed) -> Facts:
        """Compute how strong the session ciphers are."""
        return facts.ciphers(probed.evidence)

    @facet("certificates", uses=["probe"])
    def certificates(self, resource: Resource, probed: Probed) -> Facts:
        """Compute which certificates are presented."""
        return certificates.presented(probed.evidence)

    @facet("trust", uses=["probe", "anchors"])
    def trust(self, resource: Resource, probed: Probed, anchors: Any) -> Facts:
        """Compute whether every leaf that is presented can be believed."""
        return trust.judge(
            certificates.chains(probed.evidence),
            certificates.unseen(probed.evidence),
            endpoint_of(resource.id).expected_name,
            probed.seen_at,
            anchors,
        )

    @facet("stapling", uses=["probe", "anchors"])
    def stapling(self, resource: Resource, probed: Probed, anchors: Any) -> Facts:
        """Compute whether every leaf that is presented came with an OCSP response."""
        return staples.judge(probed.evidence, certificates.unseen(probed.evidence), anchors)

    async def _examine(self, resource: Resource) -> Evidence:
        endpoint = endpoint_of(resource.id)
        clock = Clock.of(float(self.target.get("deadline_seconds", _DEADLINE)))
        timeout = float(self.target.get("timeout_seconds", _TIMEOUT))
        peer = endpoint.address or endpoint.host

        async def put(offer: Offer, seconds: float) -> Answer:
            nonlocal peer
            place = net.Address(peer, endpoint.port, endpoint.sent_name, endpoint.starttls)
            answer = await net.ask(place, offer, clock, seconds)
            if answer.yes:
                peer = answer.peer  # a name may have several addresses
            return answer

        return await Probe(put, clock, timeout).examine()


def _path(target: Mapping[str, Any], given: str) -> Path:
    return Path(target.get("base_dir", ".")) / given
