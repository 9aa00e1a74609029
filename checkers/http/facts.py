"""From exchanges to facts: what was answered, what was refused, what stays unproven.

Pure functions; they can be run again years later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason
from troth.checkers.http.exchange import NEGATIVE, Exchange, shown
from troth.checkers.http.forging import forged_forward
from troth.checkers.http.pages import Page
from troth.checkers.http.urls import Url

_DATA_READ = Failure(
    Reason.NOT_ALLOWED,
    "a POST is a data-read; allow: [data-read] on the target permits it",
)


def failed(failure: Failure) -> ObservationFailed:
    """Return a failure as the exception that reports it."""
    return ObservationFailed(failure.reason, failure.message)


def demanded(exchange: Exchange) -> Exchange:
    """Return an exchange that has a status; raise why it has none otherwise."""
    if not exchange.answered:
        raise failed(exchange.failure)
    return exchange


def sorted_out(found: Mapping[str, Any], raw: Mapping[str, Any] | None = None) -> Facts:
    """Return facts, those that are failures among the missing."""
    missing = {fact: value for fact, value in found.items() if isinstance(value, Failure)}
    values = {fact: value for fact, value in found.items() if fact not in missing}
    return Facts(values, missing, raw or {})


def answer(
    page: Page,
    first: Exchange,
    forged: Sequence[Exchange],
    posted: Iterable[Exchange],
    scope: Iterable[str],
    sign_in: Sequence[Url],
) -> Facts:
    """Return the facts of the facet ``answer``.

    ``forged`` is what a forged address met, nothing where it was not asked; ``posted`` is the
    answer to a POST where the target allows one. Raises why there is neither answer nor proof.
    """
    if not first.answered:
        return _no_answer(page, first)
    found = {
        "reach": "answered",
        "status": first.status,
        "leads_to": _leads_to(first, scope, sign_in),
        "post": next((_status(each) for each in posted), _DATA_READ),
        "forged_forward": forged_forward(first, forged) if page.access == "admin" else "not-asked",
        "response_ms": first.body_failure or first.milliseconds,
    }
    raw = {"address": first.tried[-1], "certificate": first.certificate}
    return sorted_out(found, raw)


def _no_answer(page: Page, first: Exchange) -> Facts:
    """Return the facts of an address that is shut: nothing opens it, as nothing can be sent."""
    if first.kind not in NEGATIVE or not first.proven:
        raise failed(first.failure)
    return sorted_out(
        {
            "reach": first.kind.value,
            "status": None,
            "leads_to": "nothing",
            "post": None,
            "forged_forward": "same" if page.access == "admin" else "not-asked",
            "response_ms": Failure(Reason.NO_DATA, f"{first.url.named}: nothing answers"),
        },
        {"address": first.tried[-1], "certificate": ""},
    )


def _status(exchange: Exchange) -> int | Failure:
    return exchange.status if exchange.answered else exchange.failure


def _leads_to(first: Exchange, scope: Iterable[str], sign_in: Sequence[Url]) -> str | Failure:
    try:
        url = first.leads_to
    except ValueError as error:
        return Failure(Reason.MALFORMED_RESPONSE, f"{first.url.named}: {shown(str(error))}")
    if url is None:
        return "nothing"
    if any(_same_place(url, each) for each in sign_in):
        return "sign-in"
    hosts = {place.rpartition(":")[0].strip("[]") for place in scope}
    return "same-site" if url.host in hosts else "elsewhere"


def _same_place(one: Url, other: Url) -> bool:
    """Compare without the query, in which a sign-in page is told where to return to."""
    where = one.scheme, one.authority, one.path.rstrip("/")
    return where == (other.scheme, other.authority, other.path.rstrip("/"))


def plain(page: Page, got: Exchange, posted: Iterable[Exchange]) -> Facts:
    """Return the facts of the facet ``plain``."""
    host = page.url.host
    post = next((_plainly(each, host) for each in posted), _DATA_READ)
    return sorted_out({"get": _plainly(got, host), "post": post})


def _plainly(exchange: Exchange, host: str) -> str | Failure:
    if exchange.proven:
        return exchange.kind.value
    if not exchange.answered:
        return exchange.failure
    if exchange.status >= 400:
        return "rejects"
    try:
        url = exchange.leads_to
    except ValueError as error:
        return Failure(Reason.MALFORMED_RESPONSE, f"{exchange.url.named}: {shown(str(error))}")
    if url is None:
        return "serves"
    secure = url.scheme == "https" and url.host == host
    return "redirects-to-https" if secure else "redirects-elsewhere"
