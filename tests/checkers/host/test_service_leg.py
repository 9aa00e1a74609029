"""Where requests go on to; the configurations were written here after the servers' manuals."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkers.host.machines import Tree, seen_of
from troth.checkers.host import legs, nginx
from troth.checkers.host.service_leg import ServiceLegs
from troth.model import Reason

#: /proc/net/fib_trie of Linux 6.1, shortened
TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.0.0.0
        /24 link UNICAST
     |-- 10.0.0.9
        /32 host LOCAL
"""
SIX = "fe800000000000000000000000000009 02 40 20 80 eth0\n"


def nginx_legs(text: str) -> list[tuple[str, str, bool]]:
    return [(leg.place, leg.host, leg.secure) for leg in legs.of_nginx(nginx.parse(text))]


def carriage(tree: Tree) -> dict[str, tuple[str, str]]:
    _, found = tree.look(ServiceLegs)
    return {
        name.partition(":leg:")[2]: (seen["carriage"]["protection"], seen["carriage"].get("reach"))
        for name, seen in found.items()
    }


@pytest.mark.parametrize(
    ("line", "leg"),
    [
        ("proxy_pass http://10.0.0.5:8080;", ("http://10.0.0.5:8080", "10.0.0.5", False)),
        ("proxy_pass https://10.0.0.5/api/;", ("https://10.0.0.5", "10.0.0.5", True)),
        ("proxy_pass HTTPS://App.example/;", ("https://App.example", "app.example", True)),
        ("proxy_pass http://unix:/run/a.sock:/x;", ("http://unix:/run/a.sock:/x", "unix", False)),
        ("proxy_pass http://[2001:db8::5]:80;", ("http://[2001:db8::5]:80", "2001:db8::5", False)),
        ("proxy_pass http://$backend;", ("http://$backend", "$", False)),
        ("proxy_pass http://${backend}/x;", ("http://${backend}", "$", False)),
        ('proxy_pass "http://10.0.0.5";', ("http://10.0.0.5", "10.0.0.5", False)),
        ("grpc_pass grpcs://10.0.0.5:50;", ("grpcs://10.0.0.5:50", "10.0.0.5", True)),
        ("grpc_pass 10.0.0.5:50;", ("grpc://10.0.0.5:50", "10.0.0.5", False)),
        ("fastcgi_pass 10.0.0.5:9000;", ("fastcgi://10.0.0.5:9000", "10.0.0.5", False)),
        ("fastcgi_pass unix:/run/php.sock;", ("fastcgi://unix:/run/php.sock", "unix", False)),
        ("uwsgi_pass suwsgi://10.0.0.5:1;", ("suwsgi://10.0.0.5:1", "10.0.0.5", True)),
    ],
)
def test_what_nginx_passes_on(line: str, leg: tuple[str, str, bool]) -> None:
    assert nginx_legs(f"http {{ server {{ location / {{ {line} }} }} }}") == [leg]


def test_each_server_of_a_group_is_a_leg() -> None:
    text = """
    http {
      upstream app { server 10.0.0.5:80 weight=5; server unix:/run/x.sock backup; }
      server { location / { proxy_pass http://app/x; } }  # a remark; with {
    }"""
    assert nginx_legs(text) == [
        ("http://10.0.0.5:80", "10.0.0.5", False),
        ("http://unix:/run/x.sock", "unix", False),
    ]


@pytest.mark.parametrize(("said", "secure"), [("proxy_ssl on;", True), ("", False)])
def test_a_stream_is_protected_where_it_says_so(said: str, secure: bool) -> None:
    text = f"stream {{ server {{ listen 1; {said} proxy_pass 10.0.0.5:1; }} }}"
    assert nginx_legs(text) == [("tcp://10.0.0.5:1", "10.0.0.5", secure)]


