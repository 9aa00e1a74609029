"""Which endpoints a target names, and what is wrong with an entry that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.checkers.tls.look import listed
from troth.checker import Listed, ObservationFailed, Partition, Resource
from troth.checkers.network.places import endpoint_of, read_endpoint
from troth.checkers.tls.checker import Endpoints


@pytest.mark.parametrize(
    ("entry", "resource", "sent", "expected"),
    [
        ("www.example.test:443", "tls://www.example.test:443", "www.example.test", None),
        ("WWW.Example.Test.:443", "tls://www.example.test:443", "www.example.test", None),
        ("bücher.example:443", "tls://xn--bcher-kva.example:443", "xn--bcher-kva.example", None),
        ("127.0.0.1:8443", "tls://127.0.0.1:8443", "", "127.0.0.1"),
        ("[::1]:443", "tls://[::1]:443", "", "::1"),
        ("[2001:DB8:0::1]:443", "tls://[2001:db8::1]:443", "", "2001:db8::1"),
        (
            {"host": "a.test", "port": 1, "server_name": "b.test"},
            "tls://a.test:1?server_name=b.test",
            "b.test",
            None,
        ),
        (
            {"host": "a.test", "port": 1, "address": "::1"},
            "tls://a.test:1?address=::1",
            "a.test",
            None,
        ),
        (
            {"host": "::1", "port": 1, "address": "127.0.0.1", "server_name": "b.test"},
            "tls://[::1]:1?server_name=b.test&address=127.0.0.1",
            "b.test",
            None,
        ),
    ],
)
def test_an_entry_has_one_id_that_leads_back_to_it(
    entry: Any, resource: str, sent: str, expected: str | None
) -> None:
    endpoint = read_endpoint(entry)
    assert endpoint.id("tls") == resource
    assert endpoint_of(resource) == endpoint
    assert endpoint.sent_name == sent
    assert endpoint.expected_name == (sent if expected is None else expected)


@pytest.mark.parametrize(
    "entry",
    [
        "www.example.test",
        "::1:443",
        ":443",
        "[::1]",
        "www.example.test:0",
        "www.example.test:65536",
        "www.example.test:https",
        "a b:443",
        "a/b:443",
        "https://a:443",
        "x" * 254 + ":443",
        {"host": "a.test"},
        {"host": "a.test", "port": 1, "sni": "b.test"},
        {"host": "a.test", "port": 1, "address": "b.test"},
        {"host": "a.test", "port": True},
    ],
)
def test_an_entry_that_is_no_endpoint_makes_the_list_incomplete(entry: Any) -> None:
    found = listed({"id": "t", "type": "tls", "endpoints": ["a.test:1", entry, "b.test:1"]})
    resources = [row.id for row in found if isinstance(row, Resource)]
    assert resources == ["tls://a.test:1", "tls://b.test:1"]
    (gap,) = (row for row in found if isinstance(row, Listed))
    assert gap.failure is not None
    assert gap.failure.reason == "malformed-response"


def test_endpoints_of_a_file_join_those_of_the_target_once(tmp_path: Path) -> None:
    (tmp_path / "endpoints.txt").write_text("# mail\nb.test:25  # smarthost\n\na.test:1\n")
    target = {
        "id": "t",
        "type": "tls",
        "base_dir": str(tmp_path),
        "endpoints": ["a.test:1"],
        "endpoints_file": "endpoints.txt",
    }
    assert listed(target) == [
        Resource("tls://a.test:1", "a.test:1", "t"),
        Resource("tls://b.test:25", "b.test:25", "t"),
    ]
    assert Endpoints.egress(target, Partition("t")) == ["a.test:1", "b.test:25"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_lists_nothing(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "endpoints.txt").write_bytes(content)
    target = {
        "id": "t",
        "type": "tls",
        "base_dir": str(tmp_path),
        "endpoints": ["a.test:1"],
        "endpoints_file": "endpoints.txt",
    }
    with pytest.raises(ObservationFailed, match=r"endpoints_file .* cannot be read"):
        listed(target)
    assert Endpoints.egress(target, Partition("t")) == ["a.test:1"]


def test_egress_names_the_address_that_is_connected_to() -> None:
    endpoints = [{"host": "a.test", "port": 1, "address": "::1"}, "b.test:2"]
    target = {"id": "t", "type": "tls", "endpoints": endpoints}
    assert Endpoints.egress(target, Partition("t")) == ["[::1]:1", "b.test:2"]


def test_a_target_that_names_nothing_lists_nothing() -> None:
    with pytest.raises(ObservationFailed, match="neither"):
        listed({"id": "t", "type": "tls"})


@pytest.mark.parametrize(
    ("entries", "fits"),
    [
        (["a.test:443", "[::1]:443", {"host": "a.test", "port": 443, "address": "::1"}], True),
        (["a.test"], False),
        ([{"host": "a.test"}], False),
        ([{"host": "a.test", "port": 443, "sni": "b.test"}], False),
    ],
)
def test_the_schema_of_the_target_finds_plain_mistakes(entries: list[Any], fits: bool) -> None:
    schema = Endpoints.options["endpoints"]
    assert jsonschema_rs.is_valid(schema, entries) is fits
