"""What a visitor reads: the facets ``page``, ``feed`` and ``incidents`` from a chain of answers."""

from __future__ import annotations

import hashlib
from typing import Any

from troth.checker import Facts, Failure, Reason, complete
from troth.checkers.http import feeds, incidents
from troth.checkers.http.body import decoded
from troth.checkers.http.exchange import Exchange, shown
from troth.checkers.http.facts import failed, sorted_out
from troth.checkers.http.inquiry import IMPOSSIBLE, Chain
from troth.checkers.http.pages import Page
from troth.checkers.http.text import collapsed, contains, names, visible

_HTML = ("text/html", "application/xhtml+xml")


def ended(chain: Chain) -> Exchange:
    """Return the answer at which the redirects end; raise why they do not."""
    if chain.failure is not None:
        raise failed(chain.failure)
    return chain.last


def page(asked: Page, chain: Chain, other: Chain | None) -> Facts:
    """Return the facts of the facet ``page``.

    ``other`` is what an address that cannot exist met, None where it was not asked. Where the
    redirects leave the scope, status and site stand alone: the text is another site's.
    """
    last = ended(chain)
    source = _away(chain) if chain.away else _source(last)
    text = source if isinstance(source, Failure) else _visible(last, source)
    found: dict[str, Any] = {
        "status": last.status,
        "site": "other" if chain.away else "same",
        "catch_all": text if isinstance(text, Failure) else _catch_all(last, text, other),
        "texts": text if isinstance(text, Failure) else _texts(asked, text),
        "names": source if isinstance(source, Failure) else _names(asked, source),
        "digest": text if isinstance(text, Failure) else _digest(text),
    }
    return sorted_out(found)


def _away(chain: Chain) -> Failure:
    url = chain.last.leads_to
    text = (
        f"{chain.last.url.named} redirects to {url.authority if url else 'another site'}, which is "
    )
    return Failure(Reason.UNPROVEN, text + "not asked; name it under sites: if it is yours")


def _source(last: Exchange) -> str | Failure:
    if last.body_failure is not None:
        return last.body_failure
    content_type = _content_type(last)
    if not content_type.startswith("text/") and content_type not in (*_HTML, ""):
        return Failure(Reason.NOT_SUPPORTED, f"{shown(content_type)} is not read as text")
    return decoded(last.body, "".join(last.header("content-type")[:1]))


def _content_type(last: Exchange) -> str:
    return "".join(last.header("content-type")[:1]).partition(";")[0].strip().lower()


def _visible(last: Exchange, source: str) -> str:
    plain = _content_type(last).startswith("text/") and _content_type(last) not in _HTML
    return collapsed(source) if plain else visible(source)


def _texts(asked: Page, text: str) -> dict[str, Any]:
    return complete({"text": each, "found": contains(text, each)} for each in asked.texts)


def _names(asked: Page, source: str) -> dict[str, Any] | Failure:
    if not asked.names_in:
        return Failure(Reason.NOT_SUPPORTED, "the target names no element with names (names_in)")
    found = names(source, asked.names_in)
    if found is None:
        text = f"{asked.url.named} has no element {asked.names_in} with a list or a table in it"
        return Failure(Reason.NO_DATA, text)
    return complete(shown(name) for name in found)


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _catch_all(last: Exchange, text: str, other: Chain | None) -> bool | Failure:
    """Compare with what an address that cannot exist meets; a page may quote its own address."""
    if other is None:
        return Failure(Reason.NO_DATA, "no address that cannot exist was asked")
    if other.failure is not None:
        return other.failure
    met = other.last
    if met.status >= 500 or met.status == 429:
        return Failure(Reason.UNPROVEN, f"{met.url.named} answers {met.status}, which says nothing")
    if other.away or met.status != last.status:
        return False
    source = _source(met)
    if isinstance(source, Failure):
        return source
    own = last.url.path.rpartition("/")[2]
    return _without(text, own) == _without(_visible(met, source), IMPOSSIBLE)


def _without(text: str, name: str) -> str:
    return text.replace(name, "") if name else text


def feed(asked: Page, chain: Chain) -> Facts:
    """Return the facts of the facet ``feed``; raises why the feed cannot be read."""
    if not asked.feed:
        why = Failure(Reason.NOT_SUPPORTED, "the target does not call this a feed (feed: true)")
        return Facts({"format": "not-asked"}, missing={"entries": why})
    return feeds.facts(_document(chain))


def reported(chain: Chain | None) -> Facts:
    """Return the facts of the facet ``incidents``; raises why the list cannot be read."""
    if chain is None:
        text = "the target names no list of incidents (incidents)"
        raise failed(Failure(Reason.NOT_SUPPORTED, text))
    return incidents.facts(_document(chain))


def _document(chain: Chain) -> bytes:
    """Return a body that was served whole with status 200."""
    last = ended(chain)
    if chain.away:
        raise failed(_away(chain))
    if last.status != 200:
        raise failed(Failure(Reason.NO_DATA, f"{last.url.named} answers {last.status}"))
    if last.body_failure is not None:
        raise failed(last.body_failure)
    return last.body
