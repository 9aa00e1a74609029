"""The headers that say something about protection or about the software."""

from __future__ import annotations

from typing import Any

from troth.checker import Facts, Failure, Reason, complete, partial
from troth.checkers.http.exchange import Exchange, shown

#: All others stay out: a header may hold what is nobody's business, or a secret.
TOLD = (
    "content-security-policy",
    "permissions-policy",
    "referrer-policy",
    "server",
    "via",
    "x-content-type-options",
    "x-frame-options",
    "x-powered-by",
)
#: A policy is useless in part, so that longer ones are left out rather than cut.
_LONGEST = 4000


def facts(exchange: Exchange) -> Facts:
    """Return the facts of the facet ``headers``: each field of an allowed name, whole."""
    rows: list[dict[str, Any]] = []
    long = []
    for name, value in exchange.headers:
        if name in TOLD and len(value) <= _LONGEST:
            rows.append({"name": name, "value": shown(value, _LONGEST)})
        elif name in TOLD:
            long.append(name)
    if not long:
        return Facts({"present": complete(rows)})
    text = f"the header {long[0]} is longer than {_LONGEST} characters"
    return Facts(
        {"present": partial(rows)}, missing={"present": Failure(Reason.MALFORMED_RESPONSE, text)}
    )
