"""The batch work of a machine: units of systemd that the target names, and when they ran."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from troth.checker import Facts, Listed, ObservationFailed, Reason, Resource, call, complete, facet
from troth.checkers.host import batch_lines, generations
from troth.checkers.host.collector import HostChecker

#: Most entries of one unit that are asked for; a run has two or three.
MOST = 5000
_FIELDS = "--output-fields=MESSAGE,MESSAGE_ID"
_ASKED = (
    "-q", "--no-pager", "-o", "json", _FIELDS, "-n", str(MOST), "_PID=1",
    *(f"MESSAGE_ID={one}" for one in batch_lines.ASKED),
)  # fmt: skip
_HINTS = ("insufficient permissions", "not seeing messages")


class BatchJobs(HostChecker):
    """One resource for each unit in ``batch_units``; what is no batch work is not looked for."""

    id = "host.batch-job"
    kind = "batch-job"
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "batch_units": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^[A-Za-z0-9:_.\\@-]+\.service$"},
            "description": "units of systemd that do batch work: report.service",
        },
    }
    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "entries": ("batch_units",),
        "journal_begin": ("journal_ends",),
    }

    @classmethod
    def script_lists(cls, target: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
        """Return the units beside the lists of every host checker."""
        units: list[tuple[str, ...]] = [(f"UNIT={unit}",) for unit in target.get("batch_units", ())]
        return super().script_lists(target) | {"batch_units": units}

    @call(
        "exec:journalctl UNIT=", actions=["read the journal (root or systemd-journal)"], per="key"
    )
    def entries(self, unit: str) -> dict[str, Any]:
        """Return when a unit ran, and from when on that is known if older entries were left out."""
        ran = self.run("journalctl", *_ASKED, f"UNIT={unit}")
        _check(ran.status, ran.err)
        try:
            full = len(ran.out.splitlines()) >= MOST
            since = batch_lines.first(ran.out).isoformat() if full else ""
            return {"runs": batch_lines.runs(ran.out), "since": since}
        except batch_lines.Malformed as error:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, str(error)) from error

    @call(
        "exec:journalctl", actions=["read the journal (root or systemd-journal)"], per="partition"
    )
    def journal_begin(self) -> datetime:
        """Return when the journal begins."""
        ran = self.first_line("journalctl", "--no-pager", "-o", "short-unix")
        _check(ran.status, ran.err)
        found = re.match(r"(\d{9,11})\.\d+ ", ran.out)
        begun = generations.believable(int(found[1])) if found else None
        if begun is None:
            raise ObservationFailed(
                Reason.NO_DATA, "the journal has no entry of a time that can be"
            )
        return begun

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the units that the target names."""
        for unit in sorted(set(self.target.get("batch_units", ()))):
            yield Resource(self.own_id(f"batch:{unit}"), unit, self.partition.name)

    def unit_of(self, job: Resource) -> list[str]:
        """Return the key of the one unit."""
        return [job.name]

    @facet("runs", uses=["entries", "journal_begin"], keys="unit_of")
    def seen_runs(self, job: Resource, entries: Mapping[str, Any], begin: datetime) -> Facts:
        """Return the runs, and since when they are known: the journal may reach back less."""
        found = entries[job.name]
        since = found["since"] or begin.isoformat()
        return Facts({"known_since": since, "runs": complete(found["runs"])})


def _check(status: int, err: str) -> None:
    """Raise where the journal did not answer, or only in part."""
    if any(hint in err for hint in _HINTS):
        raise PermissionError("journal")
    if status != 0 and "No journal files" not in err:
        raise ObservationFailed(Reason.NO_DATA, f"journalctl ended with status {status}")
