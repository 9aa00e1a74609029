"""One endpoint's examination inside its clock: the only place where order meets time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from troth.checkers.network.clock import Clock
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.examination import Ask, Examination
from troth.checkers.tls.questions import GROUPS, TLS13, Offer

#: Puts an offer to the endpoint within so many seconds.
Put = Callable[[Offer, float], Awaitable[Answer]]

#: What the closing control is left at least, in seconds, and as a multiple of the opening's time.
_KEPT_SECONDS, _KEPT_TIMES = 1.0, 4.0


class Probe:
    """Puts the offers of an examination one after the other, each within its time."""

    def __init__(self, put: Put, clock: Clock, timeout: float) -> None:
        """``timeout`` is the most seconds for one offer, ``clock`` what all have together."""
        self._put, self._clock, self._timeout = put, clock, timeout
        self._kept = 0.0
        self._group = 0

    async def examine(self) -> Evidence:
        """Return what the endpoint answered; never raises for what it does."""
        examination = Examination()
        script = examination.script()
        try:
            ask = next(script)
            while True:
                ask = script.send(await self._answer(ask))
        except StopIteration:
            seen = examination.seen
            return Evidence(seen.control, seen.answers, tuple(examination.named))

    async def _answer(self, ask: Ask) -> Answer:
        left = self._clock.left - (0.0 if ask.closing else self._kept)
        if left <= 0:
            return Answer(ask.offer.name, Kind.SKIPPED, text="the endpoint's time was spent")
        before = self._clock.spent
        answer = await self._put(self._shared(ask.offer), min(self._timeout, left))
        if answer.yes:
            self._learn(answer, self._clock.spent - before)
        elif answer.kind is Kind.TIMEOUT and left < self._timeout:
            # How much was left differs from run to run; what is told must not.
            what = answer.text.partition(" in ")[0]
            answer = replace(answer, text=f"{what} in the time that the endpoint had left")
        return answer

    def _shared(self, offer: Offer) -> Offer:
        """Return the offer with a key share of the group that the endpoint is known to want."""
        wanted = offer.modern and offer.share and self._group in offer.groups
        return replace(offer, share=self._group) if wanted and self._group != offer.share else offer

    def _learn(self, answer: Answer, seconds: float) -> None:
        if answer.version == TLS13 and answer.group in GROUPS:
            self._group = answer.group
        if not self._kept:
            self._kept = min(self._timeout, max(_KEPT_SECONDS, _KEPT_TIMES * seconds))
