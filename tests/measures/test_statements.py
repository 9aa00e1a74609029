from __future__ import annotations

from typing import Any

import pytest

from tests.measures.pages import page, texts
from tests.measures.populations import CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Failure, Reason


def statement(name: str = "s", **more: Any) -> Item:
    facts: dict[str, Any] = {
        "control": "c", "clauses": [], "statement": "", "document_sha256": None,
        "signer_name": "Rin", "signer_role": "CISO", "signed_on": "2026-01-01",
        "expires_on": "2026-12-31",
    }  # fmt: skip
    return item(name, "statement", **(facts | more))


def signed(*items: Item, words: tuple[str, ...] = ("Sale", "rent")) -> Measured:
    args = {"words": list(words)}
    return measured("signed-words", population(items), args, control="c")[""]


def test_one_statement_has_to_have_all_words() -> None:
    both = statement("a", statement="Neither SALE nor Rent.")
    assert signed(both).facts == {"current": True}
    halves = statement("a", statement="No sale."), statement("b", statement="No rent.")
    assert signed(*halves).missing["current"].reason is Reason.NOT_ATTESTED
    assert signed(*halves, both).facts == {"current": True}
    assert signed(statement(), words=()).facts == {"current": True}


@pytest.mark.parametrize(
    "made",
    [
        statement(statement="sale rent", expires_on="2026-11-20"),
        statement(statement="sale rent", signed_on="2026-11-22"),
        statement(statement="sale rent", control="other"),
        statement(statement="sale rent", clauses=["other/1"]),
    ],
)
def test_only_statements_of_today_on_this_clause_count(made: Item) -> None:
    assert signed(made).missing["current"].reason is Reason.NOT_ATTESTED


def test_a_statement_that_could_not_be_read_may_be_the_one() -> None:
    made = signed(unread("x", "statement"))
    assert made.missing["current"].reason is Reason.MALFORMED_RESPONSE


def same(*items: Item, pages: tuple[Item, ...], cut: Failure | None = None) -> Measured:
    needs = {"http-endpoint": population(pages, cut)}
    args = {"topic": "privacy"}
    return measured("attested-text", population(items), args, needs, control="c")[""]


DATED = page("https://a.test/", "privacy", page=texts(**{"Version 3": True, "Privacy": True}))


def test_the_version_or_the_digest_has_to_be_in_the_statement() -> None:
    assert same(statement(statement="as of version 3"), pages=(DATED,)).facts == {"same": True}
    for digest in ("00ff", "sha256:00ff"):
        assert same(statement(document_sha256=digest), pages=(DATED,)).facts == {"same": True}


@pytest.mark.parametrize(
    "made",
    [
        statement(statement="privacy is kept"),
        statement(statement="as of version 2", document_sha256="00fe"),
        statement(statement="version 3", expires_on="2026-11-20"),
    ],
)
def test_otherwise_it_is_not_known(made: Item) -> None:
    assert same(made, pages=(DATED,)).missing["same"].reason is Reason.NOT_ATTESTED


def test_a_version_that_the_page_lacks_is_none() -> None:
    gone = page("https://a.test/", "privacy", page=texts(**{"Version 3": False}))
    made = same(statement(statement="version 3"), pages=(gone,))
    assert made.missing["same"].reason is Reason.NOT_ATTESTED


def test_every_page_has_to_be_meant() -> None:
    other = page("https://b.test/", "privacy", page={"digest": "sha256:11"})
    made = same(statement(statement="version 3"), pages=(DATED, other))
    assert made.missing["same"].reason is Reason.NOT_ATTESTED
    assert same(statement(statement="version 3"), pages=(DATED,), cut=CUT).missing == {"same": CUT}


def test_without_a_page_nothing_is_known() -> None:
    assert same(statement(), pages=()).missing["same"].reason is Reason.NOTHING_FOUND
    unanswered = page("https://a.test/", "privacy", page=None)
    assert same(statement(), pages=(unanswered,)).missing["same"].reason is Reason.TIMEOUT
