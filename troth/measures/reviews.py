"""Reviews of a service: one after each period, what they judge, and what follows from gaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.blanks import says_nothing
from troth.measures.outcomes import told
from troth.measures.reading import Row, Rows, after, day, rows, today
from troth.model import Failure

_YIELDS = ("judged", "in_time", "settled", "concluded")
_JOINT = ("agreement_id", "kind", "period_end", "signoff_provider", "signoff_customer",
          "fees_settled_on", "verdict", "satisfaction")  # fmt: skip
_OPEN = "open"


@measure("agreement-reviews", per="resource", args=("interval", "delay"), yields=_YIELDS)
def agreement_reviews(inputs: Inputs) -> Iterator[Measured]:
    """Yield per agreement what ``register.service-reviews`` says of its joint reviews.

    One counts once both sides signed it, after the period that it looks at. ``in_time``: none is
    overdue. A period ends ``interval`` after the last one reviewed (at first: after the day of the
    signature) or with the agreement, and its review may take ``delay``. ``settled``: no fees are
    open for longer than ``delay`` after a period; ``concluded``: each review says whether the
    standard was met and the customer satisfied. An agreement is ``judged`` until ``interval``
    after its end.
    """
    read = rows(inputs.needs["register.service-reviews"], *(f"row.{name}" for name in _JOINT))
    for item in inputs.population.items:
        try:
            yield _agreement(item, read, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _agreement(item: Item, read: Rows, inputs: Inputs) -> Measured:
    signed, end, now = day(item.get("row.signed_on")), _end(item), today(inputs)
    name, interval = item.get("row.id"), inputs.args["interval"]
    counted = [row for row in read.known if row["row.agreement_id"] == name and _both(row, now)]
    newest = max((day(row["row.period_end"]) for row in counted), default=signed)
    closes = after(newest, interval)
    if end is not None and newest < end:
        closes = min(closes, end)
    settled = all(_settled(row, now, inputs) for row in counted)
    concluded = all(
        _OPEN not in (row["row.verdict"], row["row.satisfaction"]) for row in counted
    )  # fmt: skip
    facts = {
        "judged": signed <= now and (end is None or now <= after(max(end, signed), interval)),
        "in_time": now <= after(closes, inputs.args["delay"]) or read.failure or False,
        # What was not read may be another review of this agreement.
        "settled": settled and (read.failure or True),
        "concluded": concluded and (read.failure or True),
    }
    notes = (f"the newest period reviewed ended on {newest}",) if counted else ()
    return told(facts, item.id, notes)


def _end(item: Item) -> date | None:
    ends = [item.get("row.expires_on"), item.get("row.terminated_on")]
    return min((day(text) for text in ends if text is not None), default=None)


def _both(row: Row, now: date) -> bool:
    signed = (row["row.signoff_provider"], row["row.signoff_customer"])
    return row["row.kind"] == "joint" and all(_signed(row, text, now) for text in signed)


def _signed(row: Row, on: str | None, now: date) -> bool:
    return on is not None and row["row.period_end"] <= on <= now.isoformat()


def _settled(row: Row, now: date, inputs: Inputs) -> bool:
    on = row["row.fees_settled_on"]
    late = now > after(day(row["row.period_end"]), inputs.args["delay"])
    return not late or (on is not None and day(on) <= now)


@measure(
    "audits-held", per="population", args=("interval", "delay"), yields=("in_time",), on_empty=True
)
def audits_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``in_time``: the provider's newest signed audit is not overdue.

    The next one is due ``interval`` after the period that the newest looked at, and may take
    ``delay``. A register without one says that there was none.
    """
    names = ("kind", "period_end", "signoff_provider")
    read, now = rows(inputs.population, *(f"row.{name}" for name in names)), today(inputs)
    ends = [row["row.period_end"] for row in read.known
            if row["row.kind"] == "internal-audit"
            and _signed(row, row["row.signoff_provider"], now)]  # fmt: skip
    try:
        due = after(after(day(max(ends)), inputs.args["interval"]), inputs.args["delay"]) \
            if ends else date.min  # fmt: skip
    except MissingFact as signal:
        yield told({"in_time": signal.failure})
        return
    notes = (f"the newest audit looked at the time until {max(ends)}",) if ends else ()
    yield told({"in_time": now <= due or read.failure or False}, notes=notes)


@measure("gaps-answered", per="resource", args=("delay",), yields=("answered", "over"))
def gaps_answered(inputs: Inputs) -> Iterator[Measured]:
    """Yield per review whether each gap is ``answered``, and whether the time for it is ``over``.

    A gap g-1 is answered by an action with an owner whose source is ``service-reviews/g-1``, be
    it the decision that none is needed. The time begins with the provider's signature.
    """
    names = ("source_ref", "owner", "opened_on")
    read = rows(inputs.needs["register.actions"], *(f"row.{name}" for name in names))
    now = today(inputs).isoformat()
    sources = {row["row.source_ref"].strip() for row in read.known
               if row["row.opened_on"] <= now and not says_nothing(row["row.owner"])}  # fmt: skip
    for item in inputs.population.items:
        try:
            facts = {
                "answered": _answered(item, sources, read),
                "over": _over(item, inputs),
            }
            yield told(facts, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(("answered", "over"), signal.failure), item.id)


def _answered(item: Item, sources: set[str], read: Rows) -> bool | Failure:
    gaps = {f"service-reviews/{gap.strip()}" for gap in item.items("row.finding_refs")}
    return gaps <= sources or read.failure or False


def _over(item: Item, inputs: Inputs) -> bool:
    signed = item.get("row.signoff_provider")
    return signed is not None and after(day(signed), inputs.args["delay"]) < today(inputs)
