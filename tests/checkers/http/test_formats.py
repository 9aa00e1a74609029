"""Each format read on its own: expectations from its specification; and whatever bytes come."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.checker import Facts, ObservationFailed
from troth.checkers.http import cookies, feeds, incidents, instants, transport_security, urls
from troth.checkers.http.body import decoded
from troth.checkers.http.exchange import Exchange, Kind, shown
from troth.checkers.http.markup import tokens
from troth.checkers.http.text import contains, names, visible
from troth.model import Reason

HOME = urls.read("https://a.test/")
ABSENT = {"mode": "absent", "seconds": 0, "subdomains": False}
VOID = {"mode": "void", "seconds": 0, "subdomains": False}


def kept(seconds: int, subdomains: bool = False) -> dict[str, Any]:
    return {"mode": "set", "seconds": seconds, "subdomains": subdomains}


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ([], ABSENT),
        # The examples of RFC 6797 section 6.2.
        (["max-age=31536000"], kept(31536000)),
        (["max-age=15768000 ; includeSubDomains"], kept(15768000, True)),
        (['max-age="31536000"'], kept(31536000)),
        (["max-age=0"], VOID),
        (["max-age=0; includeSubDomains"], VOID),
        (["MAX-AGE=5; INCLUDESUBDOMAINS"], kept(5, True)),
        ([' ; max-age = 5 ;; preload; x="a;b" ;'], kept(5)),
        (["includeSubDomains"], VOID),
        (["max-age"], VOID),
        (["max-age="], VOID),
        (["max-age=-1"], VOID),
        (["max-age=1.5"], VOID),
        (["max-age=٣"], VOID),
        (["max-age=5; max-age=6"], VOID),
        (["max-age=5; includeSubDomains; includesubdomains"], VOID),
        (["max-age=5; includeSubDomains=1"], VOID),
        (["max-age=5, includeSubDomains"], VOID),
        (['max-age="5'], VOID),
        (["max-age=0", "max-age=9"], VOID),
        (["max-age=9", "max-age=0"], kept(9)),
        (["max-age=" + "9" * 5000], kept(2**53 - 1)),
        (["max-age=" + "0" * 5000 + "7"], kept(7)),
    ],
)
def test_transport_security(fields: list[str], facts: dict[str, Any]) -> None:
    assert transport_security.facts(fields, secure=True) == facts
    assert transport_security.facts(fields, secure=False) == ABSENT


def given_by(*fields: str) -> list[dict[str, Any]]:
    headers = tuple(("set-cookie", field) for field in fields)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    return cookies.given([Exchange(HOME, Kind.ANSWERED, 200, headers, at=at)])


@pytest.mark.parametrize(
    ("field", "flags"),
    [
        ("a=b", (False, False, "unset")),
        ("a=; SECURE ; httponly;samesite=Strict", (True, True, "strict")),
        ("a=b; SameSite=Lax; SameSite=None", (False, False, "none")),
        ("a=b; SameSite=Whatever", (False, False, "unset")),
        ("a=secure; path=/httponly", (False, False, "unset")),
        ("a=b; Secure=false", (True, False, "unset")),
        ("a=b; Max-Age=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", (False, False, "unset")),
        ("a=b; Expires=never", (False, False, "unset")),
        ("a=b; Expires=Mon, 01 Jun 2026 00:00:01 GMT", (False, False, "unset")),
    ],
)
def test_cookie_attributes(field: str, flags: tuple[bool, bool, str]) -> None:
    (row,) = given_by(field)
    assert row["name"] == "a"
    assert (row["secure"], row["http_only"], row["same_site"]) == flags


@pytest.mark.parametrize(
    "field",
    [
        "", "no sign", "=value", "a=b; Max-Age=0", "a=b; max-age=-5; expires=Fri, 01 Jan 2100",
        "a=b; Expires=Mon, 01 Jun 2026 00:00:00 GMT", "a=b; expires=Sunday, 31-May-26 23:59:59 GMT",
    ],
)  # fmt: skip
def test_cookies_that_are_not_given(field: str) -> None:
    assert given_by(field) == []


def test_many_cookies_are_counted_once_each() -> None:
    begin = time.process_time()
    fields = [f"c{number}=x" for number in range(50_000)]
    assert len(given_by(*fields, *fields)) == 50_000
    assert time.process_time() - begin < 30


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a<b>b</b>c<p>d<br>e", "abc d e"),
        ("<!-- no --> yes <!-->also", "yes also"),
        ("x <script>no</scriptx></script> y", "x y"),
        ("x <STYLE>no", "x"),
        ("<title>no</title>a&nbsp;&lt;b&#62;&#x41;", "a <b>A"),
        ('<a title="1 > 2">x</a>', "x"),
        ("<a title=don't>x</a> isn't", "x isn't"),
        ("1 < 2 <3 </ no> <? no ><! no >.", "1 < 2 <3 ."),
        ("a <p", "a"),
        ('a <p x="b>c', "a"),
        ("&#99999999999999999999999;", "\ufffd"),
        ("<noscript>no</noscript><template>no</template>a\n\tb", "a b"),
    ],
)
def test_visible_text(page: str, text: str) -> None:
    assert visible(page) == text


@pytest.mark.parametrize(
    ("text", "wanted", "there"),
    [
        ("Privacy  Policy", "privacy\npolicy", True),
        ("プライバシーポリシー", "プライバシー", True),
        ("Cafe\u0301", "café", True),
        ("Privacy", "Policy", False),
    ],
)
def test_texts_are_found_as_they_read(text: str, wanted: str, there: bool) -> None:
    assert contains(text, wanted) is there


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("<ul id=n><li>A</li><li>B<ul><li>C</ul></ul><li>D", ["A", "B", "C"]),
        ("<div ID='n'><div></div><ol><li> A <li></ol></div><li>B", ["A"]),
        ("<table id=n><thead><tr><th>H</thead><tr><th>A<td>1<tr><td>B<td><b>2</table>", ["A", "B"]),
        ("<table id=n><tr><td></td><td>x</td></tr></table>", []),
        ("<p id=n>A, B</p>", None),
        ("<ul id=m><li>A</ul>", None),
        ("<ul data-id=n><li>A</ul>", None),
    ],
)
def test_names(page: str, found: list[str] | None) -> None:
    assert names(page, "n") == found


@pytest.mark.parametrize(
    "unit",
    [
        "<", "<!", "<!--", "<a <!", '<a "', "<a b='", "</", "</a ", "<?", "&#", "&", "<script>",
        "=", "<script></scrip", "<a\n\n", "<a b= ", "<a =", "<a b=\"'>", "<li>", "<tr><td>",
        "<ul id=n>",
    ],
)  # fmt: skip
def test_html_of_any_shape_takes_linear_time(unit: str) -> None:
    """The standard library's parser needs a minute for 80 KB of some of these."""
    page = unit * (1_000_000 // len(unit))
    begin = time.process_time()
    visible(page)
    names(page, "n")
    visible("<a " + page)
    assert time.process_time() - begin < 40


@given(st.text(alphabet="<>/!-\"'= ab&#;iduln\n"))
def test_html_never_raises(page: str) -> None:
    visible(page)
    names(page, "n")
    assert all(token for token in tokens(page))


@given(st.binary(), st.text())
def test_bodies_never_raise(body: bytes, kind: str) -> None:
    decoded(body, kind)
    for read in (feeds.facts, incidents.facts):
        try:
            assert isinstance(read(body), Facts)
        except ObservationFailed:
            continue


@given(st.text())
def test_shown_text_is_harmless(text: str) -> None:
    told = shown(text, 10**6)
    assert told.isprintable() or " " in told or "\u3000" in told or "\xa0" in told
    assert "\x1b" not in told
    assert "\n" not in told
    told.encode()


def rss(items: str, version: str = "2.0") -> bytes:
    return f"<rss version='{version}'><channel>{items}</channel></rss>".encode()


def test_an_entry_without_id_or_date_makes_the_list_incomplete() -> None:
    good = "<item><link>l</link><pubDate>Thu, 1 Jan 2026 00:00:00 GMT</pubDate></item>"
    assert feeds.facts(rss(good)).values["entries"]["complete"] is True
    for bad in (
        "<item><guid>g</guid></item>",
        "<item><pubDate>Thu, 1 Jan 2026 00:00:00 GMT</pubDate></item>",
        "<item><guid>g</guid><pubDate>2026-01-01</pubDate></item>",
        "<item><guid>g</guid><pubDate>Thu, 1 Jan 2026 00:00:00</pubDate></item>",
    ):
        facts = feeds.facts(rss(good + bad))
        row = {"key": "l", "at": "2026-01-01T00:00:00+00:00"}
        assert facts.values["entries"] == {"items": [row]}
        assert facts.missing["entries"].reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html></html>", b"<rss version='2.0'>", rss("", "0.91"), b"{}",
        b"<feed xmlns='http://purl.org/atom/ns#'/>", b"<feed/>",
    ],
)  # fmt: skip
def test_what_is_no_feed(body: bytes) -> None:
    facts = feeds.facts(body)
    assert facts.values == {"format": "none"}
    assert facts.missing["entries"].reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://127.0.0.1/x"> %a;',
    ],
)
def test_entities_are_refused(declared: str) -> None:
    body = f"<!DOCTYPE rss [{declared}]>".encode() + rss("<item><guid>&b;</guid></item>")
    with pytest.raises(ObservationFailed, match="entities"):
        feeds.facts(body)


