"""What judging is asked, and what it answers: one part of one binding at a stated time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from troth.definitions import Binding, Control, Part
from troth.judge.findings import Finding
from troth.judge.scope import Scope
from troth.judge.subjects import Unit
from troth.measures import Item
from troth.model import Proof, Verdict


@dataclass(frozen=True)
class Moment:
    """The stated time and the policy's zone that everything is judged in."""

    as_of: datetime
    zone: ZoneInfo

    @property
    def today(self) -> str:
        """Return the local date as ``YYYY-MM-DD``."""
        return self.as_of.astimezone(self.zone).date().isoformat()


@dataclass(frozen=True)
class Seen:
    """What was observed of one kind at the selected targets."""

    units: tuple[Unit, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Question:
    """One part to judge: for which clause, with which values, in which scope.

    ``absent`` is somebody's word that nothing of its kind exists; ``idle`` tells that the clause
    asks nothing of this part.
    """

    policy: str
    clause: str
    binding: Binding
    control: Control
    part: Part
    scope: Scope = Scope()
    absent: str = ""
    idle: bool = False


@dataclass(frozen=True)
class Answer:
    """The findings of one part, its verdict and proof, and what the scope left out."""

    findings: tuple[Finding, ...]
    verdict: Verdict
    proof: Proof | None
    excluded: Mapping[str, int] = field(default_factory=dict)
