"""Text for people: what a scanned system wrote is made harmless before it is shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from troth.model import POPULATION, Verdict

LABELS: Mapping[str | None, str] = {
    Verdict.PASS: "kept",
    Verdict.FAIL: "broken",
    Verdict.UNKNOWN: "unknown",
    Verdict.NOT_APPLICABLE: "not applicable",
    None: "informative",
}


def harmless(text: str) -> str:
    """Return the text without what a terminal would obey or a reader could not see.

    Control, format and private characters, line separators (Unicode categories Cc, Cf, Co, Cs,
    Zl, Zp) and the noncharacters, which XML cannot carry, become ``�``: a bucket's name must not
    be able to move the cursor, turn the reading direction or make a report unreadable.
    """
    if text.isprintable():  # nearly all text is; every sign below is none that Python prints
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(sign) in _UNSEEN or _is_noncharacter(sign)
        else sign
        for sign in text
    )


def _is_noncharacter(sign: str) -> bool:
    number = ord(sign)
    return 0xFDD0 <= number <= 0xFDEF or number & 0xFFFE == 0xFFFE


_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def told(row: Mapping[str, Any], *, part: bool = False) -> str:
    """Return a finding as one line: control, resource, reason, why, permission, waiver.

    A finding on all resources together names none. ``part`` names the control's part too.
    """
    reason = f" [{row['reason']}]" if "reason" in row else ""
    waiver = row.get("waiver")
    until = f" (waived until {waiver['expires_on']}: {waiver['reason']})" if waiver else ""
    needed = row.get("permission")
    permission = f" (permission {needed})" if needed and needed not in row["why"] else ""
    why = f": {row['why']}" if row["why"] else ""
    control = f"{row['control']}/{row['part']}" if part and row["part"] else row["control"]
    place = f"{row['target']} " if row["target"] else ""
    on = "" if row["resource"] == POPULATION else f": {place}{row['resource']}"
    return harmless(f"{control}{on}{reason}{why}{permission}{until}")


def taken_over(envelope: Mapping[str, Any], instant: Callable[[str], str] = str) -> str:
    """Return what a run took over from an earlier one, and from when that may be, or nothing.

    ``instant`` writes an ISO 8601 instant.
    """
    said = envelope.get("resumed")
    if not said:
        return ""
    units = plural(said["units"], "unit")
    return harmless(f"{units}, read by run {said['run']} from {instant(said['since'])} on")


def plural(number: int, one: str, many: str = "") -> str:
    """Return ``1 clause`` or ``2 clauses``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
