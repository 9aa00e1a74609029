"""Space and quotas of file systems, from df, lsblk, repquota and xfs_quota; pure functions.

Source: df(1) ``-kP``, lsblk(8) ``-bnro``, repquota(8), xfs_quota(8) ``report``. Blocks are of 1024
bytes. What repquota and xfs_quota print was written down from their manuals.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from troth.checker import ObservationFailed, Reason

_DF = re.compile(r"^(.+?) +(\d{1,18}) +(\d{1,18}) +(-?\d{1,18}) +[\d-]+%? +(/.*)$")
_USER = re.compile(r"^(\S+) +[-+]{2} +(\d{1,18}) +(\d{1,18}) +(\d{1,18})\b")
_XFS = re.compile(r"^(\S+) +(\d{1,18}) +(\d{1,18}) +(\d{1,18}) +\d+ +\[")
_OPTION = re.compile(r"^(usrquota|uquota|quota|prjquota|pquota|usrjquota=.+)$")


class Filled(NamedTuple):
    """Size of a file system and what is free for users, in bytes, and where it is mounted."""

    size: int
    free: int
    point: str


def df(out: str) -> Filled:
    """Return what ``df -kP PATH`` says: one line below the head."""
    rows = [found for line in out.splitlines()[1:] if (found := _DF.match(line))]
    if len(rows) != 1:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "df's answer lacks its one line")
    row = rows[0]
    return Filled(int(row[2]) * 1024, max(0, int(row[4])) * 1024, row[5])


def sizes(out: str) -> dict[str, int]:
    """Return the size in bytes of each device by its numbers, from ``lsblk -bnro MAJ:MIN,SIZE``."""
    rows = (line.split() for line in out.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


def in_force(mountinfo: str, point: str) -> bool:
    """Tell whether quotas of users or projects are in force at a mount, by its options."""
    said: list[str] = []
    for line in mountinfo.splitlines():
        left, dash, right = line.partition(" - ")
        fields, rest = left.split(), right.split()
        if dash and len(fields) > 5 and len(rest) > 2 and fields[4] == point.replace(" ", "\\040"):
            said = [*fields[5].split(","), *rest[2].split(",")]
    return any(_OPTION.match(option) for option in said)


def repquota(out: str) -> list[dict[str, Any]]:
    """Return the limits of every user of one report."""
    if "quotas on device" not in out:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "repquota's answer has no report")
    return [_limit(*found.groups()) for line in out.splitlines() if (found := _USER.match(line))]


def xfs(out: str) -> list[dict[str, Any]]:
    """Return the limits of every user, from ``report -ubN``."""
    return [_limit(*found.groups()) for line in out.splitlines() if (found := _XFS.match(line))]


def _limit(account: str, used: str, soft: str, hard: str) -> dict[str, Any]:
    set_to = [int(each) * 1024 for each in (soft, hard) if int(each)]
    limit = min(set_to, default=None)
    return {"account": account, "limit_bytes": limit, "used_bytes": int(used) * 1024}
