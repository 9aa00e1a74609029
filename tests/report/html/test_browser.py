"""The page in a real browser: quiet, alone, usable by keyboard and without JavaScript, and safe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.report.accounts import HOSTILE
from tests.report.html.browser import DESK, PHONE, Browser

TAB, SPACE, ENTER, DOWN, BACK = "\ue004", "\ue00d", "\ue007", "\ue015", "\ue003"
CLAUSES = "tr.c"


def test_the_page_complains_of_nothing_and_asks_for_nothing(browser: Browser, small: Path) -> None:
    browser.open(small)
    assert browser.shown("#filter") == 1, "its own script ran"
    assert browser.complaints() == []
    assert browser.requests() == [small.as_uri()]


class _Site(BaseHTTPRequestHandler):
    page = b""
    asked: list[str] = []  # noqa: RUF012 - shared on purpose

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if self.path == "/report.html" else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page if self.path == "/report.html" else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(small: Path) -> Iterator[str]:
    _Site.page, _Site.asked = small.read_bytes(), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/report.html"
    server.shutdown()
    server.server_close()


def test_a_server_is_asked_for_the_page_and_nothing_else(browser: Browser, site: str) -> None:
    browser.open(site)
    browser.later("setTimeout(arguments[0], 300)")
    assert browser.complaints() == []
    assert _Site.asked == ["/report.html"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"use strict";', '"use strict"; document.title = "taken";'),
        ("<main>", '<main><script>document.title = "taken"</script>'),
        ("<main>", '<main><img src="x" onerror="document.title = \'taken\'">'),
        ("<main>", '<main><script src="https://example.test/x.js"></script>'),
    ],
    ids=["changed", "added", "handler", "elsewhere"],
)
def test_an_altered_script_is_blocked(
    browser: Browser, small: Path, tmp_path: Path, old: str, new: str
) -> None:
    page = tmp_path / "altered.html"
    text = small.read_text()
    assert old in text
    page.write_text(text.replace(old, new, 1))
    browser.open(page)
    assert browser.driver.title.startswith("1 of 1 promise is broken")
    assert any("Content Security Policy" in said for said in browser.complaints())
    assert (browser.shown("#filter") == 0) is (new.startswith('"use'))


def test_an_altered_style_is_blocked(browser: Browser, small: Path, tmp_path: Path) -> None:
    page = tmp_path / "altered.html"
    page.write_text(small.read_text().replace("</style>", "body { color: lime }</style>", 1))
    browser.open(page)
    assert any("Content Security Policy" in said for said in browser.complaints())
    assert browser.run("return getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def _focused(browser: Browser) -> str:
    return str(browser.run("return document.activeElement.id || document.activeElement.value"))


def _tab_to(browser: Browser, name: str) -> None:
    for _ in range(60):
        if _focused(browser) == name:
            return
        browser.press(TAB)
    raise AssertionError(f"the keyboard does not reach {name}")


def _said(browser: Browser, wanted: str) -> str:
    """Return the count as it reads once a search has run, or after a second."""
    script = (
        "const [wanted, done] = arguments, start = Date.now();"
        "const look = () => { const said = document.getElementById('count').value;"
        "said === wanted || Date.now() - start > 1000 ? done(said) : setTimeout(look, 20); };"
        "look();"
    )
    return str(browser.driver.execute_async_script(script, wanted))


def test_searching_by_keyboard(browser: Browser, small: Path) -> None:
    browser.open(small)
    _tab_to(browser, "q")
    browser.press(*"BOX-4")
    assert _said(browser, "1 of 2 clauses shown") == "1 of 2 clauses shown"
    assert browser.shown(CLAUSES) == 1
    browser.press(*"xyz")
    assert _said(browser, "0 of 2 clauses shown") == "0 of 2 clauses shown"
    assert browser.shown("section.doc") == 0
    _tab_to(browser, "again")
    browser.press(ENTER)
    assert browser.shown(CLAUSES) == 2
    assert _focused(browser) == "q"


def test_filtering_by_keyboard(browser: Browser, small: Path) -> None:
    browser.open(small)
    _tab_to(browser, "fail")
    browser.press(SPACE)
    assert _said(browser, "1 of 2 clauses shown") == "1 of 2 clauses shown"
    assert browser.run("return document.querySelector('tr.c:not(.off)').id") == "acme/1.2"
    browser.press(SPACE)
    _tab_to(browser, "assess")
    browser.press(DOWN)  # observed
    assert _said(browser, "1 of 2 clauses shown") == "1 of 2 clauses shown"
    assert browser.run("return document.querySelector('tr.c:not(.off)').id") == "acme/1.1"
    assert browser.run("return document.getElementById('count').getAttribute('aria-live')")


def test_opening_a_clause_by_keyboard(browser: Browser, small: Path) -> None:
    browser.open(small)
    browser.run("document.querySelector('tr.c summary').focus()")
    assert browser.shown(f"{CLAUSES} .f") == 0
    browser.press(ENTER)
    assert browser.shown(f"{CLAUSES} .fix") == 1
    assert "the guard said no" in browser.text(CLAUSES)


def test_the_first_tab_stop_skips_to_the_clauses(browser: Browser, small: Path) -> None:
    browser.open(small)
    browser.press(TAB)
    assert browser.text(":focus") == "Skip to the clauses"
    assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0
    browser.press(ENTER)
    assert browser.run("return location.hash") == "#clauses"


def test_a_link_to_a_clause_opens_it_and_brings_it_back(browser: Browser, small: Path) -> None:
    browser.open(small)
    browser.run("document.querySelector('input[value=fail]').click()")
    assert browser.shown("[id='acme/1.1']") == 0
    browser.run("document.querySelector('.alarms a').click()")
    browser.later("setTimeout(arguments[0], 50)")
    assert browser.shown("[id='acme/1.1'] .fix") == 1


def test_all_can_be_opened_and_closed(browser: Browser, small: Path) -> None:
    browser.open(small)
    for button, number in (("open", 2), ("close", 0)):
        browser.run("document.getElementById(arguments[0]).click()", button)
        assert (
            browser.run("return document.querySelectorAll('.p > details[open]').length") == number
        )


def test_without_javascript_everything_is_there_and_nothing_is_dead(
    browser: Browser, small: Path
) -> None:
    browser.open(small, scripts=False)
    assert browser.shown("#filter, #nothing, button, input, select") == 0
    assert browser.shown(CLAUSES) == 2
    browser.press(TAB)
    browser.run("document.querySelector('tr.c summary').focus()")
    browser.press(ENTER)
    assert browser.shown(f"{CLAUSES} .fix") == 1
    assert "box-4" in browser.text(CLAUSES)
    assert browser.complaints() == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_hostile_names_are_only_text(browser: Browser, nasty: Path, size: tuple[int, int]) -> None:
    browser.open(nasty, size=size)
    browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert browser.complaints() == [], "an alert would stand here, or a refused script"
    assert browser.requests() == [nasty.as_uri()]
    assert browser.run("return document.querySelectorAll('main script, main img').length") == 0
    said = browser.text("main")
    assert HOSTILE["html"] in said
    assert HOSTILE["template"] in said, "no template ran"
    script = (
        "return [...document.querySelectorAll('bdi')]"
        ".filter((one) => getComputedStyle(one).unicodeBidi !== 'isolate').length"
    )
    assert browser.run(script) == 0


@pytest.mark.parametrize("name", ["small", "nasty"])
def test_a_phone_shows_it_without_scrolling_sideways(
    browser: Browser, request: pytest.FixtureRequest, name: str
) -> None:
    browser.open(request.getfixturevalue(name), size=PHONE)
    browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert browser.run("return document.documentElement.scrollWidth") <= PHONE[0]
    wide = (
        "return [...document.querySelectorAll('main *')]"
        ".filter((one) => one.checkVisibility()"
        " && one.getBoundingClientRect().right > innerWidth + 1"
        " && getComputedStyle(one).clipPath === 'none' && !one.closest('svg'))"
        ".map((one) => one.outerHTML.slice(0, 90))"
    )
    assert browser.run(wide) == []
