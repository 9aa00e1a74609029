"""Whether a header that any client can write opens what its address keeps shut."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from troth.checker import Failure, Reason
from troth.checkers.http.body import decoded
from troth.checkers.http.exchange import Exchange
from troth.checkers.http.text import visible

#: The headers in which proxies tell the address of their client, one way or another.
_HEADERS = (
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Client-IP",
    "X-Originating-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
)


def headers(address: str) -> tuple[tuple[str, str], ...]:
    """Return headers that claim the request came from an IP address (``Forwarded``: RFC 7239)."""
    node = f'"[{address}]"' if ":" in address else address
    return (*((name, address) for name in _HEADERS), ("Forwarded", f"for={node}"))


def forged_forward(first: Exchange, asked: Sequence[Exchange]) -> str | Failure:
    """Return ``same`` or ``lets-in``, or why it cannot be told.

    ``asked`` are a forged request, an honest one and a forged one, in this order: honest ones must
    have met the same as ``first``, forged ones the same as each other. None is made where the
    first answer was not whole.
    """
    if first.body_failure is not None:
        return first.body_failure
    for exchange in asked:
        if not exchange.answered:
            return exchange.failure
    forged, honest, again = asked
    if _mark(honest) != _mark(first) or _mark(again) != _mark(forged):
        return Failure(
            Reason.UNPROVEN, f"{first.url.named} answers the same request in several ways"
        )
    if _mark(forged) == _mark(first):
        return "same"
    if _opens(first.status, forged.status):
        return "lets-in"
    text = (
        f"{first.url.named} answers {first.status}, and a forged address {forged.status} otherwise"
    )
    return Failure(Reason.UNPROVEN, text)


def _opens(before: int, after: int) -> bool:
    """Tell whether less stands in the way: also a demand for credentials, where there was none."""
    return 400 <= before < 500 and (after < 400 or (after == 401 and before in (403, 404)))


def _mark(exchange: Exchange) -> tuple[int, str, str]:
    """Return what makes an answer this one: of an open page also where it leads and its text."""
    if exchange.status >= 400:
        return exchange.status, "", ""
    location = "".join(exchange.header("location")).partition("?")[0]
    text = decoded(exchange.body, "".join(exchange.header("content-type")))
    read = visible(text).encode() if isinstance(text, str) else exchange.body
    return exchange.status, location, hashlib.sha256(read).hexdigest()