def test_depth_and_unknown_charsets_are_refused() -> None:
    with pytest.raises(ObservationFailed, match="deeply"):
        feeds.facts(rss("<a>" * 100_000 + "</a>" * 100_000))
    for charset in ("nonesuch", "idna", "zip", "shift_jis", "utf-7", "undefined"):
        with pytest.raises(ObservationFailed) as told:
            feeds.facts(f"<?xml version='1.0' encoding='{charset}'?>".encode() + rss(""))
        assert told.value.failure.reason is Reason.NOT_SUPPORTED, charset


def test_a_title_of_the_channel_is_no_entry() -> None:
    text = "<link>l</link><pubDate>x</pubDate><image><item><guid>g</guid></item></image>"
    assert feeds.facts(rss(text)).values["entries"] == {"items": [], "complete": True}


def listed(*rows: Any) -> Facts:
    return incidents.facts(json.dumps({"incidents": list(rows)}).encode())


INCIDENT = {"id": "i", "created_at": "2026-01-01T00:00:00Z", "resolved_at": None}


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None}, {"id": 1}, {"created_at": "2026-01-01T00:00:00"}, {"created_at": "today"},
        {"resolved_at": 5}, {"incident_updates": [{}]}, {"incident_updates": 5},
        {"created_at": "9999-12-31T23:59:59-14:00"}, {"resolved_at": "x" * 10_000},
    ],
)  # fmt: skip
def test_an_incident_that_cannot_be_read_is_not_left_out_in_silence(broken: Any) -> None:
    facts = listed(INCIDENT, INCIDENT | broken)
    assert "complete" not in facts.values["reported"]
    assert [row["key"] for row in facts.values["reported"]["items"]] == ["i"]
    assert facts.missing["reported"].reason is Reason.MALFORMED_RESPONSE


