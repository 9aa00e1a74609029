"""Policies: their periodic review, the new version that a review asks for, and notice of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told, unproven
from troth.measures.people import plain
from troth.measures.reading import Row, after, before, day, rows, today
from troth.model import Failure, Reason

_FOLLOWED = ("asks", "followed")
_NOTIFIED = ("meant", "in_time", "everybody")
_CHANGE, _RETIRED = "change_needed", "retired"
_OUTCOMES = {"unchanged", "changed", _CHANGE, _RETIRED}
_ALL_STAFF = "all_staff"


@measure(
    "policies-reviewed", per="population", args=("policies", "within"), yields=("reviewed",),
    on_empty=True,
)  # fmt: skip
def policies_reviewed(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``reviewed`` for each of ``policies``, with its name as resource.

    It is True where the newest review of that policy lies at most ``within`` back, in calendar
    months from that day. With none named, every policy is judged that has a review, or a version
    in force, unless its newest review retired it. Reviews to come do not count. What was
    not read may be a newer review.
    """
    read = rows(inputs.population, "row.policy", "row.reviewed_on", "row.outcome")
    versions = rows(inputs.needs["register.policy-versions"], "row.policy", "row.effective_on")
    now, newest = today(inputs).isoformat(), dict[str, Row]()
    for row in sorted(read.known, key=lambda one: str(one["row.reviewed_on"])):
        if row["row.reviewed_on"] <= now:
            newest[_name(row["row.policy"])] = row
    wanted = plain(inputs.args["policies"])
    names = wanted or _living(newest) | {
        _name(row["row.policy"])
        for row in versions.known
        if (row["row.effective_on"] or "9999-12-31") <= now and not _over(newest, row)
    }
    for name in sorted(names):
        yield _judged(name, newest.get(name), inputs, read.failure)
    gap = read.failure or (None if wanted else versions.failure)
    if not names or (gap and not wanted):
        nothing = Failure(Reason.NOTHING_FOUND, "neither a review nor a version of a policy")
        yield told({"reviewed": gap or nothing})


def _living(newest: dict[str, Row]) -> set[str]:
    return {name for name, row in newest.items() if _word(row["row.outcome"]) != _RETIRED}


def _over(newest: dict[str, Row], version: Row) -> bool:
    """Tell whether a policy was retired after a version of it took effect."""
    last = newest.get(_name(version["row.policy"]))
    if last is None or _word(last["row.outcome"]) != _RETIRED:
        return False
    return bool(version["row.effective_on"] <= last["row.reviewed_on"])


def _judged(name: str, last: Row | None, inputs: Inputs, failure: Failure | None) -> Measured:
    if last is None:
        return told({"reviewed": failure or False}, name, ("there is no review of it",))
    on = last["row.reviewed_on"]
    try:
        good = after(day(on), inputs.args["within"]) >= today(inputs)
    except MissingFact as signal:
        return told({"reviewed": signal.failure}, name)
    return told({"reviewed": good or failure or False}, name, (f"newest review on {on}",))


@measure("review-followed", per="resource", args=("policies", "since", "within"), yields=_FOLLOWED)
def review_followed(inputs: Inputs) -> Iterator[Measured]:
    """Yield per review ``asks`` and ``followed``.

    ``asks``: it is a review of one of ``policies`` (of any, if none is named), at most ``since``
    ago, that found a change to be needed. An outcome that nobody knows leaves it missing.
    ``followed``: a version of the policy took effect on that day or at most ``within`` after it,
    or there is still time for it.
    """
    paths = ("row.policy", "row.effective_on")
    read = rows(inputs.needs["register.policy-versions"], *paths)
    for item in inputs.population.items:
        try:
            on, limit = _span(item, inputs)
            dates = [
                day(row["row.effective_on"]) for row in read.known
                if row["row.effective_on"] and _name(row["row.policy"]) == _name(_policy(item))
            ]  # fmt: skip
            done = any(on <= at <= limit and at <= today(inputs) for at in dates)
            good = done or today(inputs) <= limit or read.failure or False
            yield told({"asks": _asks(item, on, inputs), "followed": good}, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_FOLLOWED, signal.failure), item.id)


def _policy(item: Item) -> str:
    return str(item.get("row.policy"))


def _span(item: Item, inputs: Inputs) -> tuple[date, date]:
    on = day(item.get("row.reviewed_on"))
    return on, after(on, inputs.args["within"])


def _asks(item: Item, on: date, inputs: Inputs) -> bool:
    outcome = _word(str(item.get("row.outcome")))
    opens = before(today(inputs), inputs.args["since"])
    wanted = plain(inputs.args["policies"])
    if not opens <= on <= today(inputs) or (wanted and _name(_policy(item)) not in wanted):
        return False
    if outcome not in _OUTCOMES:
        known = ", ".join(sorted(_OUTCOMES))
        raise unproven(f"outcome {outcome!r} of {item.id} is none of {known}; write one of them")
    return outcome == _CHANGE


@measure("version-notified", per="resource", args=("policies", "notice"), yields=_NOTIFIED)
def version_notified(inputs: Inputs) -> Iterator[Measured]:
    """Yield per version of a policy ``meant``, ``in_time`` and ``everybody``.

    ``meant``: it is one of ``policies`` (any, if none is named), and the day on which it takes
    effect is set. ``in_time``: notice of it was given at least ``notice`` before that day, or
    there is still time to give it. ``everybody``: the audience of the notice is all staff, or no
    notice was given yet. A day to come is a plan.
    """
    for item in inputs.population.items:
        try:
            yield told(_notice(item, inputs), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_NOTIFIED, signal.failure), item.id)


def _notice(item: Item, inputs: Inputs) -> dict[str, bool]:
    effective, at = item.get("row.effective_on"), item.get("row.notified_on")
    given = at is not None and day(at) <= today(inputs)
    everybody = not given or _ALL_STAFF in {_word(one) for one in item.items("row.audience")}
    wanted = plain(inputs.args["policies"])
    if effective is None or (wanted and _name(_policy(item)) not in wanted):
        return {"meant": False, "in_time": False, "everybody": everybody}
    limit = before(day(effective), inputs.args["notice"])
    in_time = (day(at) if given else today(inputs)) <= limit
    return {"meant": True, "in_time": in_time, "everybody": everybody}


def _name(text: str) -> str:
    return text.strip().casefold()


def _word(text: str) -> str:
    return _name(text).replace(" ", "_").replace("-", "_")
