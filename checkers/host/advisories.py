"""Security notices as dnf, zypper and their repositories have them; pure functions of text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

_FIELD = re.compile(r"\s*(Update ID|Name|Type|Updated|Issued)\s*: (\S.*)")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d))?")


def of_dnf(text: str) -> list[dict[str, Any]] | None:
    """Return the notices in ``dnf updateinfo info --security --updates``, in either of its shapes.

    None if a notice has no name. Lines of a description begin with a colon and are passed over.
    """
    found: list[dict[str, str]] = []
    for line in text.splitlines():
        read = _FIELD.fullmatch(line)
        if read is None:
            continue
        key = "id" if read[1] in ("Update ID", "Name") else read[1]
        if key == "id":
            found.append({})
        elif not found:
            return None
        found[-1].setdefault(key, read[2].strip())
    if not found and text.strip():
        return None
    notices = [_notice(row["id"], row.get("Issued") or row.get("Updated") or "") for row in found
               if row.get("Type", "security") == "security"]  # fmt: skip
    return list({row["package"]: row for row in notices}.values())


def _notice(name: str, stamp: str) -> dict[str, Any]:
    row: dict[str, Any] = {"package": name[:200], "version": ""}
    read = _STAMP.fullmatch(stamp)
    try:
        if read:
            made = datetime.fromisoformat(f"{read[1]}T{read[2] or '00:00:00'}")
            row["issued_at"] = made.replace(tzinfo=UTC).isoformat()
    except ValueError:
        pass
    return row


def of_zypper(text: str) -> list[dict[str, Any]] | None:
    """Return the security patches in ``zypper --xmlout list-patches``; None if it is cut off."""
    if "<stream" not in text or "</stream>" not in text:
        return None
    found = []
    for block in re.findall(r"<update [^>]*kind=\"patch\".*?</update>", text, re.DOTALL):
        head = block.split(">", 1)[0]
        if 'category="security"' not in head:
            continue
        name = re.search(r' name="([^"]{1,200})"', head)
        if name is None:
            return None
        row: dict[str, Any] = {"package": name[1], "version": ""}
        when = re.search(r'<issue-date time_t="(\d{9,11})"', block)
        if when:
            row["issued_at"] = datetime.fromtimestamp(int(when[1]), UTC).isoformat()
        found.append(row)
    return found


def lists_at(repositories: Iterable[str]) -> datetime | None:
    """Return the oldest date of the repositories that carry notices, None without any.

    Each text is a ``repomd.xml``; its date is the newest time of its parts, which the vendor wrote.
    """
    dates = []
    for text in repositories:
        if '<data type="updateinfo"' in text:
            times = [int(one) for one in re.findall(r"<timestamp>(\d{9,11})(?:\.\d+)?<", text)]
            dates += [max(times)] if times else []
    return datetime.fromtimestamp(min(dates), UTC) if dates else None


def installed_at(line: str) -> datetime | None:
    """Return the time in the first line of ``rpm -qa --last``, printed in UTC and the C locale."""
    found = re.search(
        r"\s(?:\w{3} )?(\w{3}) +(\d{1,2}) (\d\d:\d\d:\d\d) (?:UTC )?(\d{4})\s*$", line
    )
    if found is None:
        return None
    try:
        made = datetime.strptime(" ".join(found.groups()), "%b %d %H:%M:%S %Y")
    except ValueError:
        return None
    return made.replace(tzinfo=UTC)
