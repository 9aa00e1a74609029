"""Facet ``mail``: exchangers, and the policies that other mail servers look for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete
from troth.checkers.dns.follow import follow
from troth.checkers.dns.records import LONGEST, Look

#: How the records begin: RFC 7208 section 4.5 and RFC 7489 section 6.4.
_SPF = re.compile("v=spf1( |$)", re.IGNORECASE)
_DMARC = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(;|$)")


def facts(look: Look, name: str) -> Facts:
    """Return the facet; each of its facts has questions of its own and may fail alone."""
    values: dict[str, Any] = {}
    missing: dict[str, Failure] = {}
    makers: dict[str, Callable[[], Any]] = {
        "exchangers": lambda: _exchangers(look, name),
        "spf": lambda: _only(look, name, _SPF),
        "dmarc": lambda: _only(look, f"_dmarc.{name}", _DMARC),
    }
    for fact, make in makers.items():
        try:
            values[fact] = make()
        except ObservationFailed as error:
            missing[fact] = error.failure
    return Facts(values, missing)


def _exchangers(look: Look, name: str) -> dict[str, Any]:
    """Return the exchangers; a single dot says that no mail is taken (RFC 7505)."""
    return complete({record.values[1] for record in follow(look, name, "MX").records})


def _only(look: Look, name: str, begins: re.Pattern[str]) -> str:
    """Return the one text that begins so, or an empty one.

    Raises :class:`~troth.checker.ObservationFailed` for several: which of them holds is nowhere
    defined, and receivers differ.
    """
    texts = [record.values[0] for record in follow(look, name, "TXT").records]
    found = sorted({text for text in texts if begins.match(text)})
    if len(found) > 1:
        text = f"{name} has {len(found)} records that begin with {begins.pattern[:6]}"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, text)
    if found and len(found[0]) > LONGEST:
        text = f"the record of {name} is longer than {LONGEST} characters"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, text)
    return found[0] if found else ""
