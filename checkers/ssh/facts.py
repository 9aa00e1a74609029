"""From the answers of up to three connections to facts; pure.

A list of algorithms is whole, because a server says it in one message, unless another connection
was shown another one. The host keys are all there only if each key that the server's list names
was presented and proved, by an endpoint that said the same every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, partial
from troth.checkers.ssh import hostkeys
from troth.checkers.ssh.answers import Answer
from troth.checkers.ssh.hostkeys import HostKey
from troth.checkers.ssh.kexinit import Lists


def algorithms(answers: Sequence[Answer]) -> Facts:
    """Return the facts of the facet ``algorithms``, the opening first.

    Raises why there was no greeting. Of a server that speaks SSH 1 alone the version is known,
    and nothing else. A list counts as whole only if every connection was shown the same.
    """
    opening = answers[0]
    if opening.identification is None:
        raise _unseen(opening)
    known: dict[str, Any] = {"protocol": opening.identification.protocol}
    raw = {"software": opening.identification.software}
    if opening.lists is None:
        why = _failure(opening)
        return Facts(known, dict.fromkeys(_LISTED, why), raw)
    offers = [_listed(answer.lists) for answer in answers if answer.lists]
    varying = [name for name in _LISTED if len({frozenset(offer[name]) for offer in offers}) > 1]
    for name in _LISTED:
        rows = {row for offer in offers for row in offer[name]}
        known[name] = partial(rows) if name in varying else complete(rows)
    missing = dict.fromkeys(varying, _SEVERAL)
    return Facts(known, missing, raw | {"announced": sorted(opening.lists.markers)})


_LISTED = ("key_exchange", "host_keys", "ciphers", "macs")
_SEVERAL = Failure(
    Reason.LISTING_INCOMPLETE,
    "the endpoint offers different algorithms from one connection to the next: "
    "several servers answer there",
)


def _listed(lists: Lists) -> Mapping[str, Sequence[str]]:
    return {
        "key_exchange": lists.methods,
        "host_keys": lists.host_keys,
        "ciphers": sum(lists.ciphers, ()),
        "macs": sum(lists.macs, ()),
    }


def host_keys(answers: Sequence[Answer]) -> Facts:
    """Return the facts of the facet ``host_keys``, the opening first.

    Raises why the first connection showed no key if none did.
    """
    proved = [answer for answer in answers if answer.key]
    if not proved:
        raise _unseen(answers[0])
    rows = {key.sha256: _row(key) for answer in proved if (key := answer.key)}
    doubt = _doubt(answers)
    if not doubt:
        return Facts({"presented": complete(rows.values())})
    why = Failure(Reason.LISTING_INCOMPLETE, doubt)
    return Facts({"presented": partial(rows.values())}, {"presented": why})


def _row(key: HostKey) -> dict[str, Any]:
    return {"sha256": key.sha256, "key_type": key.key_type, "key_bits": key.bits}


def _doubt(answers: Sequence[Answer]) -> str:
    """Return why there may be more keys than were seen, empty if there are not."""
    offers = {answer.lists.host_keys for answer in answers if answer.lists}
    if len(offers) != 1:
        return "the endpoint offers different host keys from one connection to the next"
    (offer,) = offers
    seen: dict[str, set[str]] = {}
    for answer in answers:
        if answer.key:
            seen.setdefault(answer.slot, set()).add(answer.key.sha256)
    if any(len(keys) > 1 for keys in seen.values()):
        return "the endpoint presents different keys of one type: several servers answer there"
    return _unasked(offer, seen, answers)


def _unasked(offer: Sequence[str], seen: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    unseen = [slot.name for slot in hostkeys.slots(offer) if slot.name not in seen]
    failed = [answer.failure for answer in answers if answer.failure and not answer.key]
    if unseen:
        why = f": {failed[0].message}" if failed else " in the connections that are made"
        return f"not presented: {', '.join(unseen)}{why}"
    strange = hostkeys.strange(offer)
    return f"not known: {', '.join(strange)}" if strange else ""


def authentication(answer: Answer) -> Facts:
    """Return the facts of the facet ``authentication``; raises why nothing was said about it."""
    if answer.methods is not None:
        return Facts({"open": False, "methods": complete(set(answer.methods))})
    if not answer.welcome:
        raise _unseen(answer)
    text = "the server let the account in before it named any method"
    return Facts({"open": True}, {"methods": Failure(Reason.UNPROVEN, text)})


def _failure(answer: Answer) -> Failure:
    return answer.failure or Failure(Reason.UNPROVEN, "the connection was not made")


def _unseen(answer: Answer) -> ObservationFailed:
    why = _failure(answer)
    return ObservationFailed(why.reason, why.message)
