"""Whose word web servers take for an address; configurations written here after the manuals."""

from __future__ import annotations

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import forwarded, nginx
from troth.checkers.host.web_server import WebServers
from troth.model import Reason

FORWARDED = """log_format f '$http_x_forwarded_for - [$time_local] "$request"';"""


@pytest.mark.parametrize(
    ("text", "believed"),
    [
        ("http { server { listen 80; } }", []),
        ("http { set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; }", ["listed"]),
        ("http { set_real_ip_from 10.0.0.0/8; set_real_ip_from 0.0.0.0/0; }", ["anyone"]),
        ("http { set_real_ip_from ::/0; real_ip_header proxy_protocol; }", ["anyone"]),
        ("http { set_real_ip_from 128.0.0.0/1; }", ["anyone"]),
        ("http { set_real_ip_from unix:; }", ["listed"]),
        ("http { real_ip_header X-Forwarded-For; }", []),
        (
            "http { set_real_ip_from 10.0.0.1; server { set_real_ip_from 0.0.0.0/0; } }",
            ["listed", "anyone"],
        ),
        (
            "http { set_real_ip_from 10.0.0.1; server { real_ip_header X-Real-IP; } }",
            ["listed", "listed"],
        ),
        (f"http {{ {FORWARDED} access_log /var/log/x f; }}", ["anyone"]),
        (f"http {{ {FORWARDED} access_log /var/log/x; }}", []),
        (f"http {{ {FORWARDED} server {{ access_log /var/log/x f; }} }}", ["anyone"]),
        (
            "http { log_format f '$remote_addr ($http_x_forwarded_for)'; access_log x f; }",
            [],
        ),
    ],
)
def test_nginx(text: str, believed: list[str]) -> None:
    assert [by for _, by in forwarded.of_nginx(nginx.parse(text))] == believed


@pytest.mark.parametrize(
    ("text", "believed"),
    [
        ("Listen 80\n", []),
        ("RemoteIPHeader X-Forwarded-For\n", ["anyone"]),
        ("RemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy 10.0.0.1\n", ["listed"]),
        ("  remoteipheader X\n  RemoteIPInternalProxy 10.0.0.0/8 0.0.0.0/0\n", ["anyone"]),
        ("RemoteIPHeader X\nRemoteIPTrustedProxyList conf/proxies.lst\n", ["listed"]),
        ("# RemoteIPHeader X-Forwarded-For\n", []),
        ('LogFormat "%{X-Forwarded-For}i %l %u %t" proxy\n', ["anyone"]),
        ('LogFormat "%h %l %u %t \\"%{X-Forwarded-For}i\\"" combined\n', []),
    ],
)
def test_apache(text: str, believed: list[str]) -> None:
    assert [by for _, by in forwarded.of_apache(text)] == believed


def test_a_machine_with_both(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "http { set_real_ip_from 0.0.0.0/0; }")
    tree.write("/etc/httpd/conf/httpd.conf", "RemoteIPHeader X-Forwarded-For\n")
    tree.write("/etc/httpd/conf.d/proxies.conf", "RemoteIPTrustedProxy 10.0.0.1\n")
    _, found = tree.look(WebServers)
    assert {name: seen["client_address"]["believed"] for name, seen in found.items()} == {
        "host:web1:web-server:nginx": {
            "items": [{"place": "http", "by": "anyone"}],
            "complete": True,
        },
        "host:web1:web-server:apache": {
            "items": [{"place": "RemoteIPHeader", "by": "listed"}],
            "complete": True,
        },
    }


def test_a_file_that_is_not_read_may_say_more(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "http { include /srv/x.conf; }")
    seen = tree.only(WebServers)["client_address"]
    assert seen["believed"] == {"items": []}
    assert seen.missing["believed"].reason == Reason.NOT_SUPPORTED


def test_a_machine_without_a_web_server(tree: Tree) -> None:
    assert tree.look(WebServers) == ([], {})


def test_this_machine_can_be_asked() -> None:
    _, found = seen_of(WebServers, {"id": "h", "type": "host", "name": "here"})
    assert all("believed" in facets["client_address"] for facets in found.values())
