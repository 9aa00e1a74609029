"""Whatever a scanned system is called, every format stays what it is, and says no more.

The same run is written twice: over boxes with a hostile name, and over boxes with a tame one. A
parser that troth does not use reads both, and sees the same structure around another text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from xml.etree import ElementTree as Tree

import junitparser
import pytest
from markdown_it import MarkdownIt
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as old_families

from tests.report.accounts import HOSTILE, account
from tests.report.forms import lines, written
from troth.report import Format
from troth.report.account import Account
from troth.report.words import harmless

TAME = "box"
#: How much of a name a report has to show; a long one may be cut.
SHOWN = 24


class Read(NamedTuple):
    """What a parser made of a report: its structure, and every text in it."""

    structure: Any
    texts: list[str]


class _Page(HTMLParser):
    """The elements of a page with the names of their attributes, scripts and styles whole."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.structure: list[Any] = []
        self.texts: list[str] = []
        self._whole = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.structure.append((tag, *(name for name, _ in attrs)))
        self.structure += [value for name, value in attrs if name in ("href", "src")]
        self.texts += [value or "" for _, value in attrs]
        self._whole = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.structure.append(f"/{tag}")
        self._whole = False

    def handle_data(self, data: str) -> None:
        (self.structure if self._whole else self.texts).append(data)

    def handle_comment(self, data: str) -> None:
        self.structure.append(f"comment {data}")


def page(text: str) -> Read:
    reader = _Page()
    reader.feed(text)
    reader.close()
    return Read(reader.structure, [" ".join(reader.texts)])


def markdown(text: str) -> Read:
    """Return what CommonMark with tables makes of a text, HTML let through as GitHub does."""
    return page(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def document(text: str) -> Read:
    texts: list[str] = []
    return Read(_shape(json.loads(text), texts), texts)


def documents(text: str) -> Read:
    texts: list[str] = []
    return Read([_shape(row, texts) for row in lines(text)], texts)


def _shape(value: Any, texts: list[str]) -> Any:
    """Return a JSON value without its texts, which are added to ``texts``."""
    if isinstance(value, dict):
        return {key: _shape(member, texts) for key, member in value.items()}
    if isinstance(value, list):
        return [_shape(item, texts) for item in value]
    texts += [value] if isinstance(value, str) else []
    return type(value).__name__


def table(text: str) -> Read:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    cells = [re.sub(r"(^|;)(\s*)'('*[=+@-])", r"\1\2\3", cell) for row in rows for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    return Read([len(row) for row in rows], cells)


def junit(text: str) -> Read:
    root = Tree.fromstring(text.encode())  # noqa: S314 - our own output
    cases = [case for suite in junitparser.JUnitXml.fromstring(text.encode()) for case in suite]
    found = [(case.name, type(result).__name__) for case in cases for result in case.result]
    texts = [result.text or "" for case in cases for result in case.result]
    return Read([*found, [(node.tag, sorted(node.attrib)) for node in root.iter()]], texts)


def commands(text: str) -> Read:
    """Return workflow commands as the runner reads them: a line each, ``%0A`` for a line break."""
    found = [re.fullmatch(r"::(error|warning|notice) (.+?)::(.*)", row)
             for row in text.splitlines()]  # fmt: skip
    assert all(found)
    made = [command for command in found if command]
    keys = [[pair.partition("=")[0] for pair in command[2].split(",")] for command in made]
    codes = {"%0A": "\n", "%0D": "\r", "%25": "%"}
    said = [re.sub("%0A|%0D|%25", lambda code: codes[code[0]], command[3]) for command in made]
    return Read([[command[1] for command in made], keys], said)


def metrics(text: str) -> Read:
    new = openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    names = [[(family.name, len(family.samples)) for family in families]
             for families in (new, old_families(text))]  # fmt: skip
    return Read(names, [])


def terminal(text: str) -> Read:
    """Return lines of text without what was wrapped; a terminal has nothing to obey in them."""
    return Read(None, [re.sub(r"\s+", " ", text)])


READERS: dict[Format, Callable[[str], Read]] = {
    Format.TEXT: terminal,
    Format.JSON: document,
    Format.JSONL: documents,
    Format.CSV: table,
    Format.HTML: page,
    Format.MARKDOWN: markdown,
    Format.JUNIT: junit,
    Format.SARIF: document,
    Format.SARIF_ALL: document,
    Format.GITHUB_SUMMARY: markdown,
    Format.GITHUB_ANNOTATIONS: commands,
    Format.GITLAB: document,
    Format.OCSF: documents,
    Format.OSCAL: document,
    Format.OPENMETRICS: metrics,
}
#: Formats for programs, which get a name exactly as it is.
EXACT = {Format.JSON, Format.JSONL, Format.OCSF}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Account]:
    """Return a function that gives the run over two boxes of a name, one broken, one unknown."""
    made: dict[str, Account] = {}

    def run(name: str) -> Account:
        if name not in made:
            rows: list[dict[str, Any]] = [
                {"id": f"{name} broken", "bits": 64, "holders": [name]},
                {"id": f"{name} unknown", "failure": f"no: {name}"},
            ]
            made[name] = account(tmp_path_factory.mktemp("run"), rows)
        return made[name]

    return run


def test_there_is_a_reader_for_every_format() -> None:
    assert set(READERS) == set(Format)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", Format)
def test_a_name_is_text_and_nothing_else(
    form: Format, name: str, runs: Callable[[str], Account]
) -> None:
    hostile, tame = written(form, runs(HOSTILE[name])), written(form, runs(TAME))
    read = READERS[form](hostile)
    assert read.structure == READERS[form](tame).structure
    said = HOSTILE[name] if form in EXACT else harmless(HOSTILE[name])
    if form is not Format.OPENMETRICS:
        assert any(said[:SHOWN] in text for text in read.texts)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", Format)
def test_nothing_that_cannot_be_seen_is_written(
    form: Format, name: str, runs: Callable[[str], Account]
) -> None:
    """Python's own notion of what can be printed, not ours: no ESC, NUL or reading direction."""
    text = written(form, runs(HOSTILE[name]))
    assert [ascii(line) for line in physical(text) if not line.isprintable()] == []


def physical(text: str) -> Iterator[str]:
    """Return the lines of a file by its line breaks, which are all LF or all CR LF."""
    yield from text.split("\r\n" if text.count("\r\n") == text.count("\n") else "\n")


@pytest.mark.parametrize("form", [Format.SARIF, Format.SARIF_ALL])
def test_a_sarif_message_holds_no_link_and_no_placeholder(
    form: Format, runs: Callable[[str], Account]
) -> None:
    """SARIF 2.1.0, 3.11.6: ``[text](target)`` is a link unless its brackets are escaped."""
    body = json.loads(written(form, runs(HOSTILE["markdown"])))
    messages = [result["message"]["text"] for run in body["runs"] for result in run["results"]]
    assert messages
    assert [said for said in messages if re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", said)] == []
