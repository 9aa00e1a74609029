"""The pages in a real browser: a walk, the keyboard, small screens, contrast, hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.report.accounts import HOSTILE
from tests.report.html.browser import DESK, PHONE, Browser
from tests.serve import nights
from tests.serve.served import Site, running

TAB, ENTER = "\ue004", "\ue007"
#: What is left of a desk's screen at 200 %, in CSS pixels (WCAG 2.2, 1.4.4 and 1.4.10).
ZOOMED = (640, 450)

PAGES = {
    "overview": "/",
    "nights": "/runs",
    "night": "/runs/latest",
    "endings": "/endings",
    "document": "/documents/acme",
    "clause": "/documents/acme/1",
    "missing": "/nowhere",
}
each_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())


def _click(browser: Browser, text: str) -> None:
    """Follow the first link with a text, as it is shown."""
    script = (
        "const found = [...document.querySelectorAll('a')]"
        ".find((one) => one.innerText.trim() === arguments[0]); found.click(); return found.href"
    )
    address = browser.run(script, text)
    for _ in range(200):
        if browser.run("return document.readyState === 'complete' && location.href") == address:
            return
        browser.later("setTimeout(arguments[0], 20)")
    raise AssertionError(f"{text} leads nowhere")


def _heading(browser: Browser) -> str:
    return browser.text("h1")


def test_from_the_first_page_to_a_finding_and_back(browser: Browser, site: Site) -> None:
    browser.open(site.url)
    assert _heading(browser) == "1 of 2 promises is broken"
    assert "Newly broken" in browser.text("main")
    _click(browser, "What acme promises")
    assert _heading(browser) == "What acme promises"
    _click(browser, "1")
    assert _heading(browser) == "Clause 1"
    assert "Broken since 2026-01-05 (24 hours), for the 2nd time." in browser.text("header")
    _click(browser, "staff/bob")
    assert _heading(browser) == "staff/bob"
    assert "found: row.status" in browser.text("main")
    _click(browser, "1")
    assert _heading(browser) == "Clause 1"
    browser.driver.back()
    assert _heading(browser) == "staff/bob"
    _click(browser, "Overview")
    assert _heading(browser) == "1 of 2 promises is broken"
    assert browser.complaints() == []


def test_what_changed_leads_to_the_finding_and_to_the_night(browser: Browser, site: Site) -> None:
    browser.open(site.url)
    _click(browser, "staff/ann")
    assert _heading(browser) == "staff/ann"
    _click(browser, "Nights")
    assert _heading(browser) == "Nights"
    _click(browser, "2026-01-06 03:00 UTC")
    assert _heading(browser) == "2026-01-06: 1 of 2 promises is broken"
    _click(browser, "The night before, 2026-01-05")
    assert "Broken again" in browser.text("main")
    assert browser.complaints() == []


def test_a_page_that_is_not_there_leads_back(browser: Browser, site: Site) -> None:
    browser.open(f"{site.url}/documents/nothing")
    assert _heading(browser) == "There is no such page"
    assert "the history has no document 'nothing'" in browser.text("main")
    _click(browser, "Back to the overview")
    assert _heading(browser) == "1 of 2 promises is broken"


@each_page
def test_a_page_asks_for_itself_its_style_and_nothing_else(
    browser: Browser, site: Site, path: str
) -> None:
    browser.open(site.url + path)
    assert {one for one in browser.requests() if not one.startswith("data:")} <= {
        site.url + path,
        browser.run("return document.querySelector('link[rel=stylesheet]').href"),
        browser.run("return document.querySelector('link[rel=icon]').href"),
    }
    said = browser.complaints()
    assert [one for one in said if "404" not in one or path != "/nowhere"] == []
    assert browser.run("return document.cookie") == ""


def test_the_style_is_applied(browser: Browser, site: Site) -> None:
    browser.open(site.url)
    assert browser.run("return getComputedStyle(document.querySelector('.skip')).position") == (
        "absolute"
    )
    script = "return getComputedStyle(document.querySelector('.tiles')).display"
    assert browser.run(script) == "grid"


def test_the_policy_stops_a_script_that_slipped_in(browser: Browser, site: Site) -> None:
    """The driver's own scripts are free of the policy; an element that they add is not."""
    browser.open(site.url)
    browser.run(
        "const one = document.createElement('script'); one.text = 'document.title = \"taken\"';"
        "document.body.append(one)"
    )
    assert browser.driver.title == "1 of 2 promises is broken · troth"
    assert any("Content Security Policy" in said for said in browser.complaints())


def test_the_first_tab_stop_skips_to_the_content(browser: Browser, site: Site) -> None:
    browser.open(site.url)
    browser.press(TAB)
    assert browser.text(":focus") == "Skip to the content"
    assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0
    browser.press(ENTER)
    assert browser.run("return location.hash") == "#main"