def test_an_incident_without_the_word_resolved_is_not_open() -> None:
    facts = listed({key: value for key, value in INCIDENT.items() if key != "resolved_at"})
    assert facts.values["reported"] == {"items": []}


def test_no_incidents_is_an_answer_and_fifty_are_not_all() -> None:
    assert listed().values["reported"] == {"items": [], "complete": True}
    many = [INCIDENT | {"id": f"i{number}"} for number in range(50)]
    assert listed(*many[:49]).values["reported"]["complete"] is True
    assert listed(*many).missing["reported"].reason is Reason.LISTING_INCOMPLETE


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"incidents": {}}', b"[" * 500_000, b"<p>"])
def test_what_is_no_list_of_incidents(body: bytes) -> None:
    with pytest.raises(ObservationFailed) as told:
        incidents.facts(body)
    assert told.value.failure.reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37+00:00"),
        ("6 Nov 1994 08:49:37 -0500", "1994-11-06T13:49:37+00:00"),
        ("6 Nov 1994 08:49:37 -0000", "1994-11-06T08:49:37+00:00"),
    ],
)
def test_mail_dates(text: str, instant: str) -> None:
    assert instants.rfc822(text).isoformat() == instant


@given(st.text(alphabet="0123456789:-+ TZ,.JanFebMonGMT"))
def test_dates_raise_value_errors_only(text: str) -> None:
    for read in (instants.rfc822, instants.rfc3339, instants.http_date):
        try:
            assert read(text).tzinfo is UTC
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("HTTPS://A.Test:443/x?y=1#z", "https://a.test/x?y=1"),
        ("http://a.test:8080", "http://a.test:8080/"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]/"),
        ("https://bücher.test/ü b", "https://xn--bcher-kva.test/%C3%BC%20b"),
        ("https://a.test/%2f?q=%20", "https://a.test/%2f?q=%20"),
    ],
)
def test_one_spelling_of_an_address(text: str, written: str) -> None:
    assert str(urls.read(text)) == written
    assert urls.read(written) == urls.read(text)


@given(st.text())
def test_addresses_raise_value_errors_only(text: str) -> None:
    for read in (urls.read, lambda part: urls.join(HOME, part), lambda p: urls.read("http://" + p)):
        try:
            read(text)
        except ValueError:
            continue
