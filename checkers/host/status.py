"""What is known of a path without opening it, looked up here or told by a machine."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """A part of stat(2), under its names; sizes in bytes, times in seconds since 1970 in UTC.

    ``unread`` is set on a folder met in a walk that could not be listed: what lies in it is not
    known.
    """

    st_mode: int
    st_uid: int
    st_gid: int
    st_size: int
    st_mtime: int
    unread: bool = False

    @classmethod
    def of(cls, found: os.stat_result) -> Status:
        """Return the status as the operating system gave it."""
        return cls(found.st_mode, found.st_uid, found.st_gid, found.st_size, int(found.st_mtime))
