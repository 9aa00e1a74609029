"""Markdown: what people need first, and names that two renderers show and nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.report.accounts import HOSTILE, account, hostile
from tests.report.many import broken, copies, with_findings, written
from tests.report.rendered import RENDERERS, Page
from troth.report import console
from troth.report.account import Account
from troth.report.markdown import SHOWN, blocks, write
from troth.report.marked import code, words
from troth.report.words import harmless

#: What the report itself is made of; a link, an image or a script is not among it.
OURS = {"h1", "h2", "h3", "p", "ul", "li", "code", "strong"}
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}

every_renderer = pytest.mark.parametrize("renderer", list(RENDERERS))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Account:
    return account(tmp_path_factory.mktemp("mixed"))


def page(text: str, renderer: str) -> Page:
    return Page(RENDERERS[renderer](text))


@every_renderer
def test_hostile_names_are_text_and_nothing_else(tmp_path: Path, renderer: str) -> None:
    shown = page(with_all_shown(hostile(tmp_path)), renderer)
    assert set(shown.tags) == OURS | TABLE
    assert shown.attributes <= {"align", "style"}
    assert shown.others == []
    for name in HOSTILE.values():
        # The text of a code span is shown as it is, so the whole name can be read in one.
        assert any(harmless(name)[:200] in one for one in shown.codes), name


@every_renderer
def test_hostile_names_break_no_table_and_no_list(tmp_path: Path, renderer: str) -> None:
    shown = page(with_all_shown(hostile(tmp_path)), renderer)
    assert (shown.tags["table"], shown.tags["tr"]) == (1, 2)
    assert shown.tags["td"] == shown.tags["th"] == 7
    # Both clauses, all findings of the broken one, a line on the unknown ones, a fix, a waiver.
    assert shown.tags["li"] == 2 + len(HOSTILE) + 1 + 1 + 1
    assert shown.tags["strong"] == len(HOSTILE)


@every_renderer
def test_what_github_looks_for_stands_in_code_alone(tmp_path: Path, renderer: str) -> None:
    shown = page(with_all_shown(hostile(tmp_path)), renderer)
    for sign in ("@", "#", "://", "www.", "<", ">", "[", "]", "|", "`", "{", "}", "$", "\\", "_"):
        assert sign not in shown.free, sign


def with_all_shown(one: Account) -> str:
    """Return the report with every finding written out, however many a clause has."""
    return "".join(blocks(one, len(one.findings)))


def test_the_broken_is_first_with_its_place_its_words_and_its_fix(run: Account) -> None:
    text = written(write, run)
    head, _, rest = text.partition("## Broken (1 clause)\n")
    assert "| `acme` |  | 1 |  |  | 1 | 2 |\n" in head
    lines = rest.splitlines()
    start = lines.index(
        "- `1.1` Boxes are locked with 128 bits and opened every 90 days. (`policies/acme.yaml:7`)"
    )
    finding, beside, fix = lines[start + 1 : start + 4]
    assert finding.startswith("  - **high** `box-locked` `boxes` `box-2` ")
    assert "`facts" not in finding
    assert "64" in finding
    assert beside == "  - besides: 1 finding unknown"
    assert fix == "  - Fix (any): Lock it."
    assert rest.index("## Informative (1 clause)") > rest.index(fix)


def test_a_waived_clause_says_until_when(tmp_path: Path) -> None:
    text = written(write, account(tmp_path, waived="box-2"))
    assert "## Broken (" not in text
    waived = text.partition("## Broken and waived (1 clause)\n")[2]
    assert "(waived until `2026-12-31`: It is on its way to the smith.)" in waived
    assert "`box-3` is unknown, `permission-denied`" in waived
    assert "- `w-1` of `acme/1.1`: used until `2026-12-31`, approved by `Kei`" in waived


def test_what_is_not_written_out_is_counted(run: Account) -> None:
    (row,) = broken(run)
    rows = [*copies(row, [f"box-{number}" for number in range(SHOWN + 7)])]
    text = written(write, with_findings(run, rows))
    assert f"`box-{SHOWN - 1}`" in text
    assert f"`box-{SHOWN}`" not in text
    assert "  - … and 7 more findings: `troth explain acme/1.1 --run RUN`\n" in text


def test_what_two_parts_say_alike_is_counted_once_as_in_text(run: Account) -> None:
    (row,) = broken(run)
    names = [f"box-{number}" for number in range(SHOWN + 7)]
    one = with_findings(run, [*copies(row, names), *copies(row, names, part="other")])
    assert "  - … and 7 more findings: " in written(write, one)
    more = SHOWN + 7 - console.SHOWN
    assert f"… and {more} more findings: " in written(console.write, one)


def test_a_name_of_ten_kilobytes_is_cut_and_says_so(run: Account) -> None:
    (row,) = broken(run)
    text = written(write, with_findings(run, [*copies(row, ["x" * 10_240])]))
    assert "x" * 200 + "… (10,040 more characters)`" in text
    assert "x" * 201 not in text


def test_an_interrupted_run_says_so(run: Account) -> None:
    one = dataclasses.replace(run, summary={**run.summary, "partial": True})
    assert "**This run was interrupted: what was not read is unknown.**" in written(write, one)


def test_the_same_run_gives_the_same_bytes(run: Account) -> None:
    assert written(write, run) == written(write, Account.of_run(run.folder))


@every_renderer
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example(text="`")
@example(text="a``b`")
@example(text=" ")
@example(text="  a ")
@example(text="\\")
@example(text="</code><b>")
def test_code_shows_any_text_as_it_is(renderer: str, text: str) -> None:
    shown = page(f"- **x** {code(text)} y", renderer)
    assert set(shown.tags) == {"ul", "li", "strong", "code"}
    assert shown.codes == [harmless(text)]


SIGNS = st.sampled_from(
    [*"`*_[]()<>#!|~-+=.:;/\\@&{}$'\"^ 0123456789a", "www.", "http://", "&amp;"]
)


@every_renderer
@given(text=st.lists(SIGNS | st.sampled_from([*HOSTILE.values()][:-1])).map("".join))
@example(text="a@b.example, www.b.example http://c.example")
@example(text="<b>x</b> &lt; [a](b) ![c](d) *e* _f_ ~~g~~ a | b")
@example(text="1. one")
@example(text="(a) b! [c]")
@example(text="a ;;; b")
def test_words_show_any_text_as_it_is(renderer: str, text: str) -> None:
    shown = page(f"- **x** {words(text)}\n- y", renderer)
    assert set(shown.tags) <= {"ul", "li", "strong", "code"}
    assert (shown.tags["ul"], shown.tags["li"], shown.tags["strong"]) == (1, 2, 1)
    assert shown.text.split() == ["x", *harmless(text).split(), "y"]
    assert not set("@#<>[]|`{}$\\_*~&/") & set(shown.free)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Lock it.", "Lock it."),
        (
            "it's two-factor (or not), 99.9% of 24 hours",
            "it's two-factor (or not), 99.9% of 24 hours",
        ),
        ("open to 0.0.0.0/0, and more", "open to `0.0.0.0/0`, and more"),
        ("say = [1, 2] now", "say `= [1, 2]` now"),
        ("ask @rin about #12", "ask `@rin` about `#12`"),
        ("since deadbeef and 1234567", "since `deadbeef` and `1234567`"),
        ("アクセスログ、保存。", "アクセスログ、保存。"),
    ],
    ids=["words", "sentence", "address", "value", "mention", "commit", "japanese"],
)
def test_ordinary_words_stand_free(text: str, shown: str) -> None:
    assert words(text) == shown
