"""How many clients the servers of a machine take at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, Reason, Resource, call, complete, facet, partial
from troth.checkers.host import limits
from troth.checkers.host.web_files import WebFiles

_POOLS = (
    "/etc/php/*/fpm/pool.d/*.conf",
    "/etc/php-fpm.d/*.conf",
    "/etc/php*/php-fpm.d/*.conf",
)


class CapacityLimits(WebFiles):
    """One resource for a machine on which a web server, a balancer or php-fpm has such a limit."""

    id = "host.capacity-limit"
    kind = "capacity-limit"
    lists = ("machine_name", "nginx_config", "apache_config", "haproxy_config", "php_pools")
    sections: ClassVar[Mapping[str, Sequence[str]]] = {"php_pools": ("php_pools",)}

    @call("file:/etc/php", actions=["read the pools of php-fpm"], per="partition")
    def php_pools(self) -> dict[str, str]:
        """Return the configuration of each pool by its path; empty without php-fpm."""
        paths = [path for pattern in _POOLS for path in self.tree.glob(pattern)]
        return {path: self.tree.text(path) for path in paths}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine, if anything on it has a limit."""
        read = self.read
        found = (read("nginx_config"), read("apache_config"), read("haproxy_config"))
        if _limits(*found, read("php_pools")):
            yield Resource(self.own_id("limits"), "limits", self.partition.name)

    @facet("limits", uses=["nginx_config", "apache_config", "haproxy_config", "php_pools"])
    def set_limits(
        self, host: Resource, nginx: Any, apache: str, haproxy: Any, pools: Mapping[str, str]
    ) -> Facts:
        """Return the limit of each component that has one."""
        rows = [
            {"component": name, "connections": number}
            for name, number in _limits(nginx, apache, haproxy, pools)
        ]
        if nginx and nginx.unread:
            words = f"nginx includes {nginx.unread[0]}, which is not read; include it elsewhere"
            why = Failure(Reason.NOT_SUPPORTED, words)
            return Facts({"set_to": partial(rows)}, {"set_to": why})
        return Facts({"set_to": complete(rows)})


def _limits(
    nginx: Any, apache: str, haproxy: Any, pools: Mapping[str, str]
) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if nginx:
        found.append(("nginx", limits.of_nginx(nginx.directives)))
    if apache.strip():
        found.append(("apache", limits.of_apache(apache)))
    if haproxy and (most := limits.of_haproxy(haproxy)) is not None:
        found.append(("haproxy", most))
    found += [(f"php-fpm {pool}", number) for pool, number in limits.of_php(pools)]
    return sorted(set(found))
