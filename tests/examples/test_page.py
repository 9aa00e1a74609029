"""docs/nightly.md and examples/README.md name every example, and no example holds a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples.estate import EXAMPLES, document, furnish
from tests.house.tree import ROOT, blocks, files
from troth import config, plugins

PAGE = ROOT / "docs" / "nightly.md"
FOLDERS = [
    EXAMPLES / name
    for name in ("nightly", "kubernetes", "github", "gitlab", "pre-commit", "prometheus")
]
FILES = [path for path in files() if path.parent in FOLDERS]
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def test_the_examples_are_there() -> None:
    assert {path.parent for path in FILES} == set(FOLDERS)


@each_file
def test_the_pages_name_it(path: Path) -> None:
    name = path.relative_to(EXAMPLES)
    assert f"](../examples/{name})" in PAGE.read_text(encoding="utf-8")
    assert f"]({name})" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


@each_file
def test_it_holds_no_secret(path: Path) -> None:
    """A variable that troth.yaml may name gets its value from elsewhere."""
    text = path.read_text(encoding="utf-8")
    given = re.findall(r"\bTROTH_(?:SLACK|PING)\s*[:=]\s*(.*)", text)
    assert [value for value in given if not value.startswith("${{ secrets.")] == []
    assert not re.search(r"https?://(?!git\.example\.com/)", text)


def test_the_page_names_the_rules_that_there_are() -> None:
    groups = document("prometheus/alerts.yaml")["groups"]
    rules = {rule["alert"] for group in groups for rule in group["rules"]}
    told = re.findall(r"`(Troth\w+|Promise\w+|Waiver\w+)`", PAGE.read_text(encoding="utf-8"))
    assert set(told) == rules


def test_the_configuration_of_the_page_is_one(tmp_path: Path) -> None:
    (text,) = [text for language, _, text in blocks(PAGE) if language == "yaml"]
    folder = furnish(tmp_path / "shop", "kept", more=text)
    loaded = config.load(folder / "troth.yaml", plugins.checkers())
    assert loaded.runs == Path("/var/lib/troth/runs")
    assert loaded.history
    assert [channel.variable for channel in loaded.notify] == ["TROTH_SLACK"]
    assert loaded.ping == "TROTH_PING"
