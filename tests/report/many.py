"""Runs with more findings than a little workspace gives: one finding, written many times."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from troth.report.account import Account
from troth.report.findings import kept

Row = Mapping[str, Any]


def written(write: Callable[[Account, TextIO], None], account: Account) -> str:
    """Return what a format writes."""
    out = io.StringIO()
    write(account, out)
    return out.getvalue()


def broken(account: Account) -> list[Row]:
    """Return the findings that are broken and not waived, as findings.jsonl has them."""
    return [row for row in account.findings if row["verdict"] == "fail" and "waiver" not in row]


def with_findings(account: Account, rows: Sequence[Row]) -> Account:
    """Return the run with other findings."""
    return dataclasses.replace(account, findings=kept(rows))


def copies(row: Row, names: Iterable[str], **changed: Any) -> Iterator[Row]:
    """Return a finding once for each resource of these names, each with an id of its own."""
    for name in names:
        one = {**row, **changed, "resource": name}
        about = ("policy", "clause", "binding", "control", "part", "target", "resource")
        key = repr([one[part] for part in about]).encode()
        yield one | {"id": "f-" + hashlib.sha256(key).hexdigest()[:20]}


class Counted:
    """Findings that know how many rows were taken from them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._kept, self.taken = kept(rows), 0

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Row]:
        self.taken = 0
        for row in self._kept:
            self.taken += 1
            yield row

    def of(self, policy: str, clause: str) -> Iterator[Row]:
        return self._kept.of(policy, clause)


class Watched(io.StringIO):
    """A file that notes how many rows had been taken each time that a text was written."""

    def __init__(self, findings: Counted, text: str) -> None:
        super().__init__()
        self._findings, self._text, self.seen = findings, text, list[int]()

    def write(self, text: str, /) -> int:
        if self._text in text:
            self.seen.append(self._findings.taken)
        return super().write(text)
