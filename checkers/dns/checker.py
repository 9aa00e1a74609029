"""The checker of names: asks the resolvers that the target names, and computes five facets."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from troth.checkers.dns import addresses, authority, issuers, mail, names, resolvers, services
from troth.checkers.dns.ranges import PROVIDERS, Published
from troth.checkers.dns.records import Answer, Look, failed
from troth.checkers.network import places
from troth.checkers.network.clock import Clock

_TIMEOUT, _DEADLINE = 2.0, 8.0
_SCHEME = "dns:"
_LATE = failed(Reason.TIMEOUT, "the name's time was spent; raise deadline_seconds or look again")


class Names(Checker):
    """Names of troth.yaml or of a file, as the named resolvers know them.

    Resolvers are believed: signatures (DNSSEC) are not verified here, and what other resolvers
    would say is not known. Every question is asked once a run, whoever needs it.
    """

    id = "dns.name"
    kind = "dns-name"
    target_type = "dns"
    lists = ("named",)
    client_library = ("dns", "troth[http]")
    at_once = 16
    options: ClassVar[Mapping[str, Any]] = {
        "names": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "names_file": {"type": "string", "description": "more names, one a line, # is a comment"},
        "resolvers": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {"type": "string", "pattern": "^[0-9a-fA-F.:\\[\\]]+$"},
            "description": "ip, ip:port or [ip]:port; default: those of /etc/resolv.conf",
        },
        "ranges": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["provider", "file"],
                "additionalProperties": False,
                "properties": {"provider": {"enum": list(PROVIDERS)}, "file": {"type": "string"}},
            },
            "description": "copies of ip-ranges.json (aws) and cloud.json or goog.json (gcp)",
        },
        "services": {
            "type": "array",
            "items": {"type": "string", "pattern": "^_[A-Za-z0-9-]+\\._[A-Za-z]+$"},
            "description": "SRV services to ask for below each name: _sips._tcp",
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
        """Start every name's time when it is first asked."""
        super().__init__(target, partition, read, requests)
        self._clocks: dict[str, Clock] = {}
        self._lock = threading.Lock()

    @classmethod
    def egress(cls, target: Mapping[str, Any], partition: Partition) -> Sequence[str]:
        """Return ``address:port`` of every resolver; of none if they cannot be read."""
        try:
            return sorted({one.authority for one in resolvers.named(target)})
        except ObservationFailed:
            return ()

    @call("file:names", actions=["read names_file"], per="partition")
    def named(self) -> Any:
        """Return the names of the target and of its file, as written."""
        if "names" not in self.target and "names_file" not in self.target:
            text = f"target {self.target['id']} has neither names nor a names_file"
            raise ObservationFailed(Reason.NO_DATA, text)
        found = list(self.target.get("names", ()))
        if "names_file" in self.target:
            path = Path(self.target.get("base_dir", ".")) / self.target["names_file"]
            try:
                found += places.file_entries(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                text = f"names_file {path} cannot be read: {error}"
                raise ObservationFailed(Reason.NO_DATA, text) from error
        return {"names": found}

    @call("file:ranges", actions=["read ranges"], per="partition")
    def published(self) -> Any:
        """Return the lists of the clouds' addresses; what cannot be read is told in them."""
        return Published.of(self.target)

    @call("dns:Query", actions=["ask resolver"], per="key")
    def answer(self, question: str) -> Any:
        """Return the answer to ``name type``, which may be a failure: it is that question's."""
        name, _, wanted = question.rpartition(" ")
        return self._asker.ask(name, wanted)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every name once; what is no name makes the list incomplete."""
        seen: set[str] = set()
        for text in demand(self.read("named"), "names"):
            try:
                name = names.normal(text)
            except ValueError as error:
                yield Listed(failure=Failure(Reason.MALFORMED_RESPONSE, str(error)))
                continue
            if name not in seen:
                seen.add(name)
                yield Resource(_SCHEME + name, name, self.partition.name)

    @facet("addresses", uses=["answer", "published"], keys="asked_for_addresses")
    def addresses(self, resource: Resource, answers: Any, published: Published) -> Facts:
        """Compute where the name leads."""
        return addresses.facts(_recorded(answers), resource.name, published)

    @facet("authority", uses=["answer"], keys="asked_for_authority")
    def authority(self, resource: Resource, answers: Any) -> Facts:
        """Compute who answers for the zone."""
        return authority.facts(_recorded(answers), resource.name)

    @facet("issuers", uses=["answer"], keys="asked_for_issuers")
    def issuers(self, resource: Resource, answers: Any) -> Facts:
        """Compute who may issue certificates."""
        return issuers.facts(_recorded(answers), resource.name)

    @facet("mail", uses=["answer"], keys="asked_for_mail")
    def mail(self, resource: Resource, answers: Any) -> Facts:
        """Compute where mail goes and how it is vouched for."""
        return mail.facts(_recorded(answers), resource.name)

    @facet("services", uses=["answer"], keys="asked_for_services")
    def services(self, resource: Resource, answers: Any) -> Facts:
        """Compute the servers of services."""
        return services.facts(_recorded(answers), resource.name, self._services)

    def asked_for_addresses(self, resource: Resource) -> set[str]:
        """Return the questions of the facet ``addresses``; asks them."""
        # Whose the addresses are is of no matter here.
        return self._asked(resource, lambda look, name: addresses.facts(look, name, Published()))

    def asked_for_authority(self, resource: Resource) -> set[str]:
        """Return the questions of the facet ``authority``; asks them."""
        return self._asked(resource, authority.facts)

    def asked_for_issuers(self, resource: Resource) -> set[str]:
        """Return the questions of the facet ``issuers``; asks them."""
        return self._asked(resource, issuers.facts)

    def asked_for_mail(self, resource: Resource) -> set[str]:
        """Return the questions of the facet ``mail``; asks them."""
        return self._asked(resource, mail.facts)

    def asked_for_services(self, resource: Resource) -> set[str]:
        """Return the questions of the facet ``services``; asks them."""
        return self._asked(resource, lambda look, name: services.facts(look, name, self._services))

    def _asked(self, resource: Resource, facts: Callable[[Look, str], Facts]) -> set[str]:
        """Compute a facet for the sake of the questions that it leads to, within the time."""
        with self._lock:
            deadline = float(self.target.get("deadline_seconds", _DEADLINE))
            clock = self._clocks.setdefault(resource.id, Clock.of(deadline))
        asked: set[str] = set()

        def look(name: str, wanted: str) -> Answer:
            question = f"{name} {wanted}"
            if not clock.left and question not in asked:
                return _LATE
            asked.add(question)
            answer: Answer = self.read("answer", question)
            return answer

        with contextlib.suppress(ObservationFailed):  # the facet itself will say so
            facts(look, resource.name)
        return asked

    @functools.cached_property
    def _asker(self) -> resolvers.Asker:
        seconds = float(self.target.get("timeout_seconds", _TIMEOUT))
        return resolvers.Asker(resolvers.named(self.target), seconds)

    @property
    def _services(self) -> list[str]:
        return [service.lower() for service in self.target.get("services", ())]


def _recorded(answers: Mapping[str, Answer]) -> Look:
    """Return a look at what was answered; what was not asked for want of time says so."""
    return lambda name, wanted: answers.get(f"{name} {wanted}", _LATE)
