"""Rule sets beside what answers: unpublished openings, and latent ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, measured, population
from tests.measures.test_ports import LOST, port, unplaced
from troth.measures import Item, Measured, Population


def rule(ports: str = "22", source: str = "0.0.0.0/0", **more: str) -> dict[str, str]:
    scope = "anywhere" if source.endswith("/0") else "somewhere"
    return {"id": "r", "sources": source, "protocol": "tcp", "ports": ports, "scope": scope, **more}


def rules(*found: dict[str, str], whole: bool = True) -> Population:
    listed: dict[str, Any] = {"items": list(found)}
    if whole:
        listed["complete"] = True
    return population([Item("sg", {"allows": {"rules": listed}})])


def unpublished(of: Population, ports: Population) -> Measured:
    return measured("unpublished-rules", of, {"ports": "port"}, {"port": ports})["sg"]


PUBLISHED = population([port(80, published=True), port(443, published=True), port(22)])


@pytest.mark.parametrize(
    ("one", "bad"),
    [
        (rule("443"), False),
        (rule("443", protocol="udp"), False),
        (rule("22"), True),
        (rule("22", "::/0"), True),
        (rule("22", "10.0.0.0/8"), False),
        (rule("80-443"), True),
        (rule("all"), True),
        (rule("all", protocol="all"), True),
        (rule("8", protocol="icmp"), False),
        (rule("all", protocol="ipv6-icmp"), False),
        (rule("ssh"), True),
    ],
)
def test_from_anywhere_only_published_ports(one: dict[str, str], bad: bool) -> None:
    words = [f"{one['protocol']} {one['ports']} from {one['sources']}"] if bad else []
    assert unpublished(rules(rule("443"), one), PUBLISHED).facts == {"unpublished": words}


@given(st.booleans(), st.booleans(), st.sampled_from(["443", "22", "all"]))
def test_what_is_not_all_known_excuses_and_never_clears(
    half: bool, unknown: bool, ports: str
) -> None:
    place = population([port(443, published=True)], CUT if unknown else None)
    made = unpublished(rules(rule(ports), whole=not half), place)
    if ports == "all" or (ports == "22" and not unknown):
        assert made.facts["unpublished"]
    elif ports == "443" and not half:
        assert made.facts == {"unpublished": []}
    else:
        assert "unpublished" in made.missing


def test_a_place_that_could_not_be_read_may_be_a_published_port() -> None:
    made = unpublished(rules(rule("22")), population([unplaced(22)]))
    assert made.missing == {"unpublished": LOST}


def latent(of: Population, ports: Population, *equivalents: str) -> Measured:
    args = {"ports": "port", "numbers": ["22", "3389", "ssh"], "equivalents": list(equivalents)}
    return measured("latent-rules", of, args, {"port": ports})["sg"]


SILENT = population([port(22, answers="silent"), port(3389)])


@pytest.mark.parametrize(
    ("one", "let_in"),
    [
        (rule("22"), True),
        (rule("20-25", "::/0"), True),
        (rule("all", protocol="all"), True),
        (rule("22", protocol="udp"), False),
        (rule("22", "10.0.0.0/8"), False),
        (rule("443"), False),
    ],
)
def test_a_rule_is_exposed_by_what_answers_and_latent_without(
    one: dict[str, str], let_in: bool
) -> None:
    answering = population([port(22, answers="open"), port(3389)])
    assert latent(rules(one), answering).facts["exposed"] is let_in
    quiet = latent(rules(one), SILENT)
    assert quiet.facts["exposed"] is False
    assert any("latent" in note for note in quiet.notes) is let_in


@pytest.mark.parametrize(
    "ports",
    [
        population([port(3389)]),
        population([port(22, vantage="vpn"), port(3389)]),
        population([port(22), port(3389)], CUT),
        population([port(22), port(3389), unplaced(22)]),
    ],
)
def test_where_nobody_asked_outside_a_rule_is_not_latent(ports: Population) -> None:
    assert "exposed" in latent(rules(rule("22")), ports).missing
    assert latent(rules(rule("443")), ports).facts["exposed"] is False


def test_half_a_list_of_rules_clears_nothing() -> None:
    made = latent(rules(rule("443"), whole=False), SILENT)
    assert set(made.missing) == {"exposed", "unaccepted"}
    bad = latent(rules(rule("22", "35.235.240.0/20"), whole=False), SILENT)
    assert bad.facts == {"unaccepted": True}


@pytest.mark.parametrize("accepted", [True, False])
def test_the_identity_aware_proxy_counts_where_it_is_accepted(accepted: bool) -> None:
    names = ("identity_aware_proxy",) if accepted else ("ssm_session_manager",)
    made = latent(rules(rule("22", "35.235.240.0/20")), SILENT, *names)
    assert made.facts == {"exposed": False, "unaccepted": not accepted}
    assert any("identity-aware" in note for note in made.notes) is accepted
    other = latent(rules(rule("443", "35.235.240.0/20")), SILENT, *names)
    assert other.facts == {"exposed": False, "unaccepted": False}
