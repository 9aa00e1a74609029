"""A real nginx whose files lie in a prepared tree: what it runs with, and what it logs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.checkers.host.machines import Tree
from tests.checkers.http.servers import HERE, free_port
from troth.checkers.host.capacity import CapacityLimits
from troth.checkers.host.log_sample import LogSamples
from troth.checkers.host.service_leg import ServiceLegs
from troth.checkers.host.web_server import WebServers

#: {logs} is where the logs lie, {own} where its own files go, {back} an address that nobody has.
CONFIG = """\
worker_processes 2;
daemon off;
pid {own}/pid;
error_log {logs}/error.log;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {own}/body; proxy_temp_path {own}/proxy; fastcgi_temp_path {own}/f;
    uwsgi_temp_path {own}/u; scgi_temp_path {own}/s;
    access_log {logs}/access.log combined;
    set_real_ip_from 0.0.0.0/0;
    real_ip_header X-Forwarded-For;
    server {{
        listen {here}:{port};
        location / {{ return 200 "here"; }}
        location /back/ {{ proxy_pass http://192.0.2.7:8080; }}
    }}
}}
"""


@contextlib.contextmanager
def running(tree: Tree, tmp_path: Path) -> Iterator[str]:
    """Run nginx with the tree's own configuration, and yield its address."""
    own = tmp_path / "own"
    own.mkdir()
    logs, port = tree.root / "var/log/nginx", free_port()
    logs.mkdir(parents=True)
    text = CONFIG.format(logs=logs, own=own, here=HERE, port=port)
    tree.write("/etc/nginx/nginx.conf", text)
    command = ["nginx", "-p", str(own), "-c", str(tree.root / "etc/nginx/nginx.conf")]
    try:
        server = subprocess.Popen(
            [*command, "-e", str(logs / "error.log")],
            env=os.environ | {"OPENSSL_CONF": "/dev/null"},
        )
    except FileNotFoundError:
        pytest.skip("nginx is not installed")
    url = f"http://{HERE}:{port}"
    try:
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{url}/ready", trust_env=False)
                break
            assert server.poll() is None, (logs / "error.log").read_text()
            time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait()


def test_its_settings_and_its_log(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tree, tmp_path_factory.mktemp("nginx")) as url:
        for forged in ("203.0.113.9", "203.0.113.10", "not-an-address"):
            httpx.get(url, headers={"X-Forwarded-For": forged}, trust_env=False)
    log = tree.only(LogSamples, allow=["data-read"])
    assert log["fields"]["records"] == 4
    assert log["fields"]["lacking"] == {"items": [], "complete": True}
    # The one that was no address is logged with that of its connection, like the first request.
    assert log["addresses"] == {"distinct": 3, "private": 2}
    server = tree.only(WebServers)["client_address"]["believed"]["items"]
    assert [item["by"] for item in server] == ["anyone"]
    leg = tree.only(ServiceLegs)["carriage"]
    assert (leg["protection"], leg["reach"]) == ("none", "network")
    (limit,) = tree.only(CapacityLimits)["limits"]["set_to"]["items"]
    assert limit == {"component": "nginx", "connections": 64}  # 2 x 64, half of it passed on
