"""What has to follow an incident: its review and its reports, and how long there is time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told
from troth.measures.reading import after, day, local_day, today
from troth.model import Failure, Reason

_REPORTS = ("written", "submitted", "in_order", "over")
_REVIEWS = ("in_time", "in_order")


@measure("incident-reports", per="resource", args=("within", "open"), yields=_REPORTS)
def incident_reports(inputs: Inputs) -> Iterator[Measured]:
    """Yield per incident whether its report is ``written`` and ``submitted`` to management.

    ``in_order`` is whether management did not get it before the incident was detected; ``over``
    is whether the day on which it was resolved lies more than ``within`` back. Local days
    are counted. An incident that is open for longer than ``open`` leaves ``over`` missing.
    """
    for item in inputs.population.items:
        try:
            yield told(_reports(item, inputs), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_REPORTS, signal.failure), item.id)


def _reports(item: Item, inputs: Inputs) -> dict[str, Any]:
    given = item.get("row.reported_to_management_on")
    submitted = given is not None and day(given) <= today(inputs)
    found = local_day(item.get("row.detected_at"), inputs.zone)
    return {
        "written": not says_nothing(item.get("row.report_ref")),
        "submitted": submitted,
        "in_order": not submitted or day(given) >= found,
        "over": over(item, inputs),
    }


@measure("incident-reviews", per="resource", args=("within", "open"), yields=_REVIEWS)
def incident_reviews(inputs: Inputs) -> Iterator[Measured]:
    """Yield per incident whether its review is ``in_time`` and ``in_order``.

    It is in time on any local day up to ``within`` after the one on which the incident was
    resolved; until then what is not reviewed is in time too. A review that was completed before
    the incident was detected is out of order. An incident that is open for longer than ``open``
    and not reviewed leaves ``in_time`` missing.
    """
    for item in inputs.population.items:
        try:
            yield told(_review(item, inputs), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_REVIEWS, signal.failure), item.id)


def _review(item: Item, inputs: Inputs) -> dict[str, Any]:
    text = item.get("row.review_completed_on")
    done = day(text) if text is not None and day(text) <= today(inputs) else None
    found = local_day(item.get("row.detected_at"), inputs.zone)
    if done is None:
        late = over(item, inputs)
        return {"in_time": late if isinstance(late, Failure) else not late, "in_order": True}
    limit = _limit(item, inputs)
    return {"in_time": limit is None or done <= limit, "in_order": done >= found}


def _limit(item: Item, inputs: Inputs) -> date | None:
    """Return the last day in time, or nothing while the incident is open."""
    resolved = item.get("row.resolved_at")
    if resolved is None or resolved > inputs.as_of:
        return None
    return after(local_day(resolved, inputs.zone), inputs.args["within"])


def over(item: Item, inputs: Inputs) -> bool | Failure:
    """Return whether the time ``within`` after an incident is over; why it cannot be said."""
    limit = _limit(item, inputs)
    if limit is not None:
        return today(inputs) > limit
    found = item.get("row.detected_at")
    if inputs.as_of <= inputs.args["open"].after(found, inputs.zone):
        return False
    since = found.isoformat(timespec="minutes")
    text = f"{item.id} was found at {since} and is not resolved; resolve it, or enter when it was"
    return Failure(Reason.UNPROVEN, text)
