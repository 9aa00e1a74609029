"""The words for what changed between two runs, and what one night's changes come to."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple


class Change(enum.StrEnum):
    """What may have happened to a finding, a resource, or to what is judged.

    A finding is *broken* when it failed and no waiver covers it. One that cannot be looked at any
    more keeps what was last known of it: a broken one is neither mended nor broken anew by that.
    """

    NEW = "new"  # broken for the first time
    REGRESSED = "regressed"  # broken again: it was mended, or not asked, in between
    WAIVER_EXPIRED = "waiver-expired"  # still failing, and no waiver covers it any more
    COVERAGE_LOST = "coverage-lost"  # was known, is unknown now
    FIXED = "fixed"  # was broken or waived, passes now
    WAIVED = "waived"  # fails, and a waiver covers it from now on
    COVERAGE_REGAINED = "coverage-regained"  # known again, and no worse than it was last known
    NO_LONGER_ASKED = "no-longer-asked"  # was broken; nothing asks this of the resource any more
    RESOURCE_GONE = "resource-gone"
    RESOURCE_ADDED = "resource-added"
    DOCUMENT_CHANGED = "document-changed"  # the text that the policy was written from
    POLICY_CHANGED = "policy-changed"
    CONTROL_CHANGED = "control-changed"  # a control, a kind, or troth itself
    SCOPE_CHANGED = "scope-changed"  # troth.yaml or the selected clauses
    STILL = "still"  # broken as it was last known; only of a comparison, never of a night


#: What ``--fail-on new`` fails for.
NEWLY_BROKEN = frozenset({Change.NEW, Change.REGRESSED, Change.WAIVER_EXPIRED})

#: What a message is sent for unless the channel says otherwise: resources come and go by day.
NOTIFIED = frozenset(Change) - {Change.STILL, Change.RESOURCE_ADDED, Change.RESOURCE_GONE}


class Event(NamedTuple):
    """One change. What it concerns is empty where it concerns no single clause or resource.

    ``before`` and ``now`` are verdicts (``pass``, ``fail``, ``unknown``, ``not-applicable``),
    or empty where there was or is none. ``text`` is one plain sentence, made of words of ours and
    of names that a scanned system gave: whoever shows it makes those harmless.
    """

    change: Change
    text: str
    policy: str = ""
    clause: str = ""
    control: str = ""
    finding: str = ""
    target: str = ""
    kind: str = ""
    resource: str = ""
    severity: str = ""
    before: str = ""
    now: str = ""


class Digest(NamedTuple):
    """What changed from one run to a later one.

    ``run`` and ``since`` are ids of runs; ``since`` is empty when nothing was recorded before.
    ``as_of`` is ISO 8601 with offset, ``state`` is ``complete`` or ``partial``, ``counts`` maps
    ``broken``, ``waived``, ``unknown``, ``kept`` and ``not-applicable`` to numbers of clauses.
    ``head`` is the digest at the end of the chain of runs, or empty without a store.
    """

    scope: str
    run: str
    since: str
    as_of: str
    state: str
    exit_code: int
    counts: Mapping[str, int]
    events: tuple[Event, ...]
    head: str = ""
