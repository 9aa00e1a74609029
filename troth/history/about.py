"""What a finding is about; no store is known here."""

from __future__ import annotations

from typing import NamedTuple

#: Policy and clause.
Clause = tuple[str, str]

#: What a clause's span says beside ``kept`` if the breach before it was not mended.
UNMENDED = "unmended"


class About(NamedTuple):
    """What a finding is about; ``key`` is its id in runs, ``f-`` and 20 digits."""

    key: str
    policy: str
    clause: str
    binding: str
    control: str
    part: str
    kind: str
    target: str
    resource: str
