"""What a finding's step from one run to the next means; no store and no run is known here."""

from __future__ import annotations

from typing import NamedTuple

from troth.history.changes import Change
from troth.model import Reason, Verdict


class State(NamedTuple):
    """How a finding stands in a run: verdict, reason of an unknown, id of the waiver, severity.

    ``looked`` is false where nobody could look: it was known once and is unknown now.
    """

    verdict: str
    reason: str = ""
    waiver: str = ""
    severity: str = ""
    looked: bool = True

    @property
    def dropped(self) -> bool:
        """Tell whether nothing looks there any more: no target, or no clause that asks."""
        return not self.looked and self.reason == Reason.NO_TARGET

    @property
    def known(self) -> bool:
        """Tell whether anything is known."""
        return self.verdict != Verdict.UNKNOWN

    @property
    def failing(self) -> bool:
        """Tell whether the promise is broken, waived or not."""
        return self.verdict == Verdict.FAIL

    @property
    def broken(self) -> bool:
        """Tell whether the promise is broken and no waiver covers it."""
        return self.failing and not self.waiver

    @property
    def waived(self) -> bool:
        """Tell whether the promise is broken and a waiver covers it."""
        return self.failing and bool(self.waiver)


class Past(NamedTuple):
    """What is known of a finding from before: ``last`` is how it stood, None if it did not.

    ``known`` is the last state that was not unknown, None if there was none; ``ended`` tells
    whether it was failing once and was not later, because it passed or was not asked.
    """

    last: State | None = None
    known: State | None = None
    ended: bool = False


def past(states: list[State]) -> Past:
    """Return the past that states in their order come to."""
    known: State | None = None
    ended = False
    for state in states:
        if not state.known:
            continue
        ended = ended or bool(known and known.failing and not state.failing)
        known = state
    return Past(states[-1] if states else None, known, ended)


def returned(before: Past, *, looked: bool) -> Past:
    """Return the past of a finding that had ended and is back.

    If the run before ``looked`` where it would have been, it was gone: what was broken had ended.
    Else nobody looked, and what was known before still counts.
    """
    if looked:
        ended = before.ended or bool(before.known and before.known.failing)
        return Past(None, None, ended)
    return before._replace(last=State(Verdict.UNKNOWN.value, looked=False))


def change(before: Past, now: State) -> Change | None:
    """Return what a finding that is judged now has become, None for nothing new.

    A broken one that was broken when it was last known is nothing new.
    """
    if not now.known:
        return Change.COVERAGE_LOST if _lost(before, now) else None
    found = _decided(before, now)
    if found is None and before.last is not None and not before.last.known:
        return Change.COVERAGE_REGAINED
    return found


def _lost(before: Past, now: State) -> bool:
    """Tell whether sight is lost now: of what was known, or for good of what was broken."""
    if before.last is None or before.last.known:
        return True
    broken = before.known is not None and before.known.failing
    return broken and now.dropped and not before.last.dropped


def _decided(before: Past, now: State) -> Change | None:
    known = before.known
    if now.broken:
        return _broken(before)
    if now.waived:
        return None if known and known.waived else Change.WAIVED
    if known is None or not known.failing:
        return None
    return Change.FIXED if now.verdict == Verdict.PASS else Change.NO_LONGER_ASKED


def _broken(before: Past) -> Change | None:
    known = before.known
    if known and known.broken:
        return None
    if known and known.waived:
        return Change.WAIVER_EXPIRED
    return Change.REGRESSED if before.ended else Change.NEW