@pytest.mark.parametrize(
    ("line", "leg"),
    [
        ("ProxyPass / http://10.0.0.5:80/", ("http://10.0.0.5:80", "10.0.0.5", False)),
        ("  proxypass /a https://10.0.0.5/ retry=0", ("https://10.0.0.5", "10.0.0.5", True)),
        ("ProxyPassMatch ^/a$ ajp://10.0.0.5:8009", ("ajp://10.0.0.5:8009", "10.0.0.5", False)),
        ("BalancerMember wss://10.0.0.5:1 route=a", ("wss://10.0.0.5:1", "10.0.0.5", True)),
        ("ProxyPass / balancer://app/", None),
        ("ProxyPass /static !", None),
        ("ProxyPassReverse / http://10.0.0.5/", None),
        ("# ProxyPass / http://10.0.0.5/", None),
        (
            'SetHandler "proxy:unix:/run/php.sock|fcgi://localhost"',
            ("unix:/run/php.sock", "unix", False),
        ),
        ("SetHandler server-status", None),
    ],
)
def test_what_apache_passes_on(line: str, leg: tuple[str, str, bool] | None) -> None:
    found = [(one.place, one.host, one.secure) for one in legs.of_apache(line)]
    assert found == ([leg] if leg else [])


@pytest.mark.parametrize(
    ("text", "secure"),
    [
        ("backend b\n server s 10.0.0.5:80 check\n", False),
        ("backend b\n server s 10.0.0.5:443 ssl verify required\n", True),
        ("backend b\n default-server ssl verify none\n server s 10.0.0.5:443\n", True),
        ("defaults\n default-server ssl\nbackend b\n server s 10.0.0.5:443\n", True),
        ("defaults\n default-server ssl\nbackend b\n server s 10.0.0.5:443 no-ssl\n", False),
        ("backend a\n default-server ssl\nbackend b\n server s 10.0.0.5:80\n", False),
        ("server s 10.0.0.6:80\nbackend b\n server s 10.0.0.5:80\n", False),
    ],
)
def test_what_haproxy_passes_on(text: str, secure: bool) -> None:
    (leg,) = legs.of_haproxy(text)
    assert (leg.host, leg.secure) == ("10.0.0.5", secure)


@pytest.mark.parametrize(
    ("host", "there"),
    [
        ("127.0.0.1", "same-host"),
        ("127.1.2.3", "same-host"),
        ("::1", "same-host"),
        ("localhost", "same-host"),
        ("unix", "same-host"),
        ("self", "same-host"),
        ("10.0.0.9", "same-host"),
        ("fe80::9", "same-host"),
        ("10.0.0.5", "network"),
        ("db", "network"),
        ("app.example", "network"),
        ("$", ""),
        ("", ""),
    ],
)
def test_where_a_leg_leads(host: str, there: str) -> None:
    names = legs.hosts("127.0.1.1 self Web1\n10.0.0.7 db # old\n10.0.0.8 self\n")
    own = legs.local_addresses(TRIE) | legs.local_addresses_6(SIX)
    assert legs.reach(host, names, own) == there


def test_a_machine_with_three_servers(tree: Tree) -> None:
    main = "events {}\nhttp {\n include mime.types;\n include /etc/nginx/sites-enabled/*;\n}\n"
    tree.write("/etc/nginx/nginx.conf", main)
    site = "server { location / { proxy_pass http://10.0.0.5; } location /own { proxy_pass "
    tree.write("/etc/nginx/sites-enabled/app", site + "http://localhost:8080; } }\n")
    tree.write("/etc/apache2/sites-enabled/000.conf", "ProxyPass / https://10.0.0.6/\n")
    tree.write("/etc/haproxy/haproxy.cfg", "backend b\n server s web1:80\n")
    tree.write("/etc/hosts", "127.0.1.1 web1\n")
    assert carriage(tree) == {
        "http://10.0.0.5": ("none", "network"),
        "http://localhost:8080": ("none", "same-host"),
        "https://10.0.0.6": ("tls", "network"),
        "tcp://web1:80": ("none", "same-host"),
    }


