"""From where people signed in to the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    facet,
    partial,
)
from troth.checkers.host import arrivals
from troth.checkers.host.collector import HostChecker

#: What journalctl tells somebody who does not see all messages.
_HIDDEN = ("insufficient permissions", "not seeing messages from other users")


class Visitors(HostChecker):
    """Calls and facets about sign-ins, of any checker with one resource per machine."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {"sign_ins": ("arrivals",)}

    @call(
        "exec:journalctl -t sshd",
        actions=["run journalctl -t sshd and last -w (root or group systemd-journal)"],
        per="partition",
    )
    def sign_ins(self) -> dict[str, Any]:
        """Return addresses, each with the newest sign-in from it, and how far back was looked."""
        known: dict[str, datetime] = {}
        reach = []
        try:
            for since, found in self._sources():
                reach += [since] if since else []
                for address, at in found.items():
                    known[address] = max(at, known.get(address, at))
        except arrivals.Unclear as unclear:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, str(unclear)) from unclear
        if not reach:
            words = "neither the journal nor wtmp tells who signed in"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        rows = [[address, at.isoformat()] for address, at in sorted(known.items())]
        return {"since": min(reach).isoformat(), "rows": rows}

    @facet("arrivals", uses=["sign_ins"])
    def arrivals(self, resource: Resource, seen: Mapping[str, Any]) -> Facts:
        """Return the addresses; of a longer list only some."""
        rows: Sequence[Sequence[str]] = seen["rows"]
        known = [{"address": address, "last_at": at} for address, at in rows[: arrivals.MOST]]
        if len(rows) <= arrivals.MOST:
            return Facts({"since": seen["since"], "addresses": complete(known)})
        why = Failure(Reason.LISTING_INCOMPLETE, f"more than {arrivals.MOST} addresses")
        return Facts({"since": seen["since"], "addresses": partial(known)}, {"addresses": why})

    def _sources(self) -> Iterator[tuple[datetime | None, dict[str, datetime]]]:
        for script in (arrivals.JOURNAL, arrivals.WTMP):
            ran = self.run("sh", "-c", script)
            if any(word in ran.err for word in _HIDDEN):
                raise PermissionError(13, "journal")
            yield arrivals.read(ran.out)
