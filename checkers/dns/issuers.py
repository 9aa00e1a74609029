"""Facet ``issuers``: the CAA records that hold for a name (RFC 8659 section 3)."""

from __future__ import annotations

from troth.checker import Facts, Failure, Reason, complete, partial
from troth.checkers.dns.follow import follow
from troth.checkers.dns.names import ancestors
from troth.checkers.dns.records import LONGEST, Look


def facts(look: Look, name: str) -> Facts:
    """Return the records of the nearest name, from here upwards, that has any.

    Aliases are followed at each step, but nothing above an alias's target is asked.
    """
    for above in ancestors(name):
        found = follow(look, above, "CAA")
        if found.records:
            rows = [record.values for record in found.records]
            kept = [row for row in rows if len(row[1]) + len(row[2]) <= LONGEST]
            items = [{"flags": flags, "tag": tag, "value": value} for flags, tag, value in kept]
            raw = {"of": above}
            if len(kept) == len(rows):
                return Facts({"records": complete(items)}, raw=raw)
            text = f"a CAA record of {above} is longer than {LONGEST} characters"
            why = Failure(Reason.MALFORMED_RESPONSE, text)
            return Facts({"records": partial(items)}, {"records": why}, raw)
    return Facts({"records": complete([])})
