"""The nouns of troth as frozen values: what is promised, what was seen, what follows from it.

Nothing here does I/O, reads a clock or knows a file format.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Anything that JSON can carry.
Json = None | bool | int | float | str | list[Any] | dict[str, Any]

#: The facet that every kind has besides its own: the resource's tags, as a map of strings.
TAGS = "tags"

#: The resource name of a finding about a population as a whole.
POPULATION = "population"


class Verdict(enum.StrEnum):
    """What a finding says; an informative clause has none."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class Reason(enum.StrEnum):
    """Why something is unknown: the closed list."""

    PERMISSION_DENIED = "permission-denied"
    EXPIRED_CREDENTIALS = "expired-credentials"
    THROTTLED = "throttled"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    MALFORMED_RESPONSE = "malformed-response"
    UNPROVEN = "unproven"
    NOT_SUPPORTED = "not-supported"
    NO_DATA = "no-data"
    STALE = "stale"
    TOO_YOUNG = "too-young"
    NOTHING_FOUND = "nothing-found"
    LISTING_INCOMPLETE = "listing-incomplete"
    SCOPE_UNKNOWN = "scope-unknown"
    NO_TARGET = "no-target"
    NO_CONTROL = "no-control"
    NOT_ATTESTED = "not-attested"
    NOT_ALLOWED = "not-allowed"
    INTERRUPTED = "interrupted"
    RULE_ERROR = "rule-error"


class Proof(enum.StrEnum):
    """How strongly a decided verdict is proved, strongest first."""

    OUTCOME = "outcome"
    SETTING = "setting"
    RECORD = "record"
    STATEMENT = "statement"

    @property
    def rank(self) -> int:
        """Return 3 for an outcome down to 0 for a statement."""
        return _RANKS[self]


_RANKS = {proof: 3 - index for index, proof in enumerate(Proof)}


class Assess(enum.StrEnum):
    """How a clause can be assessed: live, on a register, by a signed statement, or not at all."""

    OBSERVED = "observed"
    RECORDED = "recorded"
    ATTESTED = "attested"
    INFORMATIVE = "informative"


class Severity(enum.IntEnum):
    """How bad a broken control is."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


#: The choices of ``--fail-on``: from which severity on a fail gates, or never.
FAIL_ON = ("none", *(severity.name.lower() for severity in Severity))


@dataclass(frozen=True)
class Failure:
    """Why a call, a fact, a facet or a listing could not be read.

    ``permission`` is the permission that was refused (``s3:GetEncryptionConfiguration``), empty
    unless the reason is ``permission-denied``. ``message`` is one sentence in words.
    """

    reason: Reason
    message: str
    permission: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the failure as JSON, without empty members."""
        body: dict[str, Any] = {"reason": self.reason.value, "message": self.message}
        return body | ({"permission": self.permission} if self.permission else {})

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Failure:
        """Return the failure that :meth:`as_json` wrote."""
        return cls(Reason(body["reason"]), body["message"], body.get("permission", ""))


class Resource(NamedTuple):
    """One thing found at a target: a bucket, an account, an endpoint, a register row.

    ``id`` is stable over time and unique inside its kind (ARN, URL, ``host:/path``); ``name`` is
    what a person calls it.
    """

    id: str
    name: str = ""
    partition: str = ""


@dataclass(frozen=True)
class Observation:
    """One facet of one resource: its facts, or why there are none.

    ``missing`` names single facts of an otherwise good facet that could not be read.
    ``covered`` is what was asked for (a period, a set of names), by request name.
    ``observed_at`` is an ISO 8601 instant in UTC.
    """

    facet: str
    facts: Mapping[str, Any] | None = None
    failure: Failure | None = None
    missing: Mapping[str, Failure] = field(default_factory=dict)
    covered: Mapping[str, Any] = field(default_factory=dict)
    calls: tuple[str, ...] = ()
    observed_at: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """What one checker found in one partition.

    ``failure`` is why the list is not complete; None means that it is. ``content_at`` is the
    instant that the list speaks for where that is not the time of reading (a register's export).
    """

    count: int
    failure: Failure | None = None
    content_at: str = ""

    @property
    def complete(self) -> bool:
        """Tell whether everything that exists there is in the list."""
        return self.failure is None
