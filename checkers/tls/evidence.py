"""All answers of one endpoint, which every fact is a function of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from troth.checker import ObservationFailed, Reason
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


@dataclass(frozen=True)
class Probed:
    """What one examination brought, and when it ended (UTC)."""

    evidence: Evidence
    seen_at: datetime
