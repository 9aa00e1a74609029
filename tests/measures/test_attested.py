from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item
from troth.model import Reason

CONTROL, CLAUSE = "security-procedures", "acme/1.2"
DAYS = st.sampled_from(["2025-01-01", "2026-11-20", "2026-11-21", "2026-11-22", "2027-05-31"])
STATEMENTS = st.fixed_dictionaries(
    {
        "control": st.sampled_from([CONTROL, "other"]),
        "clauses": st.sampled_from([[], [CLAUSE], ["acme/9"], ["acme/9", CLAUSE]]),
        "signed_on": DAYS,
        "expires_on": DAYS,
    }
)


def statement(name: str, body: dict[str, Any]) -> Item:
    return item(name, "statement", signer_name="Rin", signer_role="CISO", **body)


def holds(body: dict[str, Any]) -> bool:
    named = not body["clauses"] or CLAUSE in body["clauses"]
    return (
        body["control"] == CONTROL
        and named
        and body["signed_on"] <= "2026-11-21" <= body["expires_on"]
    )


@given(st.lists(STATEMENTS, max_size=5), st.booleans(), st.booleans())
def test_current_when_one_statement_holds_and_never_false(
    bodies: list[dict[str, Any]], cut: bool, bad: bool
) -> None:
    items = [statement(f"s-{at}", body) for at, body in enumerate(bodies)]
    items += [unread("s-x", "statement")] if bad else []
    made = measured(
        "attested",
        population(items, CUT if cut else None),
        clause=CLAUSE,
        control=CONTROL,
    )[""]
    if any(holds(body) for body in bodies):
        assert made.facts == {"current": True}
    else:
        reason = made.missing["current"].reason
        assert (reason is Reason.NOT_ATTESTED) is not (cut or bad)


def test_half_a_list_of_clauses_is_not_every_clause() -> None:
    half = Item(
        "s",
        {
            "statement": {
                "control": CONTROL,
                "clauses": {"items": []},
                "signer_name": "Rin",
                "signer_role": "CISO",
                "signed_on": "2026-01-01",
                "expires_on": "2027-01-01",
            }
        },
    )
    made = measured("attested", population([half]), clause=CLAUSE, control=CONTROL)[""]
    assert made.missing["current"].reason is Reason.LISTING_INCOMPLETE


def test_the_message_names_the_statement_that_expired_last() -> None:
    bodies: list[dict[str, Any]] = [
        {"control": CONTROL, "clauses": [], "signed_on": "2024-01-01", "expires_on": day}
        for day in ("2026-11-20", "2025-12-31")
    ]
    items = [statement(f"s-{at}", body) for at, body in enumerate(bodies)]
    made = measured("attested", population(items), clause=CLAUSE, control=CONTROL)[""]
    assert "2026-11-20" in made.missing["current"].message
