"""What the audit daemon is told to keep, and whether the kernel audits; pure functions of text.

Source: auditd.conf(5), auditctl(8).
"""

from __future__ import annotations

from collections.abc import Mapping

from troth.checkers.host.logrotate import FOREVER
from troth.checkers.host.settings import equals_settings, integer

LOG_FILE = "/var/log/audit/audit.log"
#: The actions on a disk that fills up; "rotate" removes the oldest file.
_FULL = ("space_left_action", "admin_space_left_action", "disk_full_action")


def settings(text: str) -> dict[str, str]:
    """Return auditd.conf; names and values in small letters, but paths as they are."""
    found = equals_settings(text)
    return {
        name.lower(): value if name.lower() == "log_file" else value.lower()
        for name, value in found.items()
    }


def retention(conf: Mapping[str, str]) -> tuple[str, int]:
    """Return mode and guaranteed days as the kind log-store has them.

    The daemon knows sizes and no times: it removes the oldest of ``num_logs`` files, or none at
    all. With fewer than two files nothing is rotated.
    """
    if conf.get("write_logs", "yes") == "no" or conf.get("log_format") == "nolog":
        return "volatile", 0
    turns = (integer(conf.get("num_logs", "0")) or 0) >= 2
    by_size = turns and conf.get("max_log_file_action", "ignore") == "rotate"
    if by_size or any(conf.get(name) == "rotate" for name in _FULL):
        return "size-limited", 0
    return "forever", FOREVER


def status(printed: str) -> dict[str, int]:
    """Return ``auditctl -s``: a word and its number a line; others are left out."""
    found: dict[str, int] = {}
    for line in printed.splitlines()[:100]:
        name, _, value = line.strip().partition(" ")
        number = integer(value.strip())
        if number is not None:
            found.setdefault(name, number)
    return found


def count(printed: str) -> int | None:
    """Return how many rules ``auditctl -l`` prints, None where that is no list of rules."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    if lines == ["No rules"]:
        return 0
    return len(lines) if lines and all(line.startswith("-") for line in lines) else None
