"""The repository says nothing of the machine it was written on, and its settings have one home."""

from __future__ import annotations

import re

import pytest

from tests.house.tree import ROOT, files, lines_of
from troth.errors import Exit

#: Written in pieces, so that this file does not hold what it looks for.
_FORBIDDEN = {
    "a folder of one machine": r"(?<![\w.$}])/(?:wo" + r"rk/|op" + r"t/pyp)\S*",
    "a folder beside the repository": r"\.\./sha" + r"red|sha" + r"red/(?:des|clau|rese)",
    "a page that is not here": r"\bdesi" + r"gn\.md|\bcontr" + r"act\.md",
    "the address of an index": r"pypi\.o" + r"rg|pythonho" + r"sted|index-u" + r"rl[ =]+\S*:",
    "a writing tool": r"(?i)\b(?:cla" + r"ude|anthr" + r"opic|open" + r"ai|chat" + r"gpt)\b",
}  # fmt: skip


@pytest.mark.parametrize("what", _FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = re.compile(_FORBIDDEN[what])
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in pattern.finditer(text)]
    assert not found


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a folder of one machine", "see /wo" + "rk/main/x"),
        ("a folder beside the repository", "from ../sha" + "red/x"),
        ("a page that is not here", "as desi" + "gn.md says"),
        ("the address of an index", "https://pypi.o" + "rg/simple"),
        ("a writing tool", "written with Chat" + "GPT"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(_FORBIDDEN[what], text)


def test_files_of_ours_have_the_suffix_yaml() -> None:
    assert not [path for path in files() if path.suffix == ".yml"]


def test_pyproject_holds_no_setting_that_setup_cfg_holds() -> None:
    import tomllib

    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(data) == ["build-system", "dependency-groups", "tool"]
    assert sorted(data["tool"]) == ["ruff"]
    assert not (ROOT / "setup.py").exists()


def test_the_licence_is_the_one_that_the_metadata_names() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert lines_of("metadata", "license_expression") == ["Apache-2.0"]


def test_every_exit_code_has_a_meaning_in_the_help() -> None:
    from troth.cli import EXITS

    told = {int(number) for number in re.findall(r"\b(\d+)\b", EXITS)}
    assert told == {int(code) for code in Exit}