def test_a_place_that_is_plain_anywhere_is_plain(tree: Tree) -> None:
    text = "backend a\n server s 10.0.0.5:1 ssl\nbackend b\n server s 10.0.0.5:1\n"
    tree.write("/etc/haproxy/haproxy.cfg", text + "backend c\n server s 10.0.0.5:1 ssl\n")
    assert carriage(tree) == {"tcp://10.0.0.5:1": ("none", "network")}


def test_what_lies_beneath_a_network_is_not_told(tree: Tree) -> None:
    tree.write("/etc/haproxy/haproxy.cfg", "backend b\n server s 10.0.0.5:80\n")
    seen = tree.only(ServiceLegs)["carriage"]
    assert seen.missing["provider_encrypts"].reason == Reason.NOT_SUPPORTED


def test_a_leg_that_a_request_decides_is_unproven(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "http { server { proxy_pass http://$x; } }")
    seen = tree.only(ServiceLegs)["carriage"]
    assert (seen["protection"], seen.missing["reach"].reason) == ("none", Reason.UNPROVEN)


def test_a_file_that_is_included_from_elsewhere_is_a_gap(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "http { include /srv/sites/*.conf; }")
    listed, _ = tree.look(ServiceLegs)
    assert [one.failure.reason for one in listed if one.failure] == [Reason.NOT_SUPPORTED]


@pytest.mark.parametrize(
    "text", ["http {", "}", ";", "http { x", 'http { "x', "{" * 1000, "a{" * 1000, "\x00\xff{;}"]
)
def test_what_nginx_would_not_take_is_malformed(tree: Tree, text: str) -> None:
    tree.write("/etc/nginx/nginx.conf", text)
    listed, _ = tree.look(ServiceLegs)
    assert [one.failure.reason for one in listed if one.failure] == [Reason.MALFORMED_RESPONSE]


def test_files_that_include_one_another_come_to_an_end(tree: Tree) -> None:
    tree.write("/etc/nginx/nginx.conf", "include nginx.conf; include nginx.conf;")
    listed, _ = tree.look(ServiceLegs)
    assert [one.failure.reason for one in listed if one.failure] == [Reason.MALFORMED_RESPONSE]


def test_a_machine_without_a_web_server_passes_nothing_on(tree: Tree) -> None:
    assert tree.look(ServiceLegs) == ([], {})


def test_this_machine_can_be_asked() -> None:
    listed, found = seen_of(ServiceLegs, {"id": "h", "type": "host", "name": "here"})
    assert [one for one in listed if one.failure is None] == []
    assert all("protection" in facets["carriage"] for facets in found.values())


def test_program_text_within_the_configuration_is_left_out() -> None:
    text = "http { init_by_lua_block { if x then y = {} end -- proxy_pass http://z; } a b; }"
    ((outer),) = nginx.parse(text)
    assert [one.name for one in outer.inner] == ["init_by_lua_block", "a"]


def test_the_words_are_those_of_nginx_itself(tmp_path: Path) -> None:
    if not shutil.which("nginx"):
        pytest.skip("missing: nginx")
    text = f"""
    pid {tmp_path}/pid; error_log {tmp_path}/err; events {{}}
    http {{
      access_log off; client_body_temp_path {tmp_path}/a; proxy_temp_path {tmp_path}/b;
      fastcgi_temp_path {tmp_path}/c; uwsgi_temp_path {tmp_path}/d; scgi_temp_path {tmp_path}/e;
      map $uri $x {{default 0;'~^/a{{2}}' "b;c";}}
      server {{ listen 127.0.0.1:1; location ~ "^/a{{2}}" {{proxy_pass http://${{x}}1$x;}}}}
    }}"""
    (tmp_path / "n.conf").write_text(text)
    ran = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "n.conf")], capture_output=True
    )
    assert ran.returncode == 0, ran.stderr
    assert nginx_legs(text) == [("http://${x}1$x", "$", False)]
