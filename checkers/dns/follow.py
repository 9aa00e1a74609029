"""Aliases: from the name that was asked to the records at the end of its CNAME chain."""

from __future__ import annotations

from dataclasses import dataclass

from troth.checker import Failure, ObservationFailed, Reason
from troth.checkers.dns.records import Answer, Look, Record

#: More aliases than any resolver follows.
_LONGEST_CHAIN = 16


@dataclass(frozen=True)
class Found:
    """The records of one type that a name leads to.

    ``exists`` tells whether there is anything at the name itself, if only an alias; ``zone`` is
    that of the last answer.
    """

    exists: bool
    aliases: tuple[str, ...]
    records: tuple[Record, ...]
    zone: str


def follow(look: Look, name: str, wanted: str) -> Found:
    """Return what ``name`` leads to, asking again where an answer ends at an alias.

    Raises :class:`~troth.checker.ObservationFailed` when a question is not answered, or aliases
    go in a circle, fork or do not end.
    """
    chain = [name]
    while True:
        answer = said(look(chain[-1], wanted))
        known = len(chain)
        _extend(chain, answer)
        at_end = tuple(
            record
            for record in answer.records
            if record.type == wanted and record.owner == chain[-1]
        )
        if at_end or not answer.exists or len(chain) == known:
            exists = answer.exists or len(chain) > 1
            return Found(exists, tuple(chain[1:]), at_end, answer.zone)


def said(answer: Answer) -> Answer:
    """Return an answer that is one; raises :class:`~troth.checker.ObservationFailed`."""
    if answer.failure is not None:
        raise ObservationFailed(answer.failure.reason, answer.failure.message)
    return answer


def attempt(look: Look, name: str, wanted: str) -> Found | Failure:
    """Return what :func:`follow` returns, or why it cannot."""
    try:
        return follow(look, name, wanted)
    except ObservationFailed as error:
        return error.failure


def _extend(chain: list[str], answer: Answer) -> None:
    """Add the aliases of an answer to the chain that led to its question."""
    targets: dict[str, str] = {}
    for record in answer.records:
        if record.type == "CNAME":
            target = targets.setdefault(record.owner, record.values[0])
            if target != record.values[0]:
                raise _malformed(f"{record.owner[:200]} is an alias of two names")
    while chain[-1] in targets:
        target = targets[chain[-1]]
        if target in chain:
            raise _malformed(f"the aliases go in a circle at {target[:200]}")
        if len(chain) > _LONGEST_CHAIN:
            raise _malformed(f"there are more than {_LONGEST_CHAIN} aliases one after another")
        chain.append(target)


def _malformed(text: str) -> ObservationFailed:
    return ObservationFailed(Reason.MALFORMED_RESPONSE, text)
