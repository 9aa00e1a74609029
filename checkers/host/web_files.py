"""The configuration files of web servers and balancers, as calls that several checkers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from troth.checker import ObservationFailed, Reason, call
from troth.checkers.host import legs, nginx
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.nginx import Read

_APACHE = (
    "/etc/apache2/*.conf", "/etc/apache2/sites-enabled/*", "/etc/apache2/conf-enabled/*",
    "/etc/apache2/mods-enabled/*", "/etc/apache2/conf.d/*", "/etc/httpd/conf/*.conf",
    "/etc/httpd/conf.d/*", "/etc/httpd/conf.modules.d/*",
)  # fmt: skip
_HAPROXY = "/etc/haproxy/haproxy.cfg"
_OF_ALL = ("nginx_config", "apache_config", "haproxy_config", "own_places")


class WebFiles(HostChecker):
    """Base of the checkers that read what web servers are told; a server may not be there."""

    sections: ClassVar[Mapping[str, Sequence[str]]] = dict.fromkeys(_OF_ALL, ("web_servers",))

    @call(
        f"file:{nginx.MAIN}",
        actions=["read /etc/nginx and what it includes"],
        per="partition",
        absent_on=["not-found"],
    )
    def nginx_config(self) -> Read:
        """Return the configuration of nginx with its includes in place."""
        found = {nginx.MAIN: self.tree.text(nginx.MAIN)} | self._texts(nginx.PATTERNS)
        try:
            return nginx.read(found)
        except nginx.Malformed as error:
            words = f"the configuration of nginx cannot be read ({error}); try nginx -t"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, words) from error

    @call(
        "file:/etc/apache2, /etc/httpd",
        actions=["read /etc/apache2 or /etc/httpd"],
        per="partition",
    )
    def apache_config(self) -> str:
        """Return the configuration of Apache httpd in one text; empty without one."""
        return "\n".join(self._texts(_APACHE).values())

    @call(
        f"file:{_HAPROXY}", actions=[f"read {_HAPROXY}"], per="partition", absent_on=["not-found"]
    )
    def haproxy_config(self) -> str:
        """Return the configuration of HAProxy."""
        return self.tree.text(_HAPROXY)

    @call(
        "file:/etc/hosts, /proc/net",
        actions=["read /etc/hosts, /proc/net/fib_trie and /proc/net/if_inet6"],
        per="partition",
    )
    def own_places(self) -> tuple[dict[str, str], frozenset[str]]:
        """Return the addresses of the names in /etc/hosts, and the machine's own addresses."""
        tree = self.tree
        said = {
            path: tree.text(path) if tree.exists(path) else ""
            for path in ("/etc/hosts", "/proc/net/fib_trie", "/proc/net/if_inet6")
        }
        names, trie, six = said.values()
        return legs.hosts(names), legs.local_addresses(trie) | legs.local_addresses_6(six)

    def _texts(self, patterns: Iterable[str]) -> dict[str, str]:
        """Return the files that match patterns of the shape ``folder/*suffix``, by path."""
        found: dict[str, str] = {}
        for pattern in patterns:
            folder, _, name = pattern.rpartition("/")
            if "*" in name:
                texts = self.tree.texts(folder, name.removeprefix("*"))
                found |= {f"{folder}/{one}": text for one, text in texts.items()}
            elif self.tree.exists(pattern):
                found[pattern] = self.tree.text(pattern)
        return found
