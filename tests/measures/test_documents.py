from __future__ import annotations

from typing import Any

import pytest

from tests.measures.populations import item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason


def statement(text: str, document: str | None = "9f", **more: Any) -> Item:
    facts: dict[str, Any] = {
        "control": "c",
        "clauses": [],
        "statement": text,
        "document_sha256": document,
    }
    facts |= {"signer_name": "Rin", "signer_role": "CISO"}
    facts |= {"signed_on": "2026-06-01", "expires_on": "2026-11-21"}
    return item(text, "statement", **(facts | more))


def judged(*statements: Item) -> Measured:
    args = {"words": ["Technical", "physical"]}
    return measured("signed-document", population(statements), args, control="c")[""]


@pytest.mark.parametrize(
    ("made", "lacking"),
    [(statement("technical"), "lacking: physical;"),
     (statement("TECHNICAL and physical", None), "lacking: the document's digest;"),
     (statement("nothing", None), "lacking: Technical, physical, the document's digest;")],
)  # fmt: skip
def test_what_a_statement_lacks(made: Item, lacking: str) -> None:
    failure = judged(made).missing["current"]
    assert failure.reason is Reason.NOT_ATTESTED
    assert lacking in failure.message


def test_one_statement_has_it_all() -> None:
    made = judged(statement("technical"), statement("Physical, TECHNICAL"))
    assert made.facts == {"current": True}
    assert made.notes == ("signed by Rin (CISO) on 2026-06-01, until 2026-11-21: document 9f",)
    assert judged(statement("technical", "9f"), statement("physical")).missing


def test_no_statement_of_today() -> None:
    old = statement("technical physical", expires_on="2026-11-20")
    assert "expired" in judged(old).missing["current"].message
    assert judged(unread("x", "statement")).missing["current"].reason is Reason.MALFORMED_RESPONSE
