"""Web addresses for tests of measures: what the facets of an http-endpoint say of them."""

from __future__ import annotations

from typing import Any

from troth.measures import Item
from troth.model import Failure, Reason

NO_ANSWER = Failure(Reason.TIMEOUT, "no answer within 5 s")


def whole(values: list[Any]) -> dict[str, Any]:
    """Return a list fact that is complete."""
    return {"items": values, "complete": True}


def page(url: str, *topics: str, use: Any = None, **facets: Any) -> Item:
    """Return an address that is named for topics; a facet without facts could not be read.

    Its page answers 200 and has the one text ``Title``, which is there.
    """
    facets.setdefault("page", {})
    shown = {
        "status": 200,
        "site": "same",
        "catch_all": False,
        "texts": whole([{"text": "Title", "found": True}]),
        "digest": "sha256:00ff",
    }
    used = {"access": "public", "vantage": "outside", "topics": whole(list(topics))}
    facts = {"use": used | (use or {})}
    facts |= {name: made for name, made in facets.items() if made is not None}
    if facets["page"] is not None:
        facts["page"] = shown | facets["page"]
    missing = {name: NO_ANSWER for name, made in facets.items() if made is None}
    return Item(url, facts, missing)


def texts(**found: bool) -> dict[str, Any]:
    """Return the facet ``page`` of an address with these texts, there or not."""
    return {"texts": whole([{"text": text, "found": there} for text, there in found.items()])}
