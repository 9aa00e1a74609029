"""Where troth connects: what the target names, and nothing beside it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.driver import observe
from tests.checkers.http.conftest import Site
from tests.checkers.http.look import look, look_all
from tests.checkers.http.servers import HERE, free_port, hang_up, peer, response, says
from troth.checker import Partition
from troth.checkers.http.checker import Addresses
from troth.checkers.network.loop import shared
from troth.checkers.network.resolver import Address
from troth.model import Reason


def egress(*pages: Any, **options: Any) -> list[str]:
    target = {"id": "t", "type": "http", "pages": list(pages), **options}
    return list(Addresses.egress(target, Partition("t")))


def problems(*pages: Any, **options: Any) -> list[str]:
    target = {"id": "t", "type": "http", "pages": list(pages), **options}
    return [str(problem) for problem in Addresses.problems(target)]


def moved(location: str) -> bytes:
    return response(b"", f"Location: {location}", status="302 Found")


def test_every_place_is_in_the_plan() -> None:
    assert egress("https://a.test/x") == ["a.test:443", "a.test:80"]
    assert egress("http://a.test/") == ["a.test:443", "a.test:80"]
    assert egress({"url": "https://a.test:8443/", "plain_port": 8080}) == [
        "a.test:8080",
        "a.test:8443",
    ]
    assert egress({"url": "https://a.test/", "address": "192.0.2.1"}) == [
        "192.0.2.1:443",
        "192.0.2.1:80",
    ]
    sites = ["www.a.test:443", {"host": "b.test", "port": 1, "address": "2001:db8::1"}]
    found = egress("https://a.test/", sites=sites)
    assert found == ["[2001:db8::1]:1", "a.test:443", "a.test:80", "www.a.test:443"]


def test_a_redirect_elsewhere_is_noted_and_not_followed() -> None:
    with peer(says(response(b"<p>other"))) as other, peer(hang_up) as first:
        for answer in (f"http://{HERE}:{other.port}/", f"http://localhost:{other.port}/"):
            with peer(says(moved(answer))) as own:
                seen = look(f"http://{HERE}:{own.port}/", allow=["data-read"])
            assert seen["page.status"] == 302
            assert seen["page.site"] == "other"
            assert seen.reason("page.digest") is Reason.UNPROVEN
            assert seen.reason("page.catch_all") is Reason.UNPROVEN
        assert (other.connections, first.connections) == (0, 0)


def test_where_a_redirect_leads_is_told_by_its_host() -> None:
    with peer(says(moved("http://localhost/"))) as own:
        assert look(f"http://{HERE}:{own.port}/")["answer.leads_to"] == "elsewhere"
    with peer(says(moved(f"http://{HERE}:9/"))) as own:
        assert look(f"http://{HERE}:{own.port}/")["answer.leads_to"] == "same-site"


def test_a_redirect_to_a_named_site_is_followed() -> None:
    with peer(says(response(b"<p>other"))) as other:
        name = {"host": "www.test", "port": other.port, "address": HERE}
        with peer(says(moved(f"http://www.test:{other.port}/"))) as own:
            seen = look(f"http://{HERE}:{own.port}/", sites=[name])
        assert (seen["page.status"], seen["page.site"]) == (200, "same")
        assert other.connections == 2, "the page, and the page that is not there"


def test_a_port_is_shut_only_if_no_address_of_the_host_opens_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page is met at the first address; another one serves it without TLS."""
    here, there = HERE, "127.0.0.2"

    async def two(host: str, port: int) -> list[Address]:
        return [(socket.AF_INET, (address, port)) for address in (here, there)]

    monkeypatch.setattr(shared().resolver, "addresses", two)
    with peer(says(response(b"page"))) as page:
        shut = look({"url": f"http://two.test:{page.port}/", "plain_port": free_port()})
        with peer(says(response(b"plain")), there) as other:
            seen = look({"url": f"http://two.test:{page.port}/", "plain_port": other.port})
    assert shut["plain.get"] == "refused"
    assert seen["plain.get"] == "serves"


def test_incidents_elsewhere_are_an_error_of_the_target() -> None:
    page = {"url": "https://a.test/", "incidents": "https://b.test/i.json"}
    assert "not among its sites" in problems(page)[0]
    assert problems(page, sites=["b.test:443"]) == []


def test_a_page_on_another_port_is_a_control(site: Site) -> None:
    """A shut administration port is proven shut by the site beside it."""
    admin = {
        "url": f"https://localhost:{free_port()}/",
        "access": "admin",
        "address": HERE,
        "plain_port": free_port(),
    }
    found = look_all(site.page(), admin)
    (seen,) = [found[name] for name in found if site.url() not in name]
    assert seen["answer.reach"] == "refused"
    assert seen["plain.get"] == "refused"


@pytest.mark.parametrize(
    ("page", "word"),
    [
        ("https://", "not an http or https address"),
        ("https://user:secret@a.test/", "credentials"),
        ("https://a.test:99999/", "port"),
        ({"url": "https://a.test/", "address": "a.test"}, "not an IP address"),
    ],
)
def test_entries_that_are_no_pages(page: Any, word: str) -> None:
    (told,) = problems(page)
    assert word.lower() in told.lower()
    assert "secret" not in told
    target = {"id": "t", "type": "http", "pages": [page, "https://a.test/"]}
    checker = Addresses(target, Partition("t"), lambda self, name: self.named(), {})
    resources = list(checker.resources())
    assert len(resources) == 2


def test_what_else_is_wrong_with_a_target(tmp_path: Path) -> None:
    twice = problems("https://a.test/", {"url": "https://A.test", "access": "admin"})
    assert "named twice" in twice[0]
    assert "trust_store" in problems("https://a.test/", trust_store=str(tmp_path / "no"))[0]
    assert "forged_address" in problems("https://a.test/", forged_address="home")[0]
    assert "port" in problems("https://a.test/", sites=["b.test"])[0]
    target = {"id": "t", "type": "http"}
    assert "neither pages nor a pages_file" in str(next(iter(Addresses.problems(target))))
    ((_, (listed,), found),) = observe(Addresses, target)
    assert found == {}
    assert listed.failure is not None
    assert listed.failure.reason is Reason.NO_DATA


def test_a_file_of_pages(tmp_path: Path) -> None:
    lines = "# ours\nhttps://a.test/x#part\n\nhttps://b.test/ # the second\n"
    (tmp_path / "pages.txt").write_text(lines)
    target = {"id": "t", "type": "http", "pages_file": "pages.txt", "base_dir": str(tmp_path)}
    assert list(Addresses.problems(target)) == []
    assert Addresses.egress(target, Partition("t")) == [
        "a.test:443", "a.test:80", "b.test:443", "b.test:80",
    ]  # fmt: skip
    target["pages_file"] = "gone.txt"
    assert "cannot be read" in str(next(iter(Addresses.problems(target))))
