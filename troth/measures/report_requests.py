"""Reports for customers: whether they were delivered in time, and whether the summary is new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from troth.measures.attested import current, words
from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told, unproven
from troth.measures.reading import after, day, rows, today
from troth.model import Failure, Reason

_YIELDS = ("due", "delivered", "confidential")
_CONFIDENTIAL = "written_request_and_nda"


@measure(
    "reports-delivered", per="resource", args=("report", "condition", "within"), yields=_YIELDS
)
def reports_delivered(inputs: Inputs) -> Iterator[Measured]:
    """Yield per request whether it is ``due``, ``delivered`` in time, and ``confidential``.

    ``due``: it asks for ``report`` in writing, is not withdrawn, and a confidentiality agreement
    is signed where one is needed: always with the condition ``written_request_and_nda``. The time
    ``within`` begins with the later of both. Until it is over nothing is late but a refusal.
    ``confidential``: nothing was delivered before an agreement that the condition asks for.
    """
    for item in inputs.population.items:
        try:
            yield told(_request(item, inputs), item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_YIELDS, signal.failure), item.id)


def _request(item: Item, inputs: Inputs) -> dict[str, bool | Failure]:
    asked, given = item.get("row.requested_at"), item.get("row.delivered_at")
    if given is not None and given < asked:
        raise unproven(f"{item.id} was delivered before it was requested; correct the instants")
    meant = item.get("row.report") == inputs.args["report"] and asked <= inputs.as_of
    always = inputs.args["condition"] == _CONFIDENTIAL
    signed = item.get("row.nda_signed_at")
    needed = always or item.get("row.nda_required")
    open_ = item.get("row.in_writing") and item.get("row.outcome") != "withdrawn"
    ready = not needed or (signed is not None and signed <= inputs.as_of)
    begun = max(asked, signed) if needed and signed is not None else asked
    early = given is not None and (signed is None or given < signed)
    return {
        "due": meant and open_ and ready,
        "delivered": _delivered(item, begun, inputs),
        "confidential": not (meant and always and early),
    }


def _delivered(item: Item, begun: datetime, inputs: Inputs) -> bool | Failure:
    given, outcome = item.get("row.delivered_at"), item.get("row.outcome")
    limit = inputs.args["within"].after(begun, inputs.zone)
    if given is not None and given <= inputs.as_of:
        return bool(given <= limit)
    if outcome == "refused":
        return False
    if inputs.as_of <= limit:
        return True
    if given is None and outcome == "delivered":
        text = f"{item.id} was delivered, and nobody says when; enter delivered_at"
        return Failure(Reason.NO_DATA, text)
    return False


@measure(
    "summary-of-newest", per="population", args=("kind", "within"), yields=("belongs",),
    on_empty=True,
)  # fmt: skip
def summary_of_newest(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``belongs``: True when a statement of today is about a summary of the newest test.

    It names the summary by ``document_sha256`` and the test by its date. For ``within`` after a
    test of ``kind`` the one before it will do. Otherwise ``belongs`` is missing: that nobody
    signed is no proof that there is no summary.
    """
    read = rows(inputs.needs["register.tests"], "row.kind", "row.performed_on")
    signed, failure = current(inputs)
    try:
        wanted = _wanted([row["row.performed_on"] for row in read.known
                          if row["row.kind"] == inputs.args["kind"]], inputs)  # fmt: skip
    except MissingFact as missing:
        yield told({"belongs": missing.failure})
        return
    if read.failure or not wanted:
        why = read.failure or nothing(f"register.tests has no {inputs.args['kind']}; enter them")
        yield told({"belongs": why})
        return
    for item in signed:
        said = str(item.get("statement.statement"))
        if item.get("statement.document_sha256") and any(date in said for date in wanted):
            yield told({"belongs": True}, notes=(words(item),))
            return
    if signed:
        text = f"no statement is about a summary, by its digest, of the test of {wanted[0]}"
        failure = Failure(Reason.NOT_ATTESTED, f"{text}; have one signed")
    yield told({"belongs": failure})


def _wanted(dates: list[str], inputs: Inputs) -> list[str]:
    """Return the dates of which one has to be named, the newest that is due first."""
    held = sorted({text for text in dates if day(text) <= today(inputs)})
    due = [text for text in held if after(day(text), inputs.args["within"]) < today(inputs)]
    return [text for text in held if not due or text >= due[-1]]
