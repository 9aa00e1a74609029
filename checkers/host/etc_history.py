"""The history of /etc, as git and the files themselves tell it; pure functions."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: Files that make up a firewall, in the places where distributions have them.
FIREWALL = (
    "/etc/nftables.conf", "/etc/nftables.d/*", "/etc/nftables/*", "/etc/ufw/user.rules",
    "/etc/ufw/user6.rules", "/etc/iptables/rules.v*", "/etc/iptables/rules-save",
    "/etc/sysconfig/iptables", "/etc/sysconfig/nftables.conf", "/etc/firewalld/zones/*.xml",
)  # fmt: skip
_COMMIT = re.compile(r"(\d{9,11})\x02([^\n]{0,200})\n(.*)", re.DOTALL)


def commits(log: str) -> list[dict[str, str]]:
    """Return the commits that ``git log`` printed, oldest first; one may stand for both sorts."""
    found = []
    for block in log.split("\x01")[1:]:
        read = _COMMIT.match(block if "\n" in block else block + "\n")
        if read is None:
            continue
        paths = [f"/etc/{line}" for line in read[3].split("\n") if line]
        at = datetime.fromtimestamp(int(read[1]), UTC).isoformat()
        sorts = {"firewall" if is_firewall(path) else "configuration" for path in paths}
        found += [{"at": at, "what": what, "by": read[2]} for what in sorts]
    return sorted(found, key=lambda row: (row["at"], row["what"], row["by"]))


def is_firewall(path: str) -> bool:
    """Tell whether a file makes up a firewall."""
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in FIREWALL)


def firewall(files: Mapping[str, str], commits: list[dict[str, str]]) -> dict[str, Any]:
    """Return the changes of a firewall, from its files' times and the history of /etc.

    A file tells its last change alone: without a history every change since the newest of them is
    known and no earlier one. What is newer than the history's end was not kept yet.
    """
    end = commits[-1]["at"] if commits else ""
    made = [row for row in commits if row["what"] == "firewall"]
    newer = sorted({at for at in files.values() if at > end})
    made += [{"at": at, "what": "firewall", "by": ""} for at in newer]
    newest = max(files.values(), default="1970-01-01T00:00:00+00:00")
    return {"made": made, "complete_from": commits[0]["at"] if commits else newest}
