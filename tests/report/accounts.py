"""Real little runs to report on: boxes as a target lists them, checked, judged and recorded."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from tests.cli import toy
from troth import config, waivers
from troth.catalogue import content
from troth.checker import Checker, ObservationFailed, Resource, call, complete, facet
from troth.checkers.attestation import Attestations
from troth.checkers.register import Staff
from troth.collect.runner import Budget
from troth.model import Reason
from troth.plan import choose, make
from troth.report.account import Account
from troth.report.findings import kept
from troth.run import Setup, carry_out

AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
#: Names as an attacker would give them: each aims at another reader of a report.
HOSTILE: Mapping[str, str] = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "cdata": "]]>&lt;x",
    "nul": "a\x00b",
    "escape": "\x1b[2J\x1b]0;title\x07",
    "right-to-left": "\u202egnp.exe",
    "formula": '=cmd|"/C calc"!A0',
    "formula-plus": "+1+1",
    "formula-at": "@SUM(1)",
    "line-breaks": "one\r\ntwo\nthree::error file=x::boo",
    "markdown": "[a](http://x) | `b` ![i](http://y) <b>c</b> # d",
    "template": "{{ 7*7 }} ${7*7} %(x)s {% for %}",
    "quotes": "\"'`\\",
    "long": "x" * 10_240,
}


class Boxes(Checker):
    """The boxes that the target's row lists: ``id``, and ``bits`` or a ``failure``."""

    id = "toy.box"
    kind = "box"
    target_type = "toy"
    options: ClassVar[Mapping[str, Any]] = {"rows": {"type": "array"}}
    lists = ("names",)

    @property
    def _rows(self) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = ROWS[self.target["base_dir"]]
        return rows

    @call("toy:ListBoxes", actions=("toy:List",), per="partition")
    def names(self) -> Any:
        return [row["id"] for row in self._rows]

    @call("toy:GetLock", actions=("toy:Look",), per="resource")
    def lock_response(self, resource: Resource) -> Any:
        row = next(row for row in self._rows if row["id"] == resource.id)
        if "failure" in row:
            raise ObservationFailed(Reason.PERMISSION_DENIED, row["failure"], "toy:Look")
        return {"bits": row["bits"], "holders": complete(row.get("holders", []))}

    def resources(self) -> Iterator[Resource]:
        for name in self.read("names"):
            yield Resource(id=name, name=name)

    @facet("lock", uses=("lock_response",))
    def lock(self, resource: Resource, response: Any) -> Any:
        return {"closed": True, "rank": 102, "opened_at": None, **response}


#: What each workspace's boxes are; configuration files cannot hold every hostile name.
ROWS: dict[str, Sequence[Mapping[str, Any]]] = {}
#: One box that is as promised, one that is not, one whose lock nobody was allowed to see.
MIXED = (
    {"id": "box-1", "bits": 256},
    {"id": "box-2", "bits": 64},
    {"id": "box-3", "failure": "the guard said no"},
)


def account(
    folder: Path, rows: Sequence[Mapping[str, Any]] = MIXED, *, waived: str = ""
) -> Account:
    """Check the boxes in a workspace made in ``folder``, and return the stored run.

    ``waived`` names a box whose broken promises are accepted until the end of 2026.
    """
    base = toy.furnish(folder / "workspace").resolve()
    if waived:
        path = base / "waivers.yaml"
        path.write_text(path.read_text().replace("box-9", waived))
    checkers: dict[str, type[Checker]] = {one.id: one for one in (Boxes, Staff, Attestations)}
    settings = config.load(base / "troth.yaml", checkers)
    ROWS[str(settings.base_dir)] = rows
    books = content.load(settings.extend, policies=["acme"], base=base)
    chosen = choose(settings, books.policies, books.controls, ())
    exceptions = waivers.load(base / "waivers.yaml", books.policies)
    setup = Setup(settings, books, chosen, exceptions)
    plan = make(settings, chosen, books.controls, books.kinds, checkers)
    run = base / "runs" / "20261121T000000Z-0001"
    carry_out(setup, plan, checkers, run, AS_OF, Budget(1, 30.0), threading.Event())
    return Account.of_run(run)


def interrupted(run: Account) -> Account:
    """Return the run as if somebody had stopped it."""
    return dataclasses.replace(run, summary={**run.summary, "partial": True})


def unjudged(run: Account) -> Account:
    """Return the run as if its informative clause were the only one."""
    clauses = [row for row in run.clauses if row["verdict"] is None]
    return dataclasses.replace(run, summary={**run.summary, "clauses": clauses}, findings=kept([]))


def hostile(folder: Path) -> Account:
    """Return a run over boxes with hostile names: two of each, one broken and one unknown."""
    rows: list[Mapping[str, Any]] = []
    for name in HOSTILE.values():
        rows.append({"id": f"{name} broken", "bits": 64, "holders": [name]})
        rows.append({"id": f"{name} unknown", "failure": f"no: {name}"})
    return account(folder, rows)
