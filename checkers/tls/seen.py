"""What a list of answers says: pure questions over recorded evidence.

A refusal counts only if the server said so in TLS, or hung up every time of three, one of them
right after something was granted; whether the control was accepted afterwards is asked apart
(``controlled``), because it is put last.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.questions import (
    FINITE,
    FULL,
    MODERN,
    RUNGS,
    SSL3,
    TLS12,
    TLS13,
    VERSION_NAMES,
    asked_sets,
    elsewhere,
    is_whole,
)
from troth.checkers.tls.suites import BY_CODE, Suite

#: How often a close is asked again before it may count as a refusal.
REPEATS = 2

_UNASKED = "it was not asked"
_RUNG_NAMES = frozenset(offer.name for offer in RUNGS.values())
_MODERN_ELSEWHERE = elsewhere(MODERN).name


def _least(doubts: Sequence[str]) -> str:
    """Return empty if one of the doubts is, else the last."""
    return "" if "" in doubts else (doubts or [_UNASKED])[-1]


@dataclass(frozen=True)
class Seen:
    """Answers in the order they came; ``control`` is the offer accepted first, empty if none."""

    control: str
    answers: tuple[Answer, ...] = field(repr=False)

    def to(self, offer: str) -> tuple[Answer, ...]:
        """Return the answers to one offer, in order."""
        return self._by_offer.get(offer, ())

    @functools.cached_property
    def _by_offer(self) -> dict[str, tuple[Answer, ...]]:
        found: dict[str, tuple[Answer, ...]] = {}
        for answer in self.answers:
            found[answer.offer] = (*found.get(answer.offer, ()), answer)
        return found

    @functools.cached_property
    def accepted(self) -> tuple[Answer, ...]:
        """Return every answer that says yes."""
        return tuple(answer for answer in self.answers if answer.yes)

    @functools.cached_property
    def spoken(self) -> frozenset[int]:
        """Return the versions that were agreed to."""
        return frozenset(answer.version for answer in self.accepted)

    @property
    def controlled(self) -> bool:
        """Tell whether the last answer is the control's, and yes, in the version of all before.

        Another version is another server's answer, or that of one that changed in the middle.
        """
        last = self.answers[-1] if self.answers else None
        if last is None or not self.control or last.offer != self.control or not last.yes:
            return False
        return all(row.version == last.version for row in self.to(self.control) if row.yes)

    @functools.cached_property
    def steady(self) -> bool:
        """Tell whether the control was always accepted, and no hello hung up on once only.

        An endpoint that hangs up now and then answers some hello in two ways.
        """
        moody = {row.offer for row in self.answers if row.vague}
        same = all(row.vague for row in self.answers if row.offer in moody)
        return same and all(row.yes for row in self.to(self.control))

    def doubt(self, offer: str) -> str:
        """Return why an offer is not proven to be refused; empty if it is, the control apart."""
        answers = self.to(offer)
        if not answers:
            return _UNASKED
        unclear = [answer for answer in answers if not (answer.firm or answer.vague)]
        if unclear:
            return str(unclear[0])
        if any(answer.firm for answer in answers):
            return ""
        if not self._habit(answers):
            return f"{answers[0]} only, from an endpoint that answers unsteadily"
        return ""

    def _habit(self, answers: Sequence[Answer]) -> bool:
        """Tell whether what is no clear word was repeated so that it counts as a refusal."""
        often = len(answers) > REPEATS and self.clean(answers[0].offer)
        return self.steady and (often or self._said_again(answers))

    def clean(self, offer: str) -> bool:
        """Tell whether an offer was answered right after another was granted.

        Who hangs up for a while on whoever was just refused does not hang up then.
        """
        pairs = zip(self.answers, self.answers[1:], strict=False)
        return any(before.yes and row.offer == offer for before, row in pairs)

    def _said_again(self, answers: Sequence[Answer]) -> bool:
        """Tell whether alerts that might be passing troubles came again.

        To the same hello, or where a hello of every suite up to an old version was meant, to
        another such hello: some servers have no other word for a version that is switched off.
        """
        if not all(answer.passing for answer in answers):
            return False
        alike = _RUNG_NAMES if answers[0].offer in _RUNG_NAMES else {answers[0].offer}
        at = [i for i, row in enumerate(self.answers) if row.passing and row.offer in alike]
        # Two in a row may be one overload: something must have been granted between them.
        return any(row.yes for row in self.answers[at[0] : at[-1]])

    def well_since(self, offer: str) -> bool:
        """Tell whether a hello was accepted after the first answer to this one."""
        first = next(i for i, row in enumerate(self.answers) if row.offer == offer)
        return any(row.yes for row in self.answers[first:])

    def best_doubt(self, offers: Iterable[str]) -> str:
        """Return empty if one of the offers was refused, else the doubt about the last."""
        return _least([self.doubt(offer) for offer in offers])

    def chose(self, fits: Callable[[Suite], bool], lowest: int = SSL3) -> bool:
        """Tell whether some suite that fits was chosen, in ``lowest`` or a newer version."""
        return any(
            fits(BY_CODE[answer.suite]) and answer.version >= lowest for answer in self.accepted
        )

    def version_doubt(self, version: int) -> str:
        """Return why a version is not proven to be refused; empty if it is, the control apart."""
        return self._version_doubts[version]

    @functools.cached_property
    def _version_doubts(self) -> dict[int, str]:
        found = {version: self._older_doubt(version) for version in RUNGS}
        return {TLS13: self._modern_doubt(), **found} | dict.fromkeys(self.spoken, "it is accepted")

    def _modern_doubt(self) -> str:
        if any(answer.yes for answer in self.to(FULL.name)):
            return ""
        usual = self.best_doubt([FULL.name, MODERN.name])
        return usual or self.doubt(_MODERN_ELSEWHERE)

    def _older_doubt(self, version: int) -> str:
        if any(answer.version < version for answer in self.to(FULL.name) if answer.yes):
            return ""
        doubts = [self._rung_doubt(top, version) for top in RUNGS if top >= version]
        told = [doubt for doubt in doubts if doubt != _UNASKED]
        return "" if "" in doubts else (told or doubts)[-1]

    def _rung_doubt(self, top: int, version: int) -> str:
        """Return why the hello of every suite up to ``top`` does not exclude a version below."""
        name = RUNGS[top].name
        chosen = [answer.version for answer in self.to(name) if answer.yes]
        if chosen:
            agreed = VERSION_NAMES[max(chosen)]
            return "" if max(chosen) < version else f"{agreed} was chosen, older ones not asked"
        said = any(answer.about_offer for answer in self.to(name))
        # Who hangs up may do so because of the hello's version; a word is about all it offers.
        return self.doubt(name) or ("" if said or top == version else _UNASKED)

    @functools.cached_property
    def only_modern(self) -> bool:
        """Tell whether TLS 1.2 and all older versions are refused, the control apart."""
        return not any(self.version_doubt(version) for version in RUNGS)

    def set_doubt(self, name: str) -> str:
        """Return why a set of suites is not refused in TLS 1.2 and older; empty if it is."""
        void = not self.version_doubt(TLS12) if name == "256" else self.only_modern
        if void:
            return ""
        return _least(
            [
                self.doubt(offer) or ("" if is_whole(offer, name) else self._finite_doubt)
                for offer in self._by_offer
                if name in asked_sets(offer)
            ]
        )

    @functools.cached_property
    def _finite_doubt(self) -> str:
        """Return why the suites of a finite field that a hello left out are not refused."""
        return self.best_doubt(offer for offer in self._by_offer if FINITE in asked_sets(offer))

    @functools.cached_property
    def by_usual_groups(self) -> bool:
        """Tell whether TLS 1.3 is spoken over a group that a key share can be made for."""
        return any(
            answer.version == TLS13 and not answer.offer.endswith("-other-groups")
            for answer in self.accepted
        )


class SoFar(Seen):
    """What is believed while the asking goes on: a hang-up is put again when all was asked."""

    def _habit(self, answers: Sequence[Answer]) -> bool:
        named = asked_sets(answers[0].offer)
        apart = not (FINITE in named and named != {FINITE})  # otherwise it is not put again
        hung_up = all(row.kind is Kind.CLOSED for row in answers)
        return (apart and hung_up) or super()._habit(answers)
