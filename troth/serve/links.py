"""The addresses of the pages, made in one place and quoted in one place."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup


def _link(*steps: str) -> Markup:
    """Return a path; after quoting it holds nothing that HTML could take for its own."""
    return Markup("/" + "/".join(quote(step, safe="") for step in steps))  # noqa: S704 - quoted


def quoted(text: str) -> Markup:
    """Return a text as a part of an address."""
    return Markup(quote(text, safe=""))  # noqa: S704 - quoted


def document(policy: str) -> Markup:
    """Return the page of a policy's document."""
    return _link("documents", policy)


def clause(policy: str, number: str) -> Markup:
    """Return the page of a clause."""
    return _link("documents", policy, number)


def finding(key: str) -> Markup:
    """Return the page of a finding, by its id in runs."""
    return _link("findings", key)


def run(name: str) -> Markup:
    """Return the page of a recorded run."""
    return _link("runs", name)
