"""The last runs on the page: only with a history, in a picture and in numbers, without a script."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.report.accounts import account
from tests.report.html.browser import DESK, PHONE, Browser
from tests.report.html.pages import Read, put, written
from troth.report.account import Account
from troth.report.html import nights
from troth.report.trend import Course, Night, Trend

DAY = timedelta(days=1)
ENTER = "\ue007"


def night(day: int, **counts: int) -> Night:
    none = {"broken": 0, "waived": 0, "unknown": 0, "kept": 0, "not-applicable": 0}
    return Night(f"2026-11-{day:02}T03:00:00+00:00", none | counts)


#: Broken since the 19th, for the third time.
COURSE = Course(
    state="broken", since="2026-11-19T03:00:00+00:00", held=2 * DAY, from_start=False,
    failing="2026-11-19T03:00:00+00:00", failing_for=2 * DAY, failing_from_start=False,
    times=3, mended=2, mean=4 * DAY, longest=6 * DAY,
)  # fmt: skip
TREND = Trend(
    [night(18, kept=3, unknown=1), night(19, broken=2, kept=2), night(21, broken=1, kept=1)],
    {("acme", "1.1"): COURSE, ("other", "9"): COURSE},
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Account:
    return account(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def told(run: Account) -> str:
    return written(dataclasses.replace(run, trend=TREND))


def test_without_a_history_the_page_is_the_same_byte_for_byte(run: Account, told: str) -> None:
    """What a history adds are three pieces; without them it is the page of the run alone."""
    rest = re.sub(r'<section id="nights".*?</section>\n', "", told, count=1, flags=re.DOTALL)
    rest = rest.replace('<li><a href="#nights">The last runs</a></li>\n', "", 1)
    rest = re.sub(r'<p class="pop">Broken since .*</p>\n', "", rest, count=1)
    alone = written(run)
    # A macro leaves the end of its own line.
    assert re.sub(r"\n+", "\n", rest) == re.sub(r"\n+", "\n", alone)
    for trend in (None, Trend([], {}), Trend(TREND.nights[:1], TREND.clauses)):
        assert written(dataclasses.replace(run, trend=trend)) == alone
    for word in ("nights", "history", "last runs"):
        assert word not in alone


def test_the_numbers_stand_in_a_table_the_last_run_first(told: str) -> None:
    words = Read(told).words
    assert "The last 3 runs" in words
    assert "3 runs from 2026-11-18 to 2026-11-21: broken 0 → 1, unknown 1 → 0." in words
    rows = re.findall(r"<tr><td><time datetime=\"(\S+)\">.*?</tr>", told)
    assert rows == [one.as_of for one in reversed(TREND.nights)]
    assert "2026-11-19 03:00:00 UTC 2 broken 0 waived 0 unknown 2 kept 0 not applicable" in words


def test_every_column_says_its_numbers(told: str) -> None:
    page = Read(told)
    for said in (
        "2026-11-18: 1 unknown, 3 kept", "2026-11-19: 2 broken, 2 kept",
        "2026-11-21: 1 broken, 1 kept",
    ):  # fmt: skip
        assert said in page.words
    (picture,) = [
        one for one in page.all("svg") if one.get("aria-labelledby") == "nights-t nights-d"
    ]
    assert picture["role"] == "img"


def test_the_columns_are_as_high_as_the_numbers() -> None:
    made = nights.of(TREND)
    assert made
    first, second, third = (column.pieces for column in made.columns)
    # Four clauses are the most, and 120 pixels: 30 each; from below unknown, then kept.
    assert [(one.name, one.y, one.height) for one in first] == [
        ("unknown", 90.0, 30.0), ("pass", 0.0, 90.0),
    ]  # fmt: skip
    assert [(one.name, one.y, one.height) for one in second] == [
        ("fail", 60.0, 60.0), ("pass", 0.0, 60.0),
    ]  # fmt: skip
    assert [(one.name, one.y, one.height) for one in third] == [
        ("fail", 90.0, 30.0), ("pass", 60.0, 30.0),
    ]  # fmt: skip
    assert [pieces[0].x for pieces in (first, second, third)] == [0.0, 33.333, 66.667]


def test_a_clause_says_since_when_and_for_which_time(told: str) -> None:
    assert told.count("Broken since 2026-11-19 (2 days), for the 3rd time.") == 1
    assert (
        "It broke 3 times, mended twice, after 4 days on average; the longest breach: 6 days."
        in Read(told).words
    )


def test_only_the_last_ninety_are_shown() -> None:
    many = [night(1 + number % 28, kept=number) for number in range(100)]
    made = nights.of(Trend(many, {}))
    assert made
    assert len(made.columns) == len(made.rows) == 90
    assert made.columns[0].said == "2026-11-11: 10 kept"


def test_nights_without_a_clause_are_no_error() -> None:
    made = nights.of(Trend([night(1), night(2)], {}))
    assert made
    assert [column.said for column in made.columns] == [
        "2026-11-01: no clause", "2026-11-02: no clause",
    ]  # fmt: skip
    assert made.columns[0].pieces == []


@pytest.fixture(scope="module")
def page(run: Account, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    return put(dataclasses.replace(run, trend=TREND), folder / "report.html")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_browser_shows_it_with_and_without_scripts(
    browser: Browser, page: Path, size: tuple[int, int], scripts: bool
) -> None:
    browser.open(page, size=size, scripts=scripts)
    assert browser.complaints() == []
    assert browser.requests() == [page.as_uri()]
    assert browser.shown("#nights svg rect") == 6
    assert browser.shown("#nights table") == 0
    browser.run("document.querySelector('#nights summary').focus()")
    browser.press(ENTER)
    assert browser.shown("#nights tbody tr") == 3
    assert browser.run("return document.documentElement.scrollWidth") <= size[0]
    # On a phone the head of the table is not to be seen: each number has its word.
    assert ("2 broken" in browser.text("#nights tbody")) is (size == PHONE)


def test_the_colours_are_those_of_the_verdicts(browser: Browser, page: Path) -> None:
    browser.open(page)
    fill = "return getComputedStyle(document.querySelector(arguments[0])).fill"
    shown = {
        name: browser.run(fill, f"#nights rect.{name}") for name in ("fail", "unknown", "pass")
    }
    assert shown["fail"] == browser.run(fill, ".bar rect.fail")
    assert len({*shown.values(), "rgb(0, 0, 0)", "none"}) == 5


def test_it_is_on_paper(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.open(page)
    text = " ".join(one.extract_text() for one in browser.printed(tmp_path / "page.pdf").pages)
    assert "The last 3 runs" in text
    assert "2026-11-19 03:00:00 UTC" in text


def test_it_can_be_read_aloud(browser: Browser, page: Path) -> None:
    axe = pytest.importorskip("axe_core_python.selenium").Axe()
    browser.open(page)
    browser.run("document.querySelector('#nights details').open = true")
    found = axe.run(browser.driver, context="#nights")
    assert [one["id"] for one in found["violations"]] == []
