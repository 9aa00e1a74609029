"""Rows of a register by name and date: which names lack a row, and whose newest is too old."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.reading import Rows, after, day, rows, today
from troth.model import Failure, Reason


@measure(
    "newest-by-name",
    per="population",
    args=("name", "date", "wanted", "within"),
    yields=("lacking", "overdue"),
    on_empty=True,
)
def newest_by_name(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking`` and ``overdue``, sorted names.

    ``name`` and ``date`` are the paths of the name and the ISO date in a row, ``wanted`` the
    names that must be there (if none, every name of the register is judged) and ``within`` how
    long ago the newest row may be. Rows with a date to come do not count. Names compare without
    regard to case and outer spaces. Nothing wanted and nothing found is missing: nothing-found.
    """
    name, date, wanted = inputs.args["name"], inputs.args["date"], inputs.args["wanted"]
    read = rows(inputs.population, name, date)
    newest: dict[str, str] = {}
    for row in read.known:
        key = str(row[name]).strip().casefold()
        if key and row[date] <= today(inputs).isoformat():
            newest[key] = max(row[date], newest.get(key, ""))
    names = {str(text).strip().casefold() for text in wanted} or set(newest)
    if not names:
        nothing = read.failure or Failure(Reason.NOTHING_FOUND, "the register holds no row yet")
        yield Measured({}, missing={"lacking": nothing, "overdue": nothing})
        return
    yield from _judged(inputs, read, names, newest)


def _judged(
    inputs: Inputs, read: Rows, names: set[str], newest: dict[str, str]
) -> Iterator[Measured]:
    lacking = sorted(names - set(newest))
    try:
        overdue = [key for key in sorted(names & set(newest)) if _old(newest[key], inputs)]
    except MissingFact as missing:
        yield Measured({}, missing=dict.fromkeys(("lacking", "overdue"), missing.failure))
        return
    # With rows unread, names may be unknown unless they were given, and newer rows may exist.
    named = bool(inputs.args["wanted"])
    first = read.or_missing({"lacking": lacking}, definite=named and not lacking)
    second = read.or_missing({"overdue": overdue}, definite=named and not overdue)
    yield Measured(
        first["facts"] | second["facts"],
        missing=first.get("missing", {}) | second.get("missing", {}),
    )


def _old(text: str, inputs: Inputs) -> bool:
    return after(day(text), inputs.args["within"]) < today(inputs)