def test_everything_works_by_keyboard_and_without_scripts(browser: Browser, site: Site) -> None:
    browser.open(site.url, scripts=False)
    for _ in range(60):
        if browser.run("return document.activeElement.innerText") == "What acme promises":
            break
        browser.press(TAB)
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one sees where one is"
    browser.press(ENTER)
    for _ in range(200):
        if browser.driver.title == "What acme promises · troth":
            return
    raise AssertionError("the link was not followed")


@each_page
@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "zoomed"])
@pytest.mark.parametrize("name", ["site", "nasty_site"], ids=["story", "hostile"])
def test_nothing_scrolls_sideways(
    browser: Browser, request: pytest.FixtureRequest, name: str, size: tuple[int, int], path: str
) -> None:
    browser.open(request.getfixturevalue(name).url + path, size=size)
    assert browser.run("return document.documentElement.scrollWidth") <= size[0]
    wide = (
        "return [...document.querySelectorAll('main *, header *')]"
        ".filter((one) => one.checkVisibility() && !one.closest('svg, .skip')"
        " && one.getBoundingClientRect().right > innerWidth + 1"
        " && getComputedStyle(one).clipPath === 'none')"
        ".map((one) => one.outerHTML.slice(0, 90))"
    )
    assert browser.run(wide) == []
    # Words that lie on top of each other, as cells that are too narrow for theirs would.
    crossing = (
        "const cells = [...document.querySelectorAll('td, th')].filter((one) =>"
        " one.checkVisibility() && getComputedStyle(one.closest('thead') || one).clipPath ==="
        " 'none'); return cells.filter((one) => one.scrollWidth > one.clientWidth + 1)"
        ".map((one) => one.outerHTML.slice(0, 120))"
    )
    assert browser.run(crossing) == []


@each_page
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_hostile_names_are_only_text(
    browser: Browser, nasty_site: Site, size: tuple[int, int], path: str
) -> None:
    browser.open(nasty_site.url + path, size=size)
    said = browser.complaints()
    assert [one for one in said if "404" not in one or path != "/nowhere"] == []
    assert browser.run("return document.querySelectorAll('script, img, iframe').length") == 0
    text = browser.text("body")
    assert "\u202e" not in text
    assert "\x1b" not in text
    if path in ("/documents/acme/1", "/runs/latest"):
        assert HOSTILE["html"] in text
        assert HOSTILE["template"] in text, "no template ran"


def test_every_hostile_finding_has_its_page(browser: Browser, nasty_site: Site) -> None:
    browser.open(f"{nasty_site.url}/documents/acme/1")
    script = "return [...document.querySelectorAll('main td:first-child a')].map((one) => one.href)"
    found = browser.run(script)
    assert len(found) == 2 * len(HOSTILE)
    for address in found:
        browser.driver.get(address)
        assert _heading(browser).startswith("staff/")
        assert browser.run("return document.querySelectorAll('script, img, iframe').length") == 0
    assert browser.complaints() == []


def _axe() -> str:
    found = find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("missing: axe-core-python")
    return (Path(found.origin).parent / "axe.min.js").read_text()


def _violations(browser: Browser) -> list[tuple[str, list[str]]]:
    browser.run(_axe())
    browser.driver.set_script_timeout(300)
    found: Any = browser.later("axe.run(document).then(arguments[0])")
    assert len(found["passes"]) > 15
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


@each_page
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: Site, path: str, dark: bool) -> None:
    browser.open(site.url + path, dark=dark)
    assert _violations(browser) == []


def test_axe_finds_nothing_on_a_finding_or_a_phone(browser: Browser, site: Site) -> None:
    browser.open(f"{site.url}/documents/acme/1", size=PHONE)
    assert _violations(browser) == []
    _click(browser, "staff/cid")
    assert _violations(browser) == []


@pytest.fixture(scope="module")
def unusable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(nights.at(tmp_path_factory.mktemp("empty"))) as made:
        yield made


def test_axe_finds_nothing_where_there_is_no_history(browser: Browser, unusable: Site) -> None:
    browser.open(unusable.url)
    assert _heading(browser) == "The history cannot be read now"
    assert _violations(browser) == []


@each_page
def test_headings_are_in_order(browser: Browser, site: Site, path: str) -> None:
    browser.open(site.url + path)
    levels = browser.run(
        "return [...document.querySelectorAll('h1,h2,h3,h4')].map((one) => +one.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@each_page
def test_every_table_has_a_caption_and_every_head_a_scope(
    browser: Browser, site: Site, path: str
) -> None:
    browser.open(site.url + path)
    assert browser.run(
        "return [...document.querySelectorAll('table')].filter((one) => !one.caption).length"
    ) == 0  # fmt: skip
    assert browser.run("return document.querySelectorAll('th:not([scope])').length") == 0


def test_pictures_have_words_and_states_stand_in_words(browser: Browser, site: Site) -> None:
    browser.open(f"{site.url}/documents/acme")
    pictures = browser.driver.find_elements("css selector", "svg[role=img]")
    assert [one.accessible_name.partition(":")[0] for one in pictures] == ["1", "2"]
    badges = browser.driver.find_elements("css selector", "td .b")
    assert [one.text for one in badges] == ["broken", "unknown"]
