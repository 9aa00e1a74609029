"""Measures over what the records of logs tell: which of the wanted fields they carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from troth.measures.base import Inputs, Measured, measure
from troth.measures.coverage import listed
from troth.measures.reading import Row, after, day, rows, today
from troth.model import Failure, Reason


@measure(
    "fields-carried", per="population", args=("field", "wanted", "kind", "within"),
    yields=("missing",), on_empty=True,
)  # fmt: skip
def fields_carried(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``missing``: the ``wanted`` fields that somebody looked for in vain.

    A field is carried if one sample has it in its list fact ``field``, or if somebody looked into
    a log that is no sample: the newest drill ``kind:name`` in the register of drills passed, at
    most ``within`` back in local days. One that failed on that day or later says that the field is
    not there. Of a field that neither speaks of nobody can tell.
    """
    held: set[str] = set()
    unread = inputs.population.failure
    for item in inputs.population.items:
        names, failure = listed(item, inputs.args["field"])
        held.update(names)
        unread = unread or failure
    drills = rows(inputs.needs["register.drills"], "row.kind", "row.held_on", "row.result")
    unread = unread or drills.failure
    missing, undecided = [], []
    for name in sorted(set(inputs.args["wanted"]) - held):
        said = _said(inputs, drills.known, f"{inputs.args['kind']}:{name}".casefold())
        missing += [name] if said == "fail" else []
        undecided += [name] if not said else []
    yield _answer(missing, undecided, unread, inputs.args["kind"])


def _answer(
    missing: Sequence[str], undecided: Sequence[str], unread: Failure | None, kind: str
) -> Measured:
    if missing or not undecided:
        return Measured({"missing": list(missing)})
    words = f"no log that was looked at carries {', '.join(undecided)}; look into those that should"
    text = f"{words} and enter {kind}:{undecided[0]} in the register of drills"
    return Measured({}, {"missing": unread or Failure(Reason.NO_DATA, text)})


def _said(inputs: Inputs, known: Sequence[Row], kind: str) -> str:
    """Return the result of the newest drill that still counts, empty without one."""
    now, within = today(inputs), inputs.args["within"]
    held = [row for row in known if row["row.kind"].strip().casefold() == kind]
    dated = [row for row in held if row["row.held_on"] <= now.isoformat()]
    newest = max((row["row.held_on"] for row in dated), default="")
    if not newest or after(day(newest), within) < now:
        return ""
    results = {row["row.result"] for row in dated if row["row.held_on"] == newest}
    return "fail" if "fail" in results else "pass"
