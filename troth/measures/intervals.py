"""Security tests: which count, whether the newest of each kind is in time, and the gaps before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.reading import Row, Rows, after, day, rows, today

_FACTS = (
    "row.kind",
    "row.performed_on",
    "row.independent",
    "row.accreditation",
    "row.accreditation_expires_on",
    "row.scope",
)


@measure(
    "test-intervals",
    per="population",
    args=("kinds", "interval", "independence", "service"),
    yields=("lacking", "gaps"),
    on_empty=True,
)
def intervals_of_tests(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking``, the kinds without a test in time, and ``gaps`` between older tests.

    A test counts if it is over, its scope is stated and names ``service``, and its tester has the
    ``independence`` asked for. ``interval`` is a calendar duration from one end date to the next.
    Tests that were not read could close a gap or open one before the first, so gaps are then
    missing; that no kind is lacking holds all the same.
    """
    read = rows(inputs.population, *_FACTS)
    try:
        dates, notes = _counting(read, inputs)
    except MissingFact as missing:
        yield Measured({}, missing=dict.fromkeys(("lacking", "gaps"), missing.failure))
        return
    lacking = list(_lacking(dates, inputs))
    first = read.or_missing({"lacking": lacking}, definite=not lacking)
    second = read.or_missing({"gaps": list(_gaps(dates, inputs))}, definite=False)
    yield Measured(
        first["facts"] | second["facts"],
        missing=first.get("missing", {}) | second.get("missing", {}),
        notes=notes,
    )


def _counting(read: Rows, inputs: Inputs) -> tuple[dict[str, list[date]], tuple[str, ...]]:
    """Return the sorted dates of the tests that count by kind, and why others do not."""
    dates: dict[str, set[date]] = {kind: set() for kind in inputs.args["kinds"]}
    notes = set()
    for row in read.known:
        kind, performed = row["row.kind"], row["row.performed_on"]
        if kind not in dates:
            continue
        reason = _why_not(row, inputs)
        if reason:
            notes.add(f"{kind} of {performed} does not count: {reason}")
        else:
            dates[kind].add(day(performed))
    return {kind: sorted(days) for kind, days in sorted(dates.items())}, tuple(sorted(notes))


def _lacking(dates: dict[str, list[date]], inputs: Inputs) -> Iterator[str]:
    for kind, days in dates.items():
        if not days:
            yield f"{kind}: none"
        elif after(days[-1], inputs.args["interval"]) < today(inputs):
            yield f"{kind}: the newest is of {days[-1]}"


def _gaps(dates: dict[str, list[date]], inputs: Inputs) -> Iterator[str]:
    for kind, days in dates.items():
        for first, second in pairwise(days):
            if after(first, inputs.args["interval"]) < second:
                yield f"{kind}: none between {first} and {second}"


def _why_not(row: Row, inputs: Inputs) -> str:
    """Return why a test does not count, or an empty string."""
    scope, service = str(row["row.scope"]).strip(), str(inputs.args["service"]).strip()
    if row["row.performed_on"] > today(inputs).isoformat():
        return "it is still to come"
    if not scope:
        return "it names no scope"
    if service.casefold() not in scope.casefold():
        return f"its scope does not name {service}"
    return _dependent(row, inputs.args["independence"])


def _dependent(row: Row, wanted: Any) -> str:
    who = row["row.independent"]
    if wanted == "any":
        return ""
    if wanted == "third_party_or_internal_body":
        return "" if who in ("third-party", "internal-body") else "the tester is not independent"
    if who != "third-party":
        return "the tester is not a third party"
    ends = row["row.accreditation_expires_on"]
    if not str(row["row.accreditation"]).strip() or ends is None:
        return "no accreditation of the tester with its last day is recorded"
    if ends < row["row.performed_on"]:
        return f"the tester's accreditation ended on {ends}"
    return ""
