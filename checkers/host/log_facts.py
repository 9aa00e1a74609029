"""Facts that the journal and log files share."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from troth.checker import Facts, Failure, Reason, complete, partial

#: What a log receives by its nature; the target's ``log_kinds`` add to it or replace it.
_NATURE: Mapping[str, tuple[str, ...]] = {
    "journald": ("error", "login_logout", "system_run"),
    "*access*log": ("access",),
    "*error*log": ("error",),
    "/var/log/auth.log": ("login_logout",),
    "/var/log/secure": ("login_logout",),
    "/var/log/[wb]tmp": ("login_logout",),
    "/var/log/audit/audit.log": ("security_events",),
    "/var/log/syslog": ("error", "system_run"),
    "/var/log/messages": ("error", "system_run"),
}


def content(source: str, target: Mapping[str, Any]) -> Facts:
    """Return the kinds that the target gives to a log, or else those of its nature.

    A declared empty list is the whole list; a log that neither knows may receive anything.
    """
    said = target.get("log_kinds", {})
    own = [kinds for pattern, kinds in said.items() if fnmatch.fnmatchcase(source, pattern)]
    nature = [kinds for pattern, kinds in _NATURE.items() if fnmatch.fnmatchcase(source, pattern)]
    if own or nature:
        return Facts({"log_kinds": complete({kind for kinds in own or nature for kind in kinds})})
    text = f"what {source} receives is not declared; set log_kinds on the target"
    why = Failure(Reason.NO_DATA, text)
    return Facts({"log_kinds": partial([])}, missing={"log_kinds": why})


def extent(oldest: str | None, newest: str | None, raw: Mapping[str, Any]) -> Facts:
    """Return the facet ``extent``; None for both ends means that there is no event.

    When a log was begun is not recorded on a Linux machine, so ``created_at`` is null.
    """
    facts = {
        "created_at": None,
        "has_events": oldest is not None,
        "oldest_event_at": oldest,
        "newest_event_at": newest,
    }
    return Facts(facts, raw=raw)
