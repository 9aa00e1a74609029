"""Who may enter a folder, from its mode and its access control list; pure functions.

Source: getfacl(1) with ``-n``, acl(5). Whoever cannot enter a folder reaches nothing in it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from typing import NamedTuple

from troth.checkers.host.shadow import Login
from troth.checkers.host.status import Status

_ENTRY = re.compile(r"(user|group|mask):(\d*):([r-][w-][x-])")


class Entries(NamedTuple):
    """Numbers of users and groups that an access control list lets do something."""

    users: frozenset[int]
    groups: frozenset[int]


def entries(getfacl: str) -> Entries:
    """Return whom the list of one folder names, with what its mask leaves of their rights."""
    found: dict[str, set[int]] = {"user": set(), "group": set()}
    rows = [m for line in getfacl.splitlines() if (m := _ENTRY.match(line))]
    masks = [row[3] for row in rows if row[1] == "mask"]
    for word, number, rights in (row.groups() for row in rows):
        kept = [a for a, b in zip(rights, masks[0] if masks else "rwx", strict=True) if a == b]
        if number and set(kept) - {"-"}:
            found[word].add(int(number))
    return Entries(frozenset(found["user"]), frozenset(found["group"]))


def opens(path: str, status: Status, above: Iterable[Status]) -> list[str]:
    """Return how everybody reaches a folder: its mode, unless a folder above is closed to them."""
    reached = all(one.st_mode & stat.S_IXOTH for one in above)
    mode = stat.S_IMODE(status.st_mode)
    return [f"mode {mode:04o} of {path}"] if reached and mode & stat.S_IRWXO else []


def enterers(status: Status, named: Entries, logins: Iterable[Login], group: str) -> set[str]:
    """Return the logins that may enter: root and its like, owner, groups, and who is named.

    A number that no login has is told as ``uid N``.
    """
    known = list(logins)
    numbers = {login.uid: login.name for login in known}
    groups = set(named.groups)
    if status.st_mode & stat.S_IRWXG:
        groups.add(status.st_gid)
    found = {login.name for login in known if login.uid == 0}
    found |= {one.name for one in known if one.gid in groups and (one.gid or one.may_sign_in)}
    for line in group.splitlines():
        parts = line.split(":")
        if len(parts) == 4 and parts[2].isdigit() and int(parts[2]) in groups:
            found |= {name.strip() for name in parts[3].split(",") if name.strip()}
    return found | {numbers.get(one, f"uid {one}") for one in {status.st_uid, *named.users}}
