from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population
from troth.measures import Item
from troth.model import Failure, Reason

LOST = Failure(Reason.TIMEOUT, "no answer")
SAID = st.sampled_from(["closed", "refused", "accepted", "unsaid", None])


@given(SAID, st.sampled_from([6379, 443, None]))
def test_silence_is_no_refusal_where_a_question_was_asked(
    said: str | None, number: int | None
) -> None:
    known: dict[str, dict[str, object]] = {
        "speech": {"anonymous": said},
        "place": {"number": number},
    }
    facts = {name: row for name, row in known.items() if None not in row.values()}
    missing = dict.fromkeys(known.keys() - facts.keys(), LOST)
    service = Item("db", facts, missing)
    made = measured("anonymous-service", population([service]), {"ports": ["6379"]})["db"]
    if missing:
        assert made.missing == {"open": LOST}
    elif said == "unsaid" and number == 6379:
        assert made.missing["open"].reason is Reason.UNPROVEN
    else:
        assert made.facts == {"open": said == "accepted"}


ARGS = {"register": "register.r", "resource": "row.resource", "until": "row.expires_on"}
STATUS = st.sampled_from([None, 200, 303, 401, 403, 404, 405, 422, "unread"])


@given(STATUS, st.sampled_from(["sign-in", "nothing"]), st.booleans(), st.booleans())
def test_a_form_is_taken_unless_refused_or_listed(
    status: int | str | None, leads_to: str, listed: bool, cut: bool
) -> None:
    answer = {"post": status, "leads_to": leads_to}
    missing = {}
    if status == "unread":
        del answer["post"]
        missing = {"answer.post": LOST}
    rows = [item("r", resource="page", expires_on="2027-01-01")] if listed else []
    made = measured(
        "anonymous-form",
        population([Item("page", {"answer": answer}, missing)]),
        ARGS,
        {"register.r": population(rows, CUT if cut else None)},
    )["page"]
    refused = status in (None, 401, 403, 404, 405) or (status == 303 and leads_to == "sign-in")
    if refused or listed:
        assert made.facts == {"taken": False}
    elif status == "unread":
        assert made.missing == {"taken": LOST}
    elif status == 303:
        assert made.missing["taken"].reason is Reason.UNPROVEN
    elif cut:
        assert made.missing == {"taken": CUT}
    else:
        assert made.facts == {"taken": True}
