"""Where the web servers and balancers of a machine pass requests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth.checker import Facts, Failure, Listed, Reason, Resource, facet
from troth.checkers.host import legs
from troth.checkers.host.legs import Leg
from troth.checkers.host.web_files import WebFiles

_UNTOLD = Failure(Reason.NOT_SUPPORTED, "a machine does not see what lies beneath its network")


class ServiceLegs(WebFiles):
    """One resource for each address to which nginx, Apache httpd or HAProxy passes requests."""

    id = "host.service-leg"
    kind = "service-leg"
    lists = ("machine_name", "nginx_config", "apache_config", "haproxy_config")

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every leg once; what a configuration includes from elsewhere is told as a gap."""
        for place in sorted(self._legs()):
            yield Resource(self.own_id(f"leg:{place}"), place, self.partition.name)
        config = self.read("nginx_config")
        if config and config.unread:
            words = f"nginx includes {config.unread[0]}, which is not read; include it elsewhere"
            yield Listed(failure=Failure(Reason.NOT_SUPPORTED, words))

    @facet("carriage", uses=["nginx_config", "apache_config", "haproxy_config", "own_places"])
    def carriage(
        self, leg: Resource, by_nginx: Any, by_apache: str, by_haproxy: Any, own: Any
    ) -> Facts:
        """Return how requests are passed on; where to may be decided only when one comes."""
        found = _legs(by_nginx, by_apache, by_haproxy)[leg.name]
        names, addresses = own
        facts: dict[str, Any] = {"protection": "tls" if found.secure else "none"}
        missing = {"provider_encrypts": _UNTOLD}
        if there := legs.reach(found.host, names, addresses):
            facts["reach"] = there
        else:
            words = f"{leg.name} leads where a request says; write the address down"
            missing["reach"] = Failure(Reason.UNPROVEN, words)
        return Facts(facts, missing)

    def _legs(self) -> dict[str, Leg]:
        read = self.read
        return _legs(read("nginx_config"), read("apache_config"), read("haproxy_config"))


def _legs(by_nginx: Any, by_apache: str, by_haproxy: Any) -> dict[str, Leg]:
    """Return the legs by their place; a place that is plain anywhere is plain."""
    found: list[Leg] = []
    found += legs.of_nginx(by_nginx.directives) if by_nginx else []
    found += legs.of_apache(by_apache)
    found += legs.of_haproxy(by_haproxy) if by_haproxy else []
    made: dict[str, Leg] = {}
    for leg in sorted(found, key=lambda one: (one.place, not one.secure)):
        made[leg.place] = leg
    return made
