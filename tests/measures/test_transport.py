"""Protection of connections: what the facts prove, and where they leave doubt."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import measured, population
from troth.measures import Item, Measured
from troth.model import Failure, Reason

TIMEOUT = Failure(Reason.TIMEOUT, "no answer")
NAMES = st.frozensets(st.sampled_from(["TLS", "SSH", "VPN", "MPLS"]), min_size=1)
ARGS = {
    "plain": {"plain.get": ["serves"], "plain.post": ["serves"]},
    "closed": {"plain.get": ["closed"]},
    "doubtful": {"plain.get": ["unsaid"]},
    "outside": {"use.vantage": ["outside"]},
}


def reach(item: Item, names: Any = ("TLS",), required: bool = False) -> Measured:
    args = {"protections": sorted(names), "tls_required": required, **ARGS}
    return measured("plaintext-reach", population([item]), args)[item.id]


def page(get: str | None, post: str | None, vantage: str = "listed") -> Item:
    known = {"get": get, "post": post}
    facts = {name: value for name, value in known.items() if value is not None}
    missing = {f"plain.{name}": TIMEOUT for name in known.keys() - facts.keys()}
    return Item("www", {"plain": facts, "use": {"vantage": vantage}}, missing)


@given(NAMES, st.booleans(), st.booleans(), st.sampled_from(["serves", "refused"]))
def test_plaintext_is_a_breach_unless_a_private_path_would_do(
    names: frozenset[str], required: bool, outside: bool, state: str
) -> None:
    item = page(state, "refused", "outside" if outside else "listed")
    result = reach(item, names, required)
    if state == "refused":
        assert result.facts == {"plaintext": False}
    elif required or outside or not names & {"VPN", "MPLS"}:
        assert result.facts == {"plaintext": True}
        assert result.notes == ("plain.get is serves",)
    else:
        assert result.missing["plaintext"].reason is Reason.UNPROVEN


STATES = st.sampled_from(["serves", "refused", "unsaid", "closed", None])


@given(STATES, STATES)
def test_only_what_was_read_and_says_something_is_settled(
    get: str | None, post: str | None
) -> None:
    result = reach(page(get, post))
    if "serves" in (get, post):
        assert result.facts == {"plaintext": True}
    elif get == "closed":
        assert result.facts == {"plaintext": False}
    elif None in (get, post):
        assert result.missing == {"plaintext": TIMEOUT}
    elif get == "unsaid":
        assert result.missing["plaintext"].reason is Reason.UNPROVEN
    else:
        assert result.facts == {"plaintext": False}


def test_an_unread_facet_is_unknown() -> None:
    item = Item("db", {}, {"plain": TIMEOUT})
    assert reach(item).missing == {"plaintext": TIMEOUT}
