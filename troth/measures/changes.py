"""Changes of live systems, held against tickets, their steps and their windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told, unproven
from troth.measures.people import plain
from troth.measures.reading import Row, Rows, rows
from troth.model import Failure, Reason

_TICKET = ("id", "withdrawn_at")
_STEP = ("change_id", "requester", "step", "person", "at", "result")
_WINDOW = ("change_id", "system", "what", "starts_at", "ends_at")
#: Times before this, and further ahead than that, were written by a clock that was wrong.
_FIRST, _AHEAD = datetime(2000, 1, 1, tzinfo=UTC), timedelta(hours=1)


@measure(
    "change-steps", per="resource", args=("steps", "within"),
    yields=("judged", "taken", "separate"),
)  # fmt: skip
def change_steps(inputs: Inputs) -> Iterator[Measured]:
    """Yield per ticket whether it is ``judged``, and its steps ``taken`` by ``separate`` people.

    ``judged``: it was released ``within`` the time before now. ``taken``: of each of ``steps`` the
    last row up to the release passed. ``separate``: nobody who asked for the change reviewed or
    approved it, as far as these are among ``steps``.
    """
    steps = _rows(inputs, "register.change-steps", _STEP)
    for item in inputs.population.items:
        try:
            yield _ticket(item, steps, inputs)
        except MissingFact as signal:
            failed = dict.fromkeys(("judged", "taken", "separate"), signal.failure)
            yield told(failed, item.id)


@measure(
    "changes-covered", per="resource", args=("sorts", "within", "approved", "pipelines"),
    yields=("judged", "covered"),
)  # fmt: skip
def changes_covered(inputs: Inputs) -> Iterator[Measured]:
    """Yield per log whether it is ``judged`` (it holds one of ``sorts``) and all are ``covered``.

    A change ``within`` the time before now is covered by a window of a ticket for this system that
    it falls into; with ``approved`` the ticket had been approved before it, by somebody else than
    who asked for it. What one of ``pipelines`` made needs no window. A log that does not reach
    back that far is too young to show that there were no others.
    """
    against = _Against(inputs)
    for item in inputs.population.items:
        try:
            yield _log(item, against, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(("judged", "covered"), signal.failure), item.id)


def _ticket(item: Item, steps: Rows, inputs: Inputs) -> Measured:
    out = item.get("row.deployed_at")
    since = inputs.args["within"].before(inputs.as_of, inputs.zone)
    if out is None or not since <= out <= inputs.as_of:
        return told({"judged": False, "taken": False, "separate": False}, item.id)
    mine = [row for row in steps.known if row["row.change_id"] == item.get("row.id")]
    mine = [row for row in mine if row["row.at"] <= out and row["row.step"] in inputs.args["steps"]]
    last = {row["row.step"]: row for row in sorted(mine, key=lambda row: (row["row.at"], row.id))}
    lacking = [step for step in inputs.args["steps"]
               if step not in last or last[step]["row.result"] != "pass"]  # fmt: skip
    same = [step for step, row in last.items() if step != "test" and not _is_separate(row)]
    notes = [f"without {', '.join(sorted(lacking))} before the release"] if lacking else []
    notes += [f"{step} by who asked for it" for step in sorted(same)]
    facts = {
        "judged": True,
        "taken": steps.failure or not lacking,
        "separate": False if same else steps.failure or True,
    }
    return told(facts, item.id, tuple(notes))


def _log(item: Item, against: _Against, inputs: Inputs) -> Measured:
    sorts = set(inputs.args["sorts"])
    if not sorts & set(item.items("changes.holds")):
        return told({"judged": False, "covered": False}, item.id)
    since = inputs.args["within"].before(inputs.as_of, inputs.zone)
    system, made = item.get("changes.system"), item.get("changes.made")["items"]
    asked = [row for row in made if row["what"] in sorts and _instant(row["at"]) >= since]
    asked = [row for row in asked if row["by"] not in inputs.args["pipelines"]]
    answers = [(row, against.covers(row, system)) for row in asked]
    bare = [row for row, answer in answers if answer is False]
    if bare:
        days = ", ".join(sorted({f"{_instant(row['at']):%Y-%m-%d}" for row in bare})[:3])
        note = f"{len(bare)} of {len(asked)} changes have no such ticket: {days}"
        return told({"judged": True, "covered": False}, item.id, (note,))
    failures = [answer for _, answer in answers if isinstance(answer, Failure)]
    covered = failures[0] if failures else _whole(item, since, inputs)
    return told({"judged": True, "covered": covered}, item.id, (f"{len(asked)} changes",))


def _whole(item: Item, since: datetime, inputs: Inputs) -> bool:
    times = [_instant(row["at"]) for row in item.items("changes.made")]
    first = item.get("changes.complete_from")
    if min([first, *times]) < _FIRST or first > inputs.as_of + _AHEAD:
        raise unproven(f"the log begins on {first.isoformat()}: a clock was wrong; set it")
    if first > since:
        text = f"changes are known since {first:%Y-%m-%d}; keep their history for longer"
        raise MissingFact(Failure(Reason.TOO_YOUNG, text))
    return True


class _Against:
    """Tickets, their approvals and windows."""

    def __init__(self, inputs: Inputs) -> None:
        self.tickets = _rows(inputs, "register.changes", _TICKET)
        self.steps = _rows(inputs, "register.change-steps", _STEP)
        self.windows = _rows(inputs, "register.change-windows", _WINDOW)
        self._inputs = inputs

    def covers(self, change: Mapping[str, Any], system: str) -> bool | Failure:
        """Tell whether a change falls into a window of a ticket, or why that is not known."""
        at = _instant(change["at"])
        if at > self._inputs.as_of + _AHEAD:
            return Failure(Reason.UNPROVEN, f"a change is of {at.isoformat()}: a clock was wrong")
        for row in self.windows.known:
            meant = row["row.system"] in ("*", system)
            sort = row["row.what"] in ("any", change["what"])
            inside = row["row.starts_at"] <= at <= row["row.ends_at"]
            if meant and sort and inside and self._stands(row["row.change_id"], at):
                # A later row that was not read may have taken the approval back.
                return (self._inputs.args["approved"] and self.steps.failure) or True
        needed = [self.windows, self.tickets]
        needed += [self.steps] if self._inputs.args["approved"] else []
        return next((one.failure for one in needed if one.failure), False)

    def _stands(self, name: str, at: datetime) -> bool:
        mine = [row for row in self.tickets.known if row["row.id"] == name]
        gone = [row["row.withdrawn_at"] for row in mine]
        open_ = any(end is None or end > at for end in gone)
        return open_ and (not self._inputs.args["approved"] or self._approved(name, at))

    def _approved(self, name: str, at: datetime) -> bool:
        rows = [row for row in self.steps.known
                if row["row.change_id"] == name and row["row.step"] == "approval"]  # fmt: skip
        before = sorted((row["row.at"], row.id, row) for row in rows if row["row.at"] <= at)
        last = before[-1][2] if before else None
        return last is not None and last["row.result"] == "pass" and _is_separate(last)


def _is_separate(row: Row) -> bool:
    return not plain([row["row.person"]]) & plain([row["row.requester"]])


def _rows(inputs: Inputs, kind: str, names: tuple[str, ...]) -> Rows:
    return rows(inputs.needs[kind], *(f"row.{name}" for name in names))


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
