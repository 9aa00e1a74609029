"""Names that a scanned system gave are text in OSCAL, nothing that a reader obeys."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest

from tests.report import accounts
from tests.report.oscal import documents, references
from troth.report.oscal.text import plain, prose

#: Members that OSCAL reads as Markdown.
MARKUP = {"title", "description", "prose", "remarks", "statement", "text"}
#: What CommonMark would take for a tag, a link, an image or code, unless a backslash stands before.
ACTIVE = re.compile(r"(?<!\\)(?:\\\\)*[<>\[\]`{}]")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hostile")
    run = accounts.hostile(folder)
    made = documents.together(run, folder / "set")
    return made | {"alone": documents.alone(run)}


def strings(document: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value, _ in references.walk(document) if isinstance(value, str)]


def test_documents_are_valid(written: dict[str, Any]) -> None:
    for name, document in written.items():
        assert documents.invalid(document, "1.1.3") == [], name
        assert documents.invalid(document, "1.2.3") == [], name


def test_every_resource_is_an_item_of_its_own(written: dict[str, Any]) -> None:
    result = written["alone"]["assessment-results"]["results"][0]
    assert len(result["local-definitions"]["inventory-items"]) == 2 * len(accounts.HOSTILE)
    assert len(result["observations"]) == 2 * len(accounts.HOSTILE)


def test_nothing_unseen_is_left(written: dict[str, Any]) -> None:
    for name, text in strings(written):
        unseen = {unicodedata.category(sign) for sign in text} & {"Cc", "Cf", "Co", "Cs"}
        assert not unseen, (name, text[:80])


def test_markdown_holds_no_markup_of_theirs(written: dict[str, Any]) -> None:
    inserts = re.compile(r"\{\{ insert: param, [\w.-]+ \}\}")
    texts = [(name, text) for name, text in strings(written) if name in MARKUP]
    assert any("script" in text for _, text in texts)
    for name, text in texts:
        bare = inserts.sub("", text) if name == "prose" else text
        assert not ACTIVE.search(bare), (name, text[:200])


def test_long_names_are_cut_for_people_and_whole_for_programs(written: dict[str, Any]) -> None:
    result = written["alone"]["assessment-results"]["results"][0]
    for row in (*result["observations"], *result["assessment-log"]["entries"]):
        assert len(row["description"]) <= 2100
    ids = [row["props"][0]["value"] for row in result["local-definitions"]["inventory-items"]]
    assert accounts.HOSTILE["long"] + " broken" in ids


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# head", r"\# head"),
        ("- item", r"\- item"),
        ("+1", r"\+1"),
        ("12. item", r"12\. item"),
        ("1.1a stays", "1.1a stays"),
        ("a_b _c_", r"a_b \_c\_"),
        (r"a\b", r"a\\b"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        ("![i](j)", r"!\[i\](j)"),
        ("{{ insert: param, x }}", r"\{\{ insert: param, x \}\}"),
        ("a\nb\x00", "a�b�"),
        (" \u00a0", "(empty)"),
        ("", "(empty)"),
    ],
)
def test_prose_shows_the_text(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_prose_is_cut_before_it_is_escaped() -> None:
    assert prose("*" * 30, 10) == r"\*" * 10 + "…"


def test_plain_text_is_one_line_without_blanks_at_its_ends() -> None:
    assert plain("\u3000 a \u202e\n") == "a ��"
