"""How many clients servers take at once; pure functions of their configurations.

Source: nginx (core module: ``worker_connections`` counts the connections to upstreams as well),
Apache httpd (mpm_common), HAProxy (``maxconn``), php-fpm.conf.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from troth.checkers.host.nginx import Directive, every
from troth.checkers.host.settings import integer

#: What the servers take where nothing is said: nginx, and the least of Apache's own values.
_NGINX, _APACHE = 512, 256
_WORKERS = re.compile(r"^\s*(?:MaxRequestWorkers|MaxClients)\s+(\d{1,9})\s*$", re.I | re.MULTILINE)
_POOL = re.compile(r"^\s*\[([^\]]{1,100})\]\s*$")
_CHILDREN = re.compile(r"^\s*pm\.max_children\s*=\s*(\d{1,9})\s*(?:;.*)?$")
_PASSES = ("proxy_pass", "grpc_pass", "uwsgi_pass", "fastcgi_pass", "scgi_pass")


def of_nginx(directives: list[Directive]) -> int:
    """Return how many clients nginx takes at once; ``auto`` workers are at least one."""
    said = {one.name: one.words for _, one in every(directives) if len(one.words) == 1}
    each = integer(said.get("worker_connections", ("",))[0]) or _NGINX
    workers = integer(said.get("worker_processes", ("1",))[0]) or 1
    passes = any(one.name in _PASSES for _, one in every(directives))
    return workers * each // (2 if passes else 1)


def of_apache(text: str) -> int:
    """Return how many requests Apache httpd takes at once: the least that is set anywhere."""
    return min((int(number) for number in _WORKERS.findall(text)), default=_APACHE)


def of_haproxy(text: str) -> int | None:
    """Return HAProxy's least ``maxconn`` outside of servers, None where none is set."""
    found = re.findall(r"^\s*maxconn\s+(\d{1,9})\b", text, re.MULTILINE)
    return min((int(number) for number in found), default=None)


def of_php(files: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield each pool of php-fpm, with how many requests it works on at once."""
    for _, text in sorted(files.items()):
        pool = ""
        for line in text.splitlines():
            if found := _POOL.match(line):
                pool = found[1]
            elif pool and pool != "global" and (found := _CHILDREN.match(line)):
                yield pool, int(found[1])
