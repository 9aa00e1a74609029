"""A real moto server per test session, empty for each test, and the way to seed and scan it."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from tests.checkers.aws.peer import Peer, serve
from troth.checkers.aws.access import close_all

REGION = "ap-northeast-1"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close what a checker left connected."""
    yield
    close_all()


@pytest.fixture(scope="session")
def moto_address() -> Iterator[str]:
    """Return the address of one moto server on a free port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def moto(moto_address: str) -> str:
    """Return the address of the moto server, with nothing in it."""
    server = http.client.HTTPConnection(moto_address.removeprefix("http://"), timeout=30)
    server.request("POST", "/moto-api/reset")
    assert server.getresponse().status == 200
    server.close()
    return moto_address


@pytest.fixture
def aws(moto: str) -> Iterator[Callable[..., Any]]:
    """Return ``aws(service, region=…)``: a client that seeds the server."""
    session = botocore.session.Session()
    made: list[Any] = []

    def client(service: str, region: str = REGION) -> Any:
        made.append(session.create_client(service, region_name=region, endpoint_url=moto))
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def target(moto: str) -> dict[str, Any]:
    """Return the troth.yaml entry of a target that is the moto server."""
    return {"id": "prod", "type": "aws", "regions": [REGION], "endpoint_url": moto}


@pytest.fixture
def peer(moto: str) -> Iterator[Peer]:
    """Return a server in front of moto that answers wrongly where a test says so."""
    with serve(moto) as made:
        yield made
        close_all()


@pytest.fixture
def doubtful(peer: Peer) -> dict[str, Any]:
    """Return a target behind the peer; one attempt a call, so that one fault is one failure."""
    return {
        "id": "prod",
        "type": "aws",
        "regions": [REGION],
        "endpoint_url": peer.address,
        "max_attempts": 1,
    }
