"""Protection of connections: what the facts prove, and where they leave doubt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from troth.measures import Inputs, Item, Measured, Population, registry
from troth.model import Failure, Reason

TIMEOUT = Failure(Reason.TIMEOUT, "no answer")
NAMES = st.frozensets(st.sampled_from(["TLS", "SSH", "VPN", "MPLS"]), min_size=1)


def run(name: str, item: Item, args: dict[str, Any]) -> Measured:
    made = registry()[name]
    assert set(made.args) == set(args)
    at = datetime(2026, 11, 21, tzinfo=UTC)
    (result,) = made.function(Inputs(Population((item,)), {}, args, at, ZoneInfo("UTC")))
    assert set(made.yields) == set(result.facts) | set(result.missing)
    return result


@given(NAMES, st.booleans(), st.sampled_from(["accepted", "refused", "not-reachable"]))
def test_plaintext_is_a_breach_unless_a_private_path_would_do(
    names: frozenset[str], required: bool, state: str
) -> None:
    args = {"protections": sorted(names), "tls_required": required}
    result = run("plaintext-reach", Item("db", {"transport": {"plaintext": state}}), args)
    if state != "accepted":
        assert result.facts == {"plaintext": False}
    elif required or not names & {"VPN", "MPLS"}:
        assert result.facts == {"plaintext": True}
    else:
        assert result.missing["plaintext"].reason is Reason.UNPROVEN


def test_an_unread_transport_is_unknown() -> None:
    args = {"protections": ["TLS"], "tls_required": False}
    item = Item("db", {}, {"transport": TIMEOUT})
    assert run("plaintext-reach", item, args).missing == {"plaintext": TIMEOUT}


@given(
    st.sampled_from(["accepted", "refused", None]),
    st.sampled_from([0, 56, 112, 128, 256, None]),
    st.sampled_from([112, 128, 192, 256]),
)
def test_weaker_ciphers_are_proven_never_assumed(
    below: str | None, preferred: int | None, bits: int
) -> None:
    known = {"suites_below_128": below, "preferred_bits": preferred}
    facts = {name: value for name, value in known.items() if value is not None}
    missing = {f"ciphers.{name}": TIMEOUT for name in known.keys() - facts.keys()}
    result = run("weaker-cipher", Item("www", {"ciphers": facts}, missing), {"bits": bits})
    if (below == "accepted" and bits >= 128) or (preferred is not None and preferred < bits):
        assert result.facts == {"weaker": True}
    elif below == "refused" and bits <= 128:
        assert result.facts == {"weaker": False}
    elif missing:
        assert result.missing == {"weaker": TIMEOUT}
    else:
        assert result.missing["weaker"].reason is Reason.UNPROVEN
