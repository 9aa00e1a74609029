"""What two independent renderers make of Markdown, as text and tags; HTML in it would get through.

cmarkgfm is the parser that GitHub uses, with its tables, its bare addresses as links and its raw
HTML. markdown-it-py is another implementation of CommonMark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from html.parser import HTMLParser

import pytest


class Page(HTMLParser):
    """HTML as its tags, attributes and texts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.others: list[str] = []
        self.text, self.free = "", ""
        self.codes: list[str] = []
        self._in_code = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        if tag == "code":
            self._in_code = True
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._in_code = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_code:
            self.codes[-1] += data
        else:
            self.free += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def _cmark(text: str) -> str:
    cmarkgfm = pytest.importorskip("cmarkgfm")
    options = pytest.importorskip("cmarkgfm.cmark").Options.CMARK_OPT_UNSAFE
    extensions = ["table", "autolink", "strikethrough", "tasklist"]
    return str(cmarkgfm.markdown_to_html_with_extensions(text, options, extensions))


def _markdown_it(text: str) -> str:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True})
    return str(parser.enable(["table", "strikethrough"]).render(text))


RENDERERS: Mapping[str, Callable[[str], str]] = {"cmarkgfm": _cmark, "markdown-it": _markdown_it}
