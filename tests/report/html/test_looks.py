"""What people see: contrast in both schemes, names for what hears instead of sees, and paper."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.report.accounts import account
from tests.report.html.browser import Browser
from tests.report.html.conftest import ROWS
from tests.report.html.pages import put
from troth.report.account import Account

#: Every piece of text with its colour, what lies behind it, its size in pixels and its weight.
_TEXTS = """
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!colour.endsWith(", 0)") && colour !== "transparent") return colour;
  }
  return getComputedStyle(document.documentElement).colorScheme;
};
const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement, text = walk.currentNode.data.trim();
  if (!text || element.closest("script, style, option, title, desc")) continue;
  if (!element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const ink = element.closest("svg") ? style.fill : style.color;
  const size = parseFloat(style.fontSize);
  found.push([text.slice(0, 40), ink, behind(element), size, +style.fontWeight]);
}
return found;
"""


def _luminance(colour: str) -> float:
    """Return the relative luminance of ``rgb(r, g, b)`` (WCAG 2.2, definition)."""
    match = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    assert match, f"{colour} is not an opaque colour"
    parts = [int(part) / 255 for part in match.groups()]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_21() -> None:
    assert _contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert _contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)") < 4.5  # the known near miss


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_aa_asks_for(
    browser: Browser, small: Path, dark: bool
) -> None:
    browser.open(small, dark=dark)
    browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    texts = browser.run(_TEXTS)
    assert len(texts) > 150
    low = []
    for text, ink, behind, size, weight in texts:
        large = size >= 24 or (size >= 18.66 and weight >= 700)  # WCAG 2.2, 1.4.3: large scale
        if _contrast(ink, behind) < (3 if large else 4.5):
            low.append((text, ink, behind))
    assert low == []
    assert (_luminance(texts[0][2]) < 0.1) is dark, "the scheme was followed"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_bars_and_frames_of_controls_stand_out(browser: Browser, small: Path, dark: bool) -> None:
    """WCAG 2.2, 1.4.11: three to one for what is needed to recognise a control."""
    browser.open(small, dark=dark)
    script = (
        "return [...document.querySelectorAll('#filter input[type=search], #filter select,"
        " #filter button')].map((one) => getComputedStyle(one).borderTopColor)"
    )
    paper = browser.run(
        "return getComputedStyle(document.getElementById('filter')).backgroundColor"
    )
    frames = browser.run(script)
    assert len(frames) == 6
    assert all(_contrast(frame, paper) >= 3 for frame in frames)


def _axe() -> str:
    found = find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("missing: axe-core-python")
    return (Path(found.origin).parent / "axe.min.js").read_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(browser: Browser, small: Path, dark: bool) -> None:
    """Axe-core knows the rules of WCAG on names, roles, landmarks, tables and contrast."""
    browser.open(small, dark=dark)
    browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    browser.run(_axe())
    browser.driver.set_script_timeout(300)
    found: Any = browser.later("axe.run(document).then(arguments[0])")
    assert len(found["passes"]) > 20
    assert [
        (one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]
    ] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_paper_holds_all_the_evidence_although_everything_is_closed(
    browser: Browser, tmp_path: Path, scripts: bool
) -> None:
    run = account(tmp_path, ROWS, waived="box-2")
    page = put(run, tmp_path / "report.html")
    browser.open(page, scripts=scripts)
    assert browser.run("return document.querySelectorAll('details[open]').length") == 0
    if scripts:  # a filter must not thin out the printed record
        browser.run("document.querySelectorAll('input[name=v]').forEach((box) => box.click())")
        assert browser.shown("section.doc, tr.c") == 0
    printed = browser.printed(tmp_path / "report.pdf")
    assert _missing(run, "".join(one.extract_text() for one in printed.pages)) == []
    width, height = (float(side) * 25.4 / 72 for side in printed.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)


def _missing(run: Account, text: str) -> list[str]:
    """Return what the findings say and the text does not; line breaks fall anywhere."""
    dense = "".join(text.split())
    wanted = [clause["promise"] for clause in run.clauses]
    for row in run.findings:
        wanted += [row["id"], row["resource"], *row["observations"], *row["expected"]]
        wanted += [name.partition("/")[2] for d in row["observations"] for name in run.evidence(d)]
    wanted += [said for control in run.controls.values() for said in control.fix.values()]
    return [said for said in wanted if "".join(said.split()) not in dense]


def test_paper_is_white_whatever_the_screen_is(browser: Browser, small: Path) -> None:
    browser.open(small, dark=True)
    assert _luminance(browser.run("return getComputedStyle(document.body).backgroundColor")) < 0.1
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]},
    )
    script = "const it = getComputedStyle(document.body); return [it.backgroundColor, it.color]"
    paper, ink = browser.run(script)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert paper == "rgb(255, 255, 255)"
    assert _contrast(ink, paper) > 7


def test_pictures_have_words(browser: Browser, small: Path) -> None:
    browser.open(small)
    pictures = browser.driver.find_elements("css selector", "svg")
    names = [(one.aria_role, one.accessible_name) for one in pictures]
    assert names == [("image", "1 broken, 1 informative"), ("image", _ENDS)]
    script = (
        "return [...document.querySelectorAll('svg.bar rect')]"
        ".map((one) => one.getBoundingClientRect().width)"
    )
    broken, informative = browser.run(script)
    assert broken == pytest.approx(informative, rel=0.01)


#: The waiver w-1 holds until 31 December, 40 days after the judged time.
_ENDS = "What ends when 0 passed, 0 within 30 days, 1 later. The tables below name the nearest."


def test_every_control_has_a_name(browser: Browser, small: Path) -> None:
    browser.open(small)
    controls = browser.driver.find_elements(
        "css selector", "#filter input, #filter select, #filter button"
    )
    assert [one.accessible_name for one in controls] == [
        "Search", "Document", "Assessed", "broken 1", "informative 1",
        "Open all shown", "Close all", "Reset",
    ]  # fmt: skip
