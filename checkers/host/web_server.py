"""The web servers of a machine, as they are told to work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth.checker import Facts, Failure, Listed, Reason, Resource, complete, facet, partial
from troth.checkers.host import forwarded
from troth.checkers.host.web_files import WebFiles


class WebServers(WebFiles):
    """One resource for nginx, and one for Apache httpd, where a configuration of them is."""

    id = "host.web-server"
    kind = "web-server"
    lists = ("machine_name", "nginx_config", "apache_config")

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the programs."""
        found = {"nginx": self.read("nginx_config"), "apache": self.read("apache_config").strip()}
        for name in sorted(name for name, config in found.items() if config):
            yield Resource(self.own_id(f"web-server:{name}"), name, self.partition.name)

    @facet("client_address", uses=["nginx_config", "apache_config"])
    def client_address(self, server: Resource, by_nginx: Any, by_apache: str) -> Facts:
        """Return by whom an address is believed; a file that is not read may say more."""
        if server.name == "apache":
            return Facts({"believed": complete(_rows(forwarded.of_apache(by_apache)))})
        rows = _rows(forwarded.of_nginx(by_nginx.directives))
        if not by_nginx.unread:
            return Facts({"believed": complete(rows)})
        words = f"nginx includes {by_nginx.unread[0]}, which is not read; include it elsewhere"
        why = Failure(Reason.NOT_SUPPORTED, words)
        return Facts({"believed": partial(rows)}, {"believed": why})


def _rows(found: list[forwarded.Believed]) -> list[dict[str, str]]:
    return [{"place": place or "nginx.conf", "by": by} for place, by in found]
