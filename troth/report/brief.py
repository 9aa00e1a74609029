"""What the formats for code platforms share: what is broken today, told in few words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from troth.model import Severity, Verdict
from troth.report.words import told

Row = Mapping[str, Any]

#: Characters of a resource's name, and of any other text, before the rest is counted.
NAME, TEXT = 200, 600


class Rule(NamedTuple):
    """What a platform files findings under: a clause's tie to one control."""

    policy: str
    clause: str
    binding: str
    control: str

    @property
    def id(self) -> str:
        """Return ``policy/clause/binding``, the same in every run."""
        return f"{self.policy}/{self.clause}/{self.binding}"

    @classmethod
    def of(cls, row: Row) -> Rule:
        """Return the rule that a finding falls under."""
        return cls(row["policy"], row["clause"], row["binding"], row["control"])


def is_broken(row: Row) -> bool:
    """Tell whether a finding is a broken promise that nobody has accepted."""
    return row["verdict"] == Verdict.FAIL and "waiver" not in row


def is_half_waived(clause: Row) -> bool:
    """Tell whether a clause is waived as far as it is broken, and something of it is unknown."""
    return bool(clause["waived"] and clause["findings"].get(Verdict.UNKNOWN))


def distinct(rows: Iterable[Row]) -> Iterator[Row]:
    """Return the findings without those that say what another one said already.

    Two parts of a control, or two controls, may say the same of the same resource.
    """
    seen = set()
    for row in rows:
        # A digest for each is held, not a name of 10 KB.
        said = hashlib.blake2b(told(row).encode(), digest_size=16).digest()
        if said not in seen:
            seen.add(said)
            yield row


def severity(row: Row) -> Severity:
    """Return a finding's severity."""
    return Severity[row["severity"].upper()]


def cut(text: str, most: int) -> str:
    """Return at most ``most`` characters, and how many were left out if any were."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} more characters)"


def shortened(row: Row) -> Row:
    """Return a finding with its texts cut, so that no name of 10 KB hides what is said of it."""
    short = {**row, "resource": cut(row["resource"], NAME), "why": cut(row["why"], TEXT)}
    if "waiver" in row:
        short["waiver"] = {**row["waiver"], "reason": cut(row["waiver"]["reason"], TEXT)}
    if row.get("permission"):
        short["permission"] = cut(row["permission"], NAME)
    return short


def sentence(row: Row) -> str:
    """Return a finding as one harmless line of at most some 2,000 characters."""
    return told(shortened(row), part=True)


def explain(policy: str, clause: str) -> str:
    """Return the command that shows all findings of a clause."""
    return f"troth explain {policy}/{clause} --run RUN"
