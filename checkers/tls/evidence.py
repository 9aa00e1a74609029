"""All answers of one endpoint as one JSON value, each certificate in it once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from troth.checker import ObservationFailed, Reason, demand
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.seen import Seen

_REASONS = {
    Kind.UNREACHABLE: (Reason.UNREACHABLE, "no connection: {0.text}"),
    Kind.TIMEOUT: (Reason.TIMEOUT, "{0.text}"),
    Kind.MALFORMED: (Reason.MALFORMED_RESPONSE, "no TLS handshake: {0.text}"),
    Kind.OVERSIZE: (Reason.MALFORMED_RESPONSE, "no TLS handshake: {0.text}"),
    Kind.TRUNCATED: (Reason.MALFORMED_RESPONSE, "no TLS handshake: {0.text}"),
    # A peer that speaks its protocol and refuses TLS has none; that is no fact about a TLS
    # endpoint, and the nearest of the reasons is that it does not support what is asked for.
    Kind.NO_TLS: (Reason.NOT_SUPPORTED, "{0.text}"),
    Kind.BUSY: (Reason.UNPROVEN, "{0.text}"),
    Kind.LOCAL: (Reason.UNPROVEN, "this machine cannot ask: {0.text}"),
}
_OTHERWISE = (Reason.UNPROVEN, "no hello was accepted; the last answer: {0}")


@dataclass(frozen=True)
class Evidence(Seen):
    """What one examination brought; ``named`` are broken suites that explain a fact."""

    named: tuple[int, ...] = field(default=())

    @property
    def opening(self) -> Answer:
        """Return the first answer that was a yes; raise why the endpoint cannot be spoken to.

        Raises :class:`~troth.checker.ObservationFailed`.
        """
        found = next(iter(self.accepted), None)
        if found is not None:
            return found
        if not self.answers:
            raise ObservationFailed(Reason.UNPROVEN, "the endpoint was not asked")
        last = self.answers[-1]
        reason, text = _REASONS.get(last.kind, _OTHERWISE)
        raise ObservationFailed(reason, text.format(last))

    def as_json(self) -> dict[str, Any]:
        """Return the evidence as JSON; chains are numbers into ``certificates``, base64 DER."""
        ders = list(dict.fromkeys(der for row in self.answers for der in row.chain))
        number = {der: index for index, der in enumerate(ders)}
        rows = [
            row.as_json() | {"chain": [number[der] for der in row.chain]} for row in self.answers
        ]
        return {
            "control": self.control,
            "answers": rows,
            "certificates": [base64.b64encode(der).decode("ascii") for der in ders],
            "named": list(self.named),
        }

    @classmethod
    def from_json(cls, body: Any) -> Evidence:
        """Return what :meth:`as_json` wrote; raises ``ObservationFailed`` where something lacks."""
        try:
            ders = [base64.b64decode(text, validate=True) for text in demand(body, "certificates")]
            rows = [_answer(row, ders) for row in demand(body, "answers")]
        except (ValueError, TypeError, IndexError, binascii.Error) as error:
            text = f"the evidence cannot be read: {error}"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, text) from error
        return cls(demand(body, "control"), tuple(rows), tuple(demand(body, "named")))


def _answer(row: Mapping[str, Any], ders: list[bytes]) -> Answer:
    return Answer.from_json(row, tuple(ders[number] for number in demand(row, "chain")))
