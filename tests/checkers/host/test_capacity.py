"""How many clients servers take at once; configurations written here after the servers' manuals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import limits, nginx
from troth.checkers.host.capacity import CapacityLimits
from troth.model import Failure, Reason

PASS = "http { server { location / { proxy_pass http://10.0.0.5; } } }"


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        ("events { worker_connections 768; }", 768),
        ("events { }", 512),
        ("worker_processes 4; events { worker_connections 100; }", 400),
        ("worker_processes auto; events { worker_connections 100; }", 100),
        ("events { worker_connections 768; }" + PASS, 384),
        ("events { worker_connections nonsense; }", 512),
        ("events { worker_connections 40; } http { server { return 200; } }", 40),
    ],
)
def test_nginx(text: str, clients: int) -> None:
    assert limits.of_nginx(nginx.parse(text)) == clients


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        ("Listen 80\n", 256),
        ("MaxRequestWorkers 150\n", 150),
        (" maxclients 40\n", 40),
        ("<IfModule a>\nMaxRequestWorkers 400\n</IfModule>\nMaxRequestWorkers 30\n", 30),
        ("# MaxRequestWorkers 10\n", 256),
        ("MaxRequestWorkers 99999999999999999999\n", 256),
    ],
)
def test_apache(text: str, clients: int) -> None:
    assert limits.of_apache(text) == clients


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        ("global\n maxconn 4096\nfrontend f\n maxconn 2000\n", 2000),
        ("backend b\n server s 10.0.0.5:80 maxconn 10\n", None),
        ("global\n # maxconn 5\n", None),
    ],
)
def test_haproxy(text: str, clients: int | None) -> None:
    assert limits.of_haproxy(text) == clients


def test_php() -> None:
    text = "[global]\npm.max_children = 1\n[www]\n;pm.max_children = 9\npm.max_children = 5 ; few\n"
    assert list(limits.of_php({"a": text, "b": "pm.max_children = 3\n"})) == [("www", 5)]


def set_to(seen: dict[str, Any]) -> Any:
    return seen["limits"]["set_to"]


def test_a_machine_with_several_servers(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "events { worker_connections 768; }" + PASS)
    tree.write("/etc/apache2/apache2.conf", "Listen 80\n")
    tree.write("/etc/apache2/mods-enabled/mpm_event.conf", "MaxRequestWorkers 150\n")
    tree.write("/etc/haproxy/haproxy.cfg", "global\n maxconn 2000\n")
    tree.write("/etc/php/8.2/fpm/pool.d/www.conf", "[www]\npm.max_children = 5\n")
    tree.write("/etc/php83/php-fpm.d/shop.conf", "[shop]\npm.max_children = 7\n")
    assert set_to(tree.only(CapacityLimits)) == {
        "items": [
            {"component": "apache", "connections": 150},
            {"component": "haproxy", "connections": 2000},
            {"component": "nginx", "connections": 384},
            {"component": "php-fpm shop", "connections": 7},
            {"component": "php-fpm www", "connections": 5},
        ],
        "complete": True,
    }


def test_this_machine_can_be_asked() -> None:
    _, found = seen_of(CapacityLimits, {"id": "h", "type": "host", "name": "here"})
    assert all("set_to" in facets["limits"] for facets in found.values())


def test_a_machine_without_a_server_has_no_limit(tree: Tree) -> None:
    assert tree.look(CapacityLimits) == ([], {})


def test_a_balancer_without_a_limit_is_left_out(tree: Tree) -> None:
    tree.write("/etc/haproxy/haproxy.cfg", "backend b\n server s 10.0.0.5:80\n")
    assert tree.look(CapacityLimits) == ([], {})


def test_a_configuration_that_cannot_be_read_tells_no_limit(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "events {")
    listed, found = tree.look(CapacityLimits)
    assert found == {}
    failures = [one.failure for one in listed]
    assert [one.reason for one in failures if isinstance(one, Failure)] == [
        Reason.MALFORMED_RESPONSE
    ]


def test_what_nginx_includes_from_elsewhere_may_lower_the_limit(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "include /srv/nginx/*.conf; events {}")
    seen = tree.only(CapacityLimits)["limits"]
    assert "complete" not in seen["set_to"]
    assert seen.missing["set_to"].reason == Reason.NOT_SUPPORTED
