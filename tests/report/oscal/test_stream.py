"""Documents are written while they are made, and what stays empty is left out."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from troth.report import oscal
from troth.report.account import Account
from troth.report.oscal.stream import Open, chunks


def text(value: Any) -> str:
    return "".join(chunks(value))


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (Open(a=1, b=iter([])), {"a": 1}),
        (Open(a=Open(b=iter([])), c=iter([Open(d=iter([1, 2])), Open(e=iter([]))])),
         {"c": [{"d": [1, 2]}]}),
        (Open({'"': iter(["\u202e\n", None, {"x": []}])}), {'"': ["\u202e\n", None, {"x": []}]}),
        ({"plain": [1]}, {"plain": [1]}),
    ],
    ids=["empty", "nested", "quoted", "plain"],
)  # fmt: skip
def test_what_is_written_is_what_was_meant(value: Any, meant: Any) -> None:
    assert json.loads(text(value)) == meant


def test_what_is_all_empty_is_nothing() -> None:
    assert text(Open()) == text(iter([])) == text(Open(a=Open(b=iter([])))) == ""


class Many:
    """Findings without end of one kind, which count how far ahead of the writing they are read."""

    def __init__(self, row: Mapping[str, Any], number: int) -> None:
        self.row, self.number, self.drawn = row, number, 0

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        self.drawn = 0
        for index in range(self.number):
            self.drawn += 1
            yield {**self.row, "id": f"f-{index:020x}", "resource": f"box-{index}"}

    def of(self, policy: str, clause: str) -> Iterator[Mapping[str, Any]]:
        wanted = self.row["policy"], self.row["clause"]
        return iter(self) if (policy, clause) == wanted else iter(())


class Watched(io.StringIO):
    """Counts what is written, and how far the reading of findings runs ahead of it."""

    def __init__(self, rows: Many) -> None:
        super().__init__()
        self.rows, self.ahead, self.counts = rows, 0, dict.fromkeys(_EACH, 0)

    def write(self, text: str) -> int:
        """Look at a piece and forget it."""
        for mark in _EACH:
            if mark in text:
                self.counts[mark] += text.count(mark)
                self.ahead = max(self.ahead, self.rows.drawn - self.counts[mark])
        return len(text)


_EACH = ('"asset-id"', '"methods"', '{"observation-uuid"')


def test_findings_are_written_as_they_are_read(run: Account) -> None:
    row = next(row for row in run.findings if row["verdict"] == "pass")
    rows = Many(row, 2000)
    out = Watched(rows)
    oscal.write(replace(run, findings=rows), out)
    # Each row stands three times: as a resource, as an observation, and behind its clause.
    assert set(out.counts.values()) == {2000}
    assert out.ahead <= 2
