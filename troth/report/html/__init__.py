"""A run as one page: no network, no other file, whole on paper, readable without JavaScript.

What a scanned system wrote reaches the page only through :func:`troth.report.html.words.shown` and
the template engine's own escaping; a content security policy by hash allows the page's one style
and one script and nothing else.
"""

from __future__ import annotations

from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from troth.report.account import Account
from troth.report.html import assets, expiry, page, words
from troth.shipped import FOLDER

#: How many pieces of the page are written at once.
_PIECES = 512


def write(account: Account, out: TextIO) -> None:
    """Write the page; it depends on the run and its trend alone, so the same give the same bytes.

    Clauses are rendered one by one and never held together.
    """
    template = _engine().get_template("page.html.j2")
    stream = template.stream(page=page.of(account), style=assets.STYLE, script=assets.SCRIPT)
    stream.enable_buffering(_PIECES)
    for piece in stream:
        out.write(piece)


def _engine() -> Environment:
    engine = Environment(
        loader=FileSystemLoader(FOLDER / "report" / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.globals.update(text=words.text, moment=words.instant, grouped=expiry.grouped)
    return engine
