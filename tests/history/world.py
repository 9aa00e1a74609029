"""A small estate whose nights are real runs: two lists of people, two promises about them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from troth import config, waivers
from troth.catalogue import content
from troth.checkers.register import Staff
from troth.collect.runner import Budget
from troth.plan import choose, make
from troth.report.account import Account
from troth.run import Setup, carry_out

FIRST = datetime(2026, 1, 1, 3, tzinfo=UTC)
#: What a person's status makes of the promise "1"; a person who ended has nothing to keep.
PASS, FAIL, UNKNOWN, NOT_APPLICABLE = "active", "leave", "?", "ended"

CONTROL = """\
schema: 1
id: {id}
domain: governance
title: {title}
parts:
  - name: people
    kind: register.staff
    reads: [row]
    rules:
      - name: so
        when: facts.row.status != "ended"
        expect: {expect}
        proves: setting
        expected: {expected}
severity: {severity}
fix: {{any: do it}}
frameworks: {{}}
"""


@dataclass
class World:
    """What there is and what is promised; change it and let a night pass.

    ``people`` maps targets to persons and their status. A target of ``shut`` has no list that can
    be read.
    """

    folder: Path
    people: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"hr": {"ann": PASS, "bob": PASS}, "shop": {"cid": PASS}}
    )
    shut: set[str] = field(default_factory=set)
    #: The types of people who are not employees: what the promise "2" asks for.
    others: dict[str, str] = field(default_factory=dict)
    #: Clause → control.
    clauses: dict[str, str] = field(default_factory=lambda: {"1": "present", "2": "employed"})
    severity: str = "high"
    document: str = "sha256:" + "1" * 64
    title: str = "everybody is here"
    waivers: list[dict[str, str]] = field(default_factory=list)
    policies: tuple[str, ...] = ("acme",)
    more: dict[str, Any] = field(default_factory=dict)
    nights: int = 0
    begun: datetime = FIRST

    @property
    def as_of(self) -> datetime:
        """Return the judged time of the next night."""
        return self.begun + timedelta(days=self.nights)

    def waive(self, name: str, person: str, until: str) -> None:
        """Accept that the promise "1" is broken for a person until the end of a day."""
        self.waivers.append({
            "id": name, "policy": "acme", "clause": "1", "resource": f"staff/{person}",
            "reason": "It is known.", "owner": "Rin", "approver": "Kei",
            "approved_on": "2026-01-01", "expires_on": until,
        })  # fmt: skip

    def night(self, *, stopped: bool = False, only: Sequence[str] = ()) -> Account:
        """Check everything as it is now, and return the run; each is a day after the last."""
        base = self._write()
        settings = config.load(base / "troth.yaml", {Staff.id: Staff})
        books = content.load(settings.extend, policies=self.policies, base=base, as_needed=True)
        chosen = choose(settings, books.policies, books.controls, only)
        exceptions = waivers.load(base / "waivers.yaml", books.policies)
        setup = Setup(settings, books, chosen, exceptions)
        plan = make(settings, chosen, books.controls, books.kinds, {Staff.id: Staff})
        run = base / "runs" / f"run-{self.nights + 1:03}"
        stop = threading.Event()
        if stopped:
            stop.set()
        checkers = {Staff.id: Staff}
        carry_out(setup, plan, checkers, run, self.as_of, Budget(1, 30.0), stop)
        self.nights += 1
        return Account.of_run(run)

    def _write(self) -> Path:
        base = self.folder / "workspace"
        for name in ("controls", "policies", "runs"):
            (base / name).mkdir(parents=True, exist_ok=True)
        self._write_controls(base / "controls")
        for name in ("acme", "other"):
            (base / "policies" / f"{name}.yaml").write_text(yaml.safe_dump(self._policy(name)))
        (base / "waivers.yaml").write_text(yaml.safe_dump({"schema": 1, "waivers": self.waivers}))
        for target, people in self.people.items():
            self._write_list(base / target, people, shut=target in self.shut)
        (base / "troth.yaml").write_text(yaml.safe_dump(self._config()))
        return base

    def _write_controls(self, folder: Path) -> None:
        for name, title, expect in (
            ("present", self.title, 'facts.row.status == "active"'),
            ("employed", "everybody is an employee", 'facts.row.worker_type == "employee"'),
        ):
            text = CONTROL.format(
                id=name, title=title, expect=expect, expected=title, severity=self.severity
            )
            (folder / f"{name}.yaml").write_text(text)

    def _policy(self, name: str) -> Mapping[str, Any]:
        clauses = self.clauses if name == "acme" else {"9": "present"}
        return {
            "schema": 1, "id": name, "title": f"What {name} promises", "timezone": "UTC",
            "source": {"language": "en", "digest": self.document},
            "clauses": [
                {
                    "id": number, "promise": f"Promise {number}.", "assess": "observed",
                    "controls": [{"control": control}],
                }
                for number, control in clauses.items()
            ],
        }  # fmt: skip

    def _write_list(self, folder: Path, people: Mapping[str, str], *, shut: bool) -> None:
        folder.mkdir(exist_ok=True)
        path = folder / "staff.csv"
        if shut:
            path.unlink(missing_ok=True)
            return
        head = f"# register: staff\n# exported_at: {self.as_of.isoformat()}\n# source: hr\n"
        columns = "person_id,worker_type,roles,start_date,end_date,status,accounts\n"
        rows = [
            f"{_cell(person)},{self.others.get(person, 'employee')},operator,2024-04-01,,{status},"
            for person, status in people.items()
        ]
        path.write_text(head + columns + "\n".join([*rows, ""]))

    def _config(self) -> Mapping[str, Any]:
        return {
            "schema": 1,
            "policies": [{"policy": name} for name in self.policies],
            "targets": [
                {"id": name, "type": "register", "folder": name} for name in self.people
            ],
            "extend": {"controls": ["controls"], "policies": ["policies"]},
            "waivers": "waivers.yaml",
        } | self.more  # fmt: skip


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
