"""A monitor's export: a CSV file with the columns ``time`` and ``up``, one row per probe."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    facet,
)
from troth.checkers.probes.series import Sample, Series, as_facts, joined

_UP = {"1": True, "up": True, "true": True, "0": False, "down": False, "false": False}
_EPOCH = re.compile(r"\d{9,11}(\.\d{1,9})?", re.ASCII)
#: Longest line that is read; a longer one is no row of a monitor.
_LINE = 1000


class Logs(Series):
    """Files that a monitor exported; each is one series."""

    id = "probes.log"
    target_type = "probe-log"
    options: ClassVar[Mapping[str, Any]] = {
        "files": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "system", "interval_seconds", "vantage"],
                "properties": {
                    "path": {"type": "string", "minLength": 1,
                             "description": "the CSV file, relative to troth.yaml"},
                    "system": {"type": "string", "minLength": 1,
                               "description": "what is probed, as the register of assets names it"},
                    "interval_seconds": {"type": "number", "exclusiveMinimum": 0,
                                         "description": "time from one probe to the next"},
                    "vantage": {"enum": ["external", "internal"],
                                "description": "whether it is probed from outside your networks"},
                },
            },
            "description": "files of a row per probe: time (with an offset) and up (1 or 0)",
        },
    }  # fmt: skip
    required_options: ClassVar[Sequence[str]] = ("files",)

    @call("file:probe-log", actions=["read the file"], per="resource")
    def rows(self, series: Resource) -> dict[str, Any]:
        """Return the runs of one file's samples since the beginning of what is asked for."""
        begin = self.since(self.request("samples"))
        described, path = self._described(series), self._path(series)
        with path.open(encoding="utf-8", newline="") as file:
            since = int(begin.timestamp() * 1000)
            wanted = (row for row in _samples(path.name, file) if row[0] >= since)
            items = joined(wanted, float(described["interval_seconds"]))
        end = items[-1]["last_at"] if items else begin.isoformat()
        return {"from": begin.isoformat(), "until": end, "runs": items}

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield one series per file."""
        for one in self.target["files"]:
            name = f"probes:{self.target['id']}:{one['path']}"
            yield Resource(name, str(one["system"]), self.partition.name)

    @facet("subject")
    def subject(self, series: Resource) -> dict[str, Any]:
        """Return what the target says of the file."""
        one = self._described(series)
        return {"system": one["system"], "vantage": one["vantage"]}

    @facet("samples", uses=["rows"])
    def samples(self, series: Resource, rows: dict[str, Any]) -> Facts:
        """Return the results; the file speaks for the time up to its last row."""
        return as_facts(rows["runs"], float(self._described(series)["interval_seconds"]),
                        rows["from"], rows["until"])  # fmt: skip

    @classmethod
    def failure_of(cls, error: BaseException, declared: Any) -> Failure | None:
        """Turn errors of reading a file into failures that name the next step."""
        if isinstance(error, FileNotFoundError):
            text = f"{error.filename} is not there; export the monitor's results to it"
            return Failure(Reason.NO_DATA, text)
        if isinstance(error, UnicodeDecodeError | csv.Error):
            return Failure(Reason.MALFORMED_RESPONSE, f"the file is no CSV in UTF-8: {error}")
        return None

    def _described(self, series: Resource) -> Mapping[str, Any]:
        path = series.id.split(":", 2)[2]
        found: Mapping[str, Any] = next(one for one in self.target["files"] if one["path"] == path)
        return found

    def _path(self, series: Resource) -> Path:
        return Path(self.target["base_dir"], self._described(series)["path"])


def _samples(name: str, file: Any) -> Iterator[Sample]:
    """Yield each row; raises ``malformed-response`` with file, line and column."""
    reader = csv.reader(iter(lambda: file.readline(_LINE), ""), strict=True)
    head = [cell.strip().lower() for cell in next(reader, [])]
    if not {"time", "up"} <= set(head):
        raise _wrong(f"{name}:1 has no columns time and up; name them in the first line")
    time_at, up_at, last = head.index("time"), head.index("up"), -1
    for row in reader:
        if row:
            at, up = _row(f"{name}:{reader.line_num}", row, time_at, up_at)
            if at <= last:
                text = "comes not after the row before; sort by time and leave out repeats"
                raise _wrong(f"{name}:{reader.line_num} {text}")
            yield (last := at), up


def _row(place: str, row: list[str], time_at: int, up_at: int) -> Sample:
    if len(row) <= max(time_at, up_at):
        raise _wrong(f"{place} has {len(row)} cells; write time and up")
    up = _UP.get(row[up_at].strip().lower())
    if up is None:
        raise _wrong(f"{place} up is {row[up_at][:40]!r}; write 1 or 0")
    return _millis(place, row[time_at].strip()), up


def _millis(place: str, text: str) -> int:
    if _EPOCH.fullmatch(text):
        whole, _, part = text.partition(".")
        return int(whole) * 1000 + int(part[:3].ljust(3, "0") or 0)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.utcoffset() is None:
        raise _wrong(f"{place} time is {text[:40]!r}; write 2026-11-21T08:00:00+00:00")
    return int(found.timestamp() * 1000)


def _wrong(text: str) -> ObservationFailed:
    return ObservationFailed(Reason.MALFORMED_RESPONSE, text)
