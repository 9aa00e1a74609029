"""The pages of the company's web sites, from ``texts/sites.yaml``, and what is made for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from troth.demo import feeds
from troth.demo.moments import Moments
from troth.demo.web import Asked, Page, Site, site
from troth.shipped import FOLDER
from troth.yamlfile import parse

#: The one site that gives its pages without TLS as well.
OLD = "old"


def load(moments: Moments) -> dict[str, Mapping[str, Mapping[str, Any]]]:
    """Return what the file says of each path of each site, with dates of now put in."""
    source = FOLDER / "demo" / "texts" / "sites.yaml"
    text = moments.filled(source.read_text(encoding="utf-8"))
    return dict(parse(text, source.name).data["sites"])


def built(moments: Moments) -> dict[str, Site]:
    """Return the sites by the first word of their names."""
    return {
        word: site({path: _page(said, moments) for path, said in paths.items()})
        for word, paths in load(moments).items()
    }


def named(moments: Moments, ports: Mapping[str, int], domain: str) -> dict[str, str]:
    """Return the demo's names of pages by resource id, where the file gives them one."""
    found = {}
    for word, paths in load(moments).items():
        for path, said in paths.items():
            if "name" in said:
                place = f"https://{word}.{domain}:{ports[word]}{path}#address=127.0.0.1"
                found[place] = str(said["name"])
    return found


def _page(said: Mapping[str, Any], moments: Moments) -> Page:
    made = feeds.MADE.get(said.get("gives", ""))
    status = int(said.get("status", 200))
    return Page(
        (lambda asked: made.write(moments, asked.host)) if made else _html(said),
        status,
        int(said.get("form", 405)),
        int(said.get("claimed", 0)),
        made.media if made else "text/html; charset=utf-8",
        str(said.get("leads_to", "")),
    )


def _html(said: Mapping[str, Any]) -> Callable[[Asked], str]:
    title = escape(said.get("title", "Hinoki"))
    rows = "".join(f"<li>{escape(name)}</li>" for name in said.get("names", ()))
    names = f'<ul id="names">{rows}</ul>' if rows else ""
    text = f"<p>{escape(said.get('text', ''))}</p>{names}"
    page = f"<!doctype html><title>{title}</title><h1>{title}</h1>{text}\n"
    return lambda _: page
