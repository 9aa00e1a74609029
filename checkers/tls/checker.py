"""The checker of TLS endpoints: what each speaks, presents and can be trusted for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from troth.checker import (
    Checker,
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Partition,
    Reason,
    Request,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.tls import certificates, facts, net, selfcheck, stores, trust
from troth.checkers.tls.answers import Answer
from troth.checkers.tls.endpoints import Endpoint, endpoint_of, file_entries, read_endpoint
from troth.checkers.tls.facts import Evidence
from troth.checkers.tls.probe import Budget, Inquiry, examine, open_endpoint
from troth.checkers.tls.questions import CIPHERS, OFFERS, VERSIONS, Offer, Question

_TIMEOUT, _DEADLINE = 5.0, 30.0
_CONNECT = ["connect host:port"]


class Endpoints(Checker):
    """TLS endpoints named in troth.yaml or in a file, probed over the network.

    Three groups of questions, each a call of its own, follow one opening handshake; a facet that
    no clause reads is not asked for. All questions go to the address that the opening reached;
    further addresses of a name are endpoints of their own, by ``address``.

    What is not seen: servers that take pre-shared keys only (nothing is claimed about them), more
    than one certificate of a key's family, and whether a peer holds the key of its certificate,
    because no handshake is finished. STARTTLS is not spoken.
    """

    id = "tls.endpoint"
    kind = "tls-endpoint"
    target_type = "tls"
    lists = ("named",)
    options: ClassVar[Mapping[str, Any]] = {
        "endpoints": {
            "type": "array",
            "items": {
                "type": ["string", "object"],
                "pattern": "^\\S+:[0-9]+$",
                "required": ["host", "port"],
                "additionalProperties": False,
                "properties": {
                    "host": {"type": "string"},
                    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                    "address": {"type": "string"},
                    "server_name": {"type": "string"},
                },
            },
            "description": "host:port, [address]:port, or {host, port, address, server_name}",
        },
        "endpoints_file": {
            "type": "string",
            "description": "more endpoints, one host:port a line, # starts a comment",
        },
        "trust_store": {
            "type": "string",
            "description": "PEM file of the trusted authorities; default: this machine's store",
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
        self._budgets: dict[str, Budget] = {}
        self._lock = threading.Lock()

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return ``host:port`` of every endpoint; of an unreadable file none, as none is asked."""
        try:
            entries = _entries(target)
        except ObservationFailed:
            entries = list(target.get("endpoints", ()))
        return sorted({endpoint.connects_to for endpoint, _ in _read(entries) if endpoint})

    @call("file:endpoints", actions=["read endpoints_file"], per="partition")
    def named(self) -> Any:
        """Return the entries of the target and of its endpoints file."""
        return {"entries": _entries(self.target)}

    @call("file:trust-store", actions=["read trust_store"], per="partition")
    def anchors(self) -> Any:
        """Return the trust anchors as base64 DER, or the problem with reading them."""
        given = self.target.get("trust_store")
        return stores.read_store(_path(self.target, given) if given else None)

    @call("tls:Hello", actions=_CONNECT, per="resource")
    def hello(self, resource: Resource) -> Any:
        """Return the answer to the first hello that was accepted; raise if none was."""
        problem = selfcheck.problem()
        if problem:
            raise ObservationFailed(Reason.UNPROVEN, f"the prober cannot ask: {problem}")
        inquiry = self._inquiry(resource, "")
        answer = facts.opening(open_endpoint(inquiry))
        return {"opening": answer.as_json(), "seen_at": datetime.now(UTC).isoformat()}

    @call("tls:Versions", actions=_CONNECT, per="resource")
    def version_answers(self, resource: Resource) -> Any:
        """Return the answers about every version but the one already spoken."""
        spoken = _opening(self.read("hello", resource)).version
        asked = [each for each in VERSIONS if max(each.offers[0].versions) != spoken]
        return self._examine(resource, asked)

    @call("tls:Ciphers", actions=_CONNECT, per="resource")
    def cipher_answers(self, resource: Resource) -> Any:
        """Return the answers about strong and weak suites."""
        return self._examine(resource, CIPHERS)

    @call("tls:Certificates", actions=_CONNECT, per="resource")
    def certificate_answers(self, resource: Resource) -> Any:
        """Return the answers of clients that take RSA, and elliptic curves, only."""
        asked = certificates.questions(_opening(self.read("hello", resource)))
        return self._examine(resource, asked)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every endpoint once; an entry that is none makes the list incomplete."""
        seen: set[str] = set()
        for endpoint, problem in _read(demand(self.read("named"), "entries")):
            if endpoint is None:
                yield Listed(failure=Failure(Reason.MALFORMED_RESPONSE, problem))
            elif endpoint.id not in seen:
                seen.add(endpoint.id)
                yield Resource(endpoint.id, endpoint.authority, self.partition.name)

    @facet("versions", uses=["hello", "version_answers"])
    def versions(self, resource: Resource, hello: Any, answers: Any) -> Facts:
        """Compute which versions are spoken."""
        return facts.versions(_opening(hello), Evidence.from_json(answers))

    @facet("ciphers", uses=["hello", "cipher_answers"])
    def ciphers(self, resource: Resource, hello: Any, answers: Any) -> Facts:
        """Compute how strong the session ciphers are."""
        return facts.ciphers(_opening(hello), Evidence.from_json(answers))

    @facet("certificates", uses=["hello", "certificate_answers"])
    def certificates(self, resource: Resource, hello: Any, answers: Any) -> Facts:
        """Compute which certificates are presented."""
        return certificates.presented(_opening(hello), Evidence.from_json(answers))

    @facet("trust", uses=["hello", "certificate_answers", "anchors"])
    def trust(self, resource: Resource, hello: Any, answers: Any, anchors: Any) -> Facts:
        """Compute whether every leaf that is presented can be believed."""
        opening, evidence = _opening(hello), Evidence.from_json(answers)
        return trust.judge(
            certificates.chains(opening, evidence),
            certificates.unseen(opening, evidence),
            endpoint_of(resource.id).expected_name,
            datetime.fromisoformat(demand(hello, "seen_at")),
            anchors,
        )

    def _examine(self, resource: Resource, questions: Iterable[Question]) -> Any:
        opening = _opening(self.read("hello", resource))
        inquiry = self._inquiry(resource, opening.peer)
        answers = examine(inquiry, questions, OFFERS[opening.offer])
        return Evidence(opening.offer, tuple(answers)).as_json()

    def _inquiry(self, resource: Resource, peer: str) -> Inquiry:
        """``peer`` is the address that the opening reached; one name may have several."""
        endpoint = endpoint_of(resource.id)
        place = net.Address(
            peer or endpoint.address or endpoint.host, endpoint.port, endpoint.sent_name
        )

        def ask(offer: Offer, seconds: float) -> Answer:
            return net.ask(place, offer, seconds)

        deadline = float(self.target.get("deadline_seconds", _DEADLINE))
        with self._lock:
            budget = self._budgets.setdefault(resource.id, Budget(deadline))
        # A third at most, or there would be no time to close with the control.
        timeout = min(float(self.target.get("timeout_seconds", _TIMEOUT)), deadline / 3)
        return Inquiry(ask, budget, timeout)


def _opening(hello: Any) -> Answer:
    return Answer.from_json(demand(hello, "opening"))


def _path(target: Mapping[str, Any], given: str) -> Path:
    return Path(target.get("base_dir", ".")) / given


def _entries(target: Mapping[str, Any]) -> list[Any]:
    if "endpoints" not in target and "endpoints_file" not in target:
        text = f"target {target['id']} names neither endpoints nor an endpoints_file"
        raise ObservationFailed(Reason.NO_DATA, text)
    entries = list(target.get("endpoints", ()))
    if "endpoints_file" in target:
        path = _path(target, target["endpoints_file"])
        try:
            entries += file_entries(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            text = f"endpoints_file {path} cannot be read: {error}"
            raise ObservationFailed(Reason.NO_DATA, text) from error
    return entries


def _read(entries: Iterable[Any]) -> Iterator[tuple[Endpoint | None, str]]:
    """Yield each endpoint, or None and what is wrong with its entry."""
    for entry in entries:
        try:
            yield read_endpoint(entry), ""
        except ValueError as error:
            yield None, str(error)
