"""Pages to test: written from real little runs, and read by a parser that is not a browser."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

from troth.report import html
from troth.report.account import Account

#: Elements without an end tag (HTML Living Standard, section 13.1.2, void elements).
VOID = frozenset({"meta", "input", "br", "link", "img", "hr", "source"})


def written(run: Account) -> str:
    """Return a run's page."""
    out = io.StringIO(newline="")
    html.write(run, out)
    return out.getvalue()


def put(run: Account, path: Path) -> Path:
    """Write a run's page to a file, without changing its line ends."""
    path.write_text(written(run), encoding="utf-8", newline="")
    return path


class Read(HTMLParser):
    """A page as its tags in order, with attributes, and its text; fails where tags do not match."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.assets: dict[str, str] = {"style": "", "script": ""}
        self.within: list[str] = []
        self.feed(page)
        self.close()
        assert self.within == [], "every element ends"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += " "
        assert len(dict(attrs)) == len(attrs), "no attribute twice"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.within.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self.text += " "
        assert self.within.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.within and self.within[-1] in self.assets:
            self.assets[self.within[-1]] += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every element of a name."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        """Return the text with single spaces, also where one element ends and another begins."""
        return re.sub(r" ([,.;)])", r"\1", " ".join(self.text.split()))
