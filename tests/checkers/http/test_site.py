"""What real nginx answers, page by page; expectations are what its configuration says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.checkers.http.conftest import Site
from tests.checkers.http.look import look
from tests.checkers.http.servers import HERE, free_port, nginx
from tests.checkers.tls import authority
from troth import __version__
from troth.model import Reason


def test_an_open_page(site: Site) -> None:
    seen = look(site.page(topics=["privacy_policy"], access="public"))
    assert seen["use.access"] == "public"
    assert seen["use.topics"] == ["privacy_policy"]
    assert seen["use.vantage"] == "outside"
    assert seen["answer.reach"] == "answered"
    assert seen["answer.status"] == 200
    assert seen["answer.leads_to"] == "nothing"
    assert seen["answer.forged_forward"] == "not-asked"
    assert seen["answer.response_ms"] >= 0
    assert seen["plain.get"] == "redirects-to-https"
    assert seen["page.status"] == 200
    assert seen["page.site"] == "same"
    assert seen["page.catch_all"] is False
    text = "Privacy Policy We keep data & logs."
    assert seen["page.digest"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_who_asks_is_told_and_nothing_else(site: Site) -> None:
    before = len(site.requests())
    look(site.page("/cookies"))
    asked = site.requests()[before:]
    assert len(asked) > 3
    for line in asked:
        _, agent, cookie, credentials, host, _ = line.split("|")
        assert agent == f"troth/{__version__} (+compliance probe)"
        assert (cookie, credentials) == ("-", "-")
        assert host in (f"localhost:{site.port}", f"localhost:{site.plain}")
    assert {line.rpartition("|")[2] for line in asked if line.startswith("https")} == {"localhost"}


def test_proxies_of_the_environment_are_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://{HERE}:{free_port()}")
    assert look(site.page())["answer.status"] == 200


def test_a_name_is_looked_up(site: Site) -> None:
    entry = {"url": site.url(), "plain_port": site.plain}
    assert look(entry)["answer.status"] == 200
    assert look(entry).raw("answer")["address"] == HERE


def test_texts_are_looked_for_where_a_visitor_reads(site: Site) -> None:
    wanted = ["privacy policy", "We keep data & logs", "Secret Clause", "in the title"]
    found = {row["text"]: row["found"] for row in look(site.page(texts=wanted))["page.texts"]}
    assert found == dict(zip(wanted, (True, True, False, False), strict=True))


@pytest.mark.parametrize(
    ("path", "element", "names"),
    [
        ("/vendors.html", "vendors", ["Acme Ltd", "Bolt Inc"]),
        ("/list.html", "names", ["One", "Two B.V."]),
    ],
)
def test_names_are_read_from_one_element(
    site: Site, path: str, element: str, names: list[str]
) -> None:
    assert look(site.page(path, names_in=element))["page.names"] == names


def test_an_element_that_is_not_there_is_no_empty_list(site: Site) -> None:
    assert look(site.page("/list.html", names_in="gone")).reason("page.names") is Reason.NO_DATA
    assert look(site.page("/list.html")).reason("page.names") is Reason.NOT_SUPPORTED


@pytest.mark.parametrize("path", ["/moved", "/home"])
def test_redirects_on_the_site_are_followed(site: Site, path: str) -> None:
    seen = look(site.page(path, texts=["Privacy Policy"]))
    assert seen["answer.status"] in (301, 302)
    assert seen["answer.leads_to"] == "same-site"
    assert seen["page.status"] == 200
    assert seen["page.texts"] == [{"text": "Privacy Policy", "found": True}]


def test_a_way_round_and_round_is_unproven(site: Site) -> None:
    seen = look(site.page("/round"))
    assert seen["answer.leads_to"] == "same-site"
    assert seen.reason("page.status") is Reason.UNPROVEN
    assert "no end" in seen.why("page.status").message


def test_sign_in_is_what_the_target_calls_so(site: Site) -> None:
    page = site.page("/members", access="closed")
    assert look(page)["answer.leads_to"] == "same-site"
    assert look(page, sign_in=["/login"])["answer.leads_to"] == "sign-in"
    assert look(page, sign_in=["https://elsewhere.example/login"])["answer.leads_to"] == "same-site"
    away = look(site.page("/away"), sign_in=["https://elsewhere.example"])
    assert away["answer.leads_to"] == "sign-in"


@pytest.mark.parametrize(
    ("path", "status"), [("/secret/a", 401), ("/internal/a", 403), ("/nothing", 404)]
)
def test_closed_addresses(site: Site, path: str, status: int) -> None:
    seen = look(site.page(path, access="closed"))
    assert (seen["answer.status"], seen["answer.leads_to"]) == (status, "nothing")


def test_a_soft_404_is_told_from_a_page(site: Site) -> None:
    assert look(site.page("/soft/terms"))["page.catch_all"] is True
    assert look(site.page("/privacy.html"))["page.catch_all"] is False


@pytest.mark.parametrize(
    ("path", "mode", "seconds", "subdomains"),
    [
        ("/moved", "set", 31536000, True),
        ("/short", "set", 300, False),
        ("/void", "void", 0, False),
    ],
)
def test_transport_security_of_the_first_answer(
    site: Site, path: str, mode: str, seconds: int, subdomains: bool
) -> None:
    seen = look(site.page(path))
    assert seen["transport_security.mode"] == mode
    assert seen["transport_security.seconds"] == seconds
    assert seen["transport_security.subdomains"] is subdomains


def test_transport_security_without_tls_counts_for_nothing(site: Site) -> None:
    seen = look({"url": f"http://{HERE}:{site.plain}/"})
    assert seen["transport_security.mode"] == "absent"


def test_cookies_without_their_values(site: Site) -> None:
    page = site.page("/cookies")
    rows = {row["name"]: row for row in look(page)["cookies.given"]}
    assert set(rows) == {"session", "theme", "again", "last"}
    flags = {"secure": True, "http_only": True, "same_site": "lax"}
    assert rows["session"] == {"name": "session", **flags}
    assert rows["theme"]["same_site"] == "none"
    assert rows["theme"]["secure"] is False
    assert "s3cr3t" not in str(look(page)._facets)


def test_headers_that_are_told(site: Site) -> None:
    rows = {row["name"]: row["value"] for row in look(site.page("/headers"))["headers.present"]}
    assert rows["content-security-policy"] == "default-src 'self'"
    assert rows["x-powered-by"] == "PHP/5.6"
    assert rows["server"].startswith("nginx")
    assert set(rows) == {"content-security-policy", "x-powered-by", "server"}


@pytest.mark.parametrize(
    ("path", "forged", "answer"),
    [
        ("/admin/", "127.9.9.9", "same"),
        ("/trusting/", "10.1.2.3", "lets-in"),
        ("/trusting/", "10.9.9.9", "same"),
        ("/password/", "10.1.2.3", "lets-in"),
        ("/privacy.html", "10.1.2.3", "same"),
    ],
)
def test_a_forged_address(site: Site, path: str, forged: str, answer: str) -> None:
    seen = look(site.page(path, access="admin"), forged_address=forged)
    assert seen["answer.forged_forward"] == answer


def test_forged_requests_are_for_administration_only(site: Site) -> None:
    asked = []
    for access in ("closed", "admin"):
        before = len(site.requests())
        look(site.page("/internal/b", access=access))
        asked.append(sum("https GET /internal/b|" in row for row in site.requests()[before:]))
    assert asked == [1, 4]


@pytest.mark.parametrize(
    ("path", "get", "post"),
    [
        ("/", "redirects-to-https", "redirects-to-https"),
        ("/form", "redirects-to-https", "serves"),
        ("/other", "redirects-elsewhere", "redirects-elsewhere"),
        ("/no", "rejects", "rejects"),
    ],
)
def test_the_plain_port(site: Site, path: str, get: str, post: str) -> None:
    seen = look(site.page(path), allow=["data-read"])
    assert (seen["plain.get"], seen["plain.post"]) == (get, post)


def test_a_host_that_serves_without_tls(site: Site) -> None:
    assert look(site.page(plain_port=site.open_port))["plain.get"] == "serves"


def test_nothing_is_posted_unless_the_target_allows_it(site: Site) -> None:
    before = len(site.requests())
    seen = look(site.page())
    assert not [line for line in site.requests()[before:] if " POST " in line]
    assert seen.reason("plain.post") is Reason.NOT_ALLOWED
    assert seen.reason("answer.post") is Reason.NOT_ALLOWED
    assert seen["answer.status"] == 200
    allowed = look(site.page(), allow=["data-read"])
    assert allowed["answer.post"] == 405
    assert len([line for line in site.requests()[before:] if " POST " in line]) == 2


@pytest.mark.parametrize(
    ("path", "form", "row"),
    [
        ("/feed.xml", "rss", {"key": "i1", "at": "2026-01-01T00:00:00+00:00"}),
        ("/atom.xml", "atom", {"key": "urn:a", "at": "2026-01-05T08:00:00+00:00"}),
    ],
)
def test_feeds(site: Site, path: str, form: str, row: dict[str, Any]) -> None:
    seen = look(site.page(path, feed=True))
    assert (seen["feed.format"], seen["feed.entries"]) == (form, [row])
    assert look(site.page(path))["feed.format"] == "not-asked"


def test_a_page_is_no_feed(site: Site) -> None:
    seen = look(site.page(feed=True))
    assert seen["feed.format"] == "none"
    assert seen.reason("feed.entries") is Reason.MALFORMED_RESPONSE
    assert look(site.page("/nothing", feed=True)).reason("feed.format") is Reason.NO_DATA


def test_incidents_of_a_status_page(site: Site) -> None:
    one, two = look(site.page(incidents="/incidents.json"))["incidents.reported"]
    assert one == {
        "key": "i1",
        "started_at": "2026-01-01T00:00:00.000000+00:00",
        "first_posted_at": "2026-01-01T00:10:00.000000+00:00",
        "resolved_at": "2026-01-01T02:00:00.000000+00:00",
    }
    assert two["first_posted_at"] == two["started_at"] == "2026-01-02T00:00:00.000000+00:00"
    assert two["resolved_at"] is None
    assert look(site.page()).reason("incidents.reported") is Reason.NOT_SUPPORTED
    gone = look(site.page(incidents="/gone.json"))
    assert gone.reason("incidents.reported") is Reason.NO_DATA


def test_a_certificate_hides_nothing_and_is_noted(site: Site) -> None:
    trusted = look(site.page(), trust_store=str(site.roots))
    assert trusted.raw("answer")["certificate"] == "verified"
    doubtful = look(site.page())
    assert doubtful.raw("answer")["certificate"].startswith("not verified: ")
    assert doubtful["answer.status"] == trusted["answer.status"] == 200
    other = site.page(url=site.url(host="other.test"))
    named = look(other, trust_store=str(site.roots))
    assert "other.test" in named.raw("answer")["certificate"]
    assert named["answer.status"] == 200


def test_old_tls_hides_nothing(tmp_path: Path) -> None:
    """A site with TLS 1.1 and an RSA key of 1024 bits is for the tls checkers to judge."""
    port = free_port()
    weak = authority.leaf(None, ("localhost",), "rsa1024")
    certificate, key, _ = weak.write(tmp_path, "weak")
    server = (
        f"server {{ listen {HERE}:{port} ssl; ssl_certificate {certificate};"
        f" ssl_certificate_key {key}; ssl_protocols TLSv1.1; ssl_ciphers 'ALL:@SECLEVEL=0';"
        " return 204; }"
    )
    with nginx(tmp_path, server, port):
        seen = look({"url": f"https://localhost:{port}/", "address": HERE})
    assert seen["answer.status"] == 204
