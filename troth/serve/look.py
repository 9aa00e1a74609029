"""The look of the pages: the report's own style and escaping, and the templates of this folder."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from troth.report.html import words as values
from troth.serve import links, words
from troth.shipped import FOLDER

_REPORT = FOLDER / "report" / "html"
_HERE = FOLDER / "serve" / "pages"

#: The sign of the pages in a browser's tab; a browser that finds none asks again and again.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect width="16" height="16" rx="3" fill="#1f4e8c"/>'
    '<path d="M3.5 8.5l3 3 6-7" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)


class Asset(NamedTuple):
    """A file that belongs to every page; its name holds its digest, so it may be kept for ever."""

    name: str
    body: bytes
    kind: str


def _asset(stem: str, ending: str, text: str, kind: str) -> Asset:
    body = text.encode()
    return Asset(f"{stem}-{hashlib.sha256(body).hexdigest()[:20]}.{ending}", body, kind)


def assets() -> dict[str, Asset]:
    """Return the style and the icon by their names."""
    style = (_REPORT / "page.css").read_text(encoding="utf-8")
    style += (_HERE / "serve.css").read_text(encoding="utf-8")
    made = (
        _asset("style", "css", style, "text/css; charset=utf-8"),
        _asset("icon", "svg", _ICON, "image/svg+xml"),
    )
    return {one.name: one for one in made}


def engine(**everywhere: Any) -> Environment:
    """Return the template engine, with what every page may name.

    Everything is escaped, and made harmless before that; markup is our own templates' alone.
    """
    made = Environment(
        loader=FileSystemLoader([_HERE, _REPORT]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=values.shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(
        links=links, words=words, text=values.text, moment=words.brief, **everywhere
    )
    return made
