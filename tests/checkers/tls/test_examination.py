"""The order of questions and what the answers imply, against servers whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checkers.tls.model import Peer, Server, examine, mute
from troth.checker import Failure, ObservationFailed
from troth.checkers.tls import certificates, facts
from troth.checkers.tls.answers import Answer, Kind
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.questions import (
    FULL,
    OPENERS,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    Offer,
)
from troth.checkers.tls.suites import OLDER, Suite
from troth.checkers.tls.suites import TLS13 as MODERN_SUITES

NAMES = {SSL3: "ssl3", TLS10: "tls1_0", TLS11: "tls1_1", TLS12: "tls1_2", TLS13: "tls1_3"}
CODES = [suite.code for suite in (*MODERN_SUITES, *OLDER)]


@st.composite
def servers(draw: Callable[[Any], Any], versions: Any = tuple(NAMES)) -> Server:
    """Servers with at least one suite that works in the newest and the oldest version."""
    made = Server(
        versions=draw(st.frozensets(st.sampled_from(versions), min_size=1)),
        suites=draw(st.frozensets(st.sampled_from(CODES), min_size=1, max_size=12)),
        families=draw(
            st.sampled_from([frozenset(["RSA"]), frozenset(["EC"]), frozenset(["RSA", "EC"])])
        ),
        other_groups=draw(st.integers(0, 7)) == 0,
        order=tuple(draw(st.permutations(CODES))) if draw(st.booleans()) else (),
        refusal=draw(st.sampled_from([40, 40, 71, 80])),
    )
    return alive(made)


def alive(server: Server) -> Server:
    """Return the server without the versions in which no suite works."""
    return replace(server, versions=frozenset(filter(server.has, server.versions)))


def truth(server: Server) -> dict[str, str]:
    """Return what is to be found, from the definitions of the kind."""
    older = [version for version in server.versions if version <= TLS12]
    asked = server.has(max(older)) if older else []
    modern, lowest = server.has(TLS13), server.has(min(older)) if older else []

    def said(yes: bool) -> str:
        return "accepted" if yes else "refused"

    def any_of(rows: list[Suite], fits: Callable[[Suite], bool]) -> bool:
        return any(map(fits, rows))

    strong = [*modern, *server.has(TLS12)]
    return {NAMES[version]: said(version in server.versions) for version in NAMES} | {
        "suites_256": said(any_of(strong, lambda row: row.bits == 256 and not row.weak)),
        "suites_below_256": said(any_of([*modern, *asked], lambda row: 128 <= row.bits < 256)),
        "suites_below_128": said(any_of([*asked, *lowest], lambda row: row.weak)),
        "without_forward_secrecy": said(any_of(asked, lambda row: row.static)),
        "finite_field": said(any_of(asked, lambda row: row.finite)),
    }


def found(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in (facts.versions(evidence), facts.ciphers(evidence)):
        found |= {**each.values, **each.missing}
    return found


#: A version that is newer than a suite leaves it out; then the newest version may refuse what an
#: older one takes, and a hello up to TLS 1.2 is answered in the newest.
BELOW = ("without_forward_secrecy", "finite_field", "suites_below_256", "suites_below_128")


@given(servers())
def test_every_fact_about_a_server_that_answers_is_true(server: Server) -> None:
    if not server.versions:
        return
    evidence, asked = examine(server)
    if not evidence.accepted:
        # A full hello is met in the newest version, whose groups or suites may not fit.
        assert all(row.firm or row.vague for row in evidence.answers)
        return
    seen, true = found(evidence), truth(server)
    wrong = {
        name: seen[name]
        for name in true
        if isinstance(seen[name], str) and seen[name] != true[name]
    }
    # What is accepted at an old version only was shown by a server, so it is no false word.
    lower = {name for name in BELOW if true[name] == "refused" and seen[name] == "accepted"}
    assert set(wrong) <= lower, (wrong, [offer.name for offer in asked])
    assert not [name for name in true if isinstance(seen[name], Failure)], seen


def connections(server: Server) -> int:
    """Return how often a server is connected to; alerts that may be passing are put twice."""
    evidence, asked = examine(server)
    return len(asked) - sum(row.passing for row in evidence.answers)


@given(servers((TLS12, TLS13)))
def test_ten_connections_do_for_a_server_of_today(server: Server) -> None:
    assert connections(server) <= 10


@given(servers())
def test_twelve_connections_do_for_any_server_that_answers(server: Server) -> None:
    assert connections(server) <= 12


@given(servers())
def test_broken_suites_are_named_with_what_is_left_of_ten_connections(server: Server) -> None:
    _, asked = examine(server)
    named = [offer for offer in asked if offer.name == "name-broken"]
    assert not named or len(asked) <= 10


@given(servers())
def test_every_leaf_is_found(server: Server) -> None:
    evidence, _ = examine(server)
    if not evidence.accepted:
        return
    families = {certificates.leaf_family(row.chain[0]) for row in certificates.chains(evidence)}
    presented = certificates.presented(evidence)
    if presented.values["presented"].get("complete"):
        true = set()
        for version in server.versions:
            if version == TLS13:
                true |= {family.lower() for family in server.families}
        newest = max((row for row in server.versions if row <= TLS12), default=0)
        true |= {row.family.lower() for row in server.has(newest)} - {""}
        assert families >= true
    else:
        assert server.other_groups


@given(servers())
def test_broken_suites_are_named_and_decide_nothing(server: Server) -> None:
    evidence, _ = examine(server)
    if evidence.named:
        assert found(evidence)["suites_below_128"] == "accepted"
        assert set(evidence.named) <= {row.code for row in OLDER if row.weak} & server.suites
    else:
        assert not evidence.accepted or found(evidence)["suites_below_128"] == "refused"


GOOD = Server(
    frozenset([TLS12, TLS13]), frozenset([0x1301, 0x1302, 0xC02F, 0xC030]), frozenset(["RSA"])
)
ALL = Server(frozenset(NAMES), frozenset(CODES), frozenset(["RSA", "EC"]))


def test_a_good_server_is_known_after_six_connections() -> None:
    evidence, asked = examine(GOOD)
    assert found(evidence) | {} == truth(GOOD) | {
        "preferred_name": "TLS_AES_128_GCM_SHA256",
        "preferred_bits": 128,
        "finite_field_bits": 0,
    }
    assert len(asked) == 6
    assert asked[0] is asked[-1] is FULL


def hanging_up(server: Server, when: Callable[[Offer, int], bool]) -> Peer:
    def peer(offer: Offer, index: int) -> Answer:
        return Answer(offer.name, Kind.CLOSED) if when(offer, index) else server(offer, index)

    return peer


def refusals(evidence: Evidence) -> set[str]:
    return {name for name, value in found(evidence).items() if value == "refused"}


def true_refusals(server: Server) -> set[str]:
    return {name for name, value in truth(server).items() if value == "refused"}


@given(st.sampled_from([GOOD, ALL]), st.integers(2, 9), st.integers(1, 8))
def test_a_peer_that_hangs_up_regularly_never_seems_to_refuse_more(
    server: Server, period: int, phase: int
) -> None:
    evidence, _ = examine(hanging_up(server, lambda _, index: index % period == phase % period))
    if evidence.accepted:
        assert refusals(evidence) <= true_refusals(server)


@given(st.sampled_from([GOOD, ALL]), st.integers(0, 15), st.integers(1, 15))
def test_a_peer_that_hangs_up_for_a_while_never_seems_to_refuse_more(
    server: Server, start: int, length: int
) -> None:
    evidence, _ = examine(hanging_up(server, lambda _, index: start <= index < start + length))
    if evidence.accepted:
        assert refusals(evidence) <= true_refusals(server)


#: It has no EC key, no TLS 1.1 and no broken suite, and hangs up on who asks for them.
SULKY = Server(
    frozenset([TLS10, TLS12, TLS13]),
    frozenset([0x1301, 0x1302, 0xC02F, 0xC030, 0xC013, 0x009D]),
    frozenset(["RSA"]),
)


@given(servers())
def test_every_fact_about_a_mute_server_is_true(server: Server) -> None:
    evidence, _ = examine(mute(server))
    if evidence.accepted:
        assert refusals(evidence) <= true_refusals(server)
    # What the openers were hung up on is not put again, so it may stay open.
    if evidence.answers[0].yes:
        assert not [name for name, value in found(evidence).items() if isinstance(value, Failure)]


@given(servers(), st.sampled_from([Answer("", Kind.CLOSED), Answer("", Kind.ALERT, alert=80)]))
def test_a_suite_that_a_server_chooses_and_cannot_do_refuses_no_other(
    server: Server, end: Answer
) -> None:
    """By the client's order, as most servers do: suites of a finite field come last."""
    primeless = alive(replace(server, order=(), primeless=end))
    evidence, _ = examine(primeless)
    if evidence.accepted:
        assert refusals(evidence) <= true_refusals(primeless)


@pytest.mark.parametrize("end", [Answer("", Kind.CLOSED), Answer("", Kind.ALERT, alert=80)])
def test_a_server_without_prime_that_would_rather_have_one_refuses_no_other(end: Answer) -> None:
    """It prefers ephemeral Diffie-Hellman to the key exchange by RSA, and has no prime for it."""
    order = (0x1301, 0xC02F, 0x009F, 0x0016, 0x009D, 0x000A)
    server = Server(
        frozenset([TLS12, TLS13]), frozenset(order), frozenset(["RSA"]), order=order, primeless=end
    )
    seen = found(examine(server)[0])
    assert seen["suites_below_128"] == seen["without_forward_secrecy"] == "accepted"
    assert seen["suites_256"] == "accepted"
    assert seen["finite_field"] == "refused"


@given(st.sampled_from([SULKY, ALL]), st.integers(2, 14), st.integers(1, 13))
def test_a_mute_server_of_which_every_nth_connection_fails_never_seems_to_refuse_more(
    server: Server, period: int, phase: int
) -> None:
    """As where one of several machines behind an address is broken."""
    peer = mute(server)

    def patchy(offer: Offer, index: int) -> Answer:
        failed = index % period == phase % period
        return Answer(offer.name, Kind.CLOSED) if failed else peer(offer, index)

    evidence, _ = examine(patchy)
    if evidence.accepted:
        assert refusals(evidence) <= true_refusals(server)


@given(st.sampled_from([SULKY, ALL]), st.integers(1, 12))
def test_a_mute_server_that_shuts_out_who_was_just_refused_never_seems_to_refuse_more(
    server: Server, length: int
) -> None:
    """Every true refusal costs the next few connections, whatever they ask for."""
    out = [0]

    def offended(offer: Offer, index: int) -> Answer:
        answer = server(offer, index)
        if out[0]:
            out[0] -= 1
        elif answer.kind is Kind.ALERT:
            out[0] = length
        else:
            return answer
        return Answer(offer.name, Kind.CLOSED)

    evidence, _ = examine(offended)
    assert refusals(evidence) <= true_refusals(server)


@given(st.sampled_from([SULKY, ALL]), st.integers(1, 30), st.integers(1, 12))
def test_a_mute_server_that_is_down_for_a_while_never_seems_to_refuse_more(
    server: Server, start: int, length: int
) -> None:
    peer = mute(server)

    def down(offer: Offer, index: int) -> Answer:
        gone = start <= index < start + length
        return Answer(offer.name, Kind.CLOSED) if gone else peer(offer, index)

    evidence, _ = examine(down)
    assert refusals(evidence) <= true_refusals(server)


@pytest.mark.parametrize("chance", [0.05, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("server", [SULKY, ALL])
def test_hanging_up_at_random_seems_a_refusal_once_in_fifty_looks_at_most(
    server: Server, chance: float
) -> None:
    """Nothing rules it out: any number of repeats may fail. Two closes would be fooled in 5 %."""
    peer, fooled = mute(server), 0
    for seed in range(200):
        moods = random.Random(seed)  # noqa: S311 - no secret

        def moody(offer: Offer, index: int, moods: random.Random = moods) -> Answer:
            gone = moods.random() < chance
            return Answer(offer.name, Kind.CLOSED) if gone else peer(offer, index)

        evidence, _ = examine(moody)
        fooled += bool(evidence.accepted) and not refusals(evidence) <= true_refusals(server)
    assert fooled <= 4


def test_a_mute_server_costs_three_connections_for_each_refusal_and_a_control_for_some() -> None:
    evidence, asked = examine(mute(SULKY))
    hung_up = {row.offer for row in evidence.answers if row.kind is Kind.CLOSED}
    granted = [row for row in evidence.answers if row.yes]
    assert len(asked) == 3 * len(hung_up) + len(granted)
    assert len(asked) <= 25


def alerting(server: Server, alert: int, when: Callable[[int], bool]) -> Peer:
    def peer(offer: Offer, index: int) -> Answer:
        if when(index):
            return Answer(offer.name, Kind.ALERT, alert=alert)
        return server(offer, index)

    return peer


@pytest.mark.parametrize("start", range(1, 12))
def test_an_overload_of_two_connections_never_seems_to_refuse(start: int) -> None:
    """It says internal_error twice in a row, and is well again."""
    evidence, asked = examine(alerting(ALL, 80, lambda index: start <= index < start + 2))
    # Where the two are the very last hellos but one, nothing tells them from a refusal.
    if start + 2 < len(asked) - 1:
        assert refusals(evidence) <= true_refusals(ALL)


@pytest.mark.parametrize("alert", [41, 100, 112])
@pytest.mark.parametrize("index", range(1, 12))
def test_one_word_about_something_else_is_no_refusal(alert: int, index: int) -> None:
    evidence, _ = examine(alerting(ALL, alert, lambda at: at == index))
    assert refusals(evidence) <= true_refusals(ALL)


@pytest.mark.parametrize("alert", [10, 47, 50, 109, 110])
def test_a_word_about_a_hellos_form_says_nothing_of_older_versions(alert: int) -> None:
    """It speaks TLS 1.0, and chokes on a hello of TLS 1.1."""
    spoken = frozenset({TLS13, TLS12, TLS10})
    server = Server(spoken, ALL.suites, ALL.families)

    def peer(offer: Offer, index: int) -> Answer:
        if max(offer.versions) == TLS11:
            return Answer(offer.name, Kind.ALERT, alert=alert)
        return server(offer, index)

    evidence, _ = examine(peer)
    assert found(evidence)["tls1_0"] == "accepted"


@pytest.mark.parametrize("index", range(2, 12))
def test_an_endpoint_that_changed_in_the_middle_refuses_nothing(index: int) -> None:
    """From then on it is another server, of TLS 1.2 and 1.0."""
    before = Server(frozenset({TLS13, TLS12}), GOOD.suites, GOOD.families)
    after = Server(frozenset({TLS12, TLS10}), GOOD.suites, GOOD.families)
    evidence, asked = examine(lambda offer, at: (before if at < index else after)(offer, at))
    if index < len(asked) - 1:
        assert refusals(evidence) <= {"tls1_1", "ssl3"} | (
            true_refusals(before) & true_refusals(after)
        )


@given(st.sampled_from([GOOD, ALL]), st.integers(1, 12), st.sampled_from(["closed", 40, 80]))
def test_a_throttle_never_seems_to_refuse(server: Server, allowed: int, how: Any) -> None:
    def peer(offer: Offer, index: int) -> Answer:
        if index < allowed:
            return server(offer, index)
        return (
            Answer(offer.name, Kind.CLOSED)
            if how == "closed"
            else Answer(offer.name, Kind.ALERT, alert=how)
        )

    evidence, asked = examine(peer)
    if len(asked) > allowed and not evidence.controlled:
        assert refusals(evidence) == set()


@pytest.mark.parametrize("version", [SSL3, TLS10, TLS11])
def test_who_hangs_up_on_old_hellos_every_time_refuses_them(version: int) -> None:
    server = Server(ALL.versions, ALL.suites, ALL.families)
    evidence, _ = examine(hanging_up(server, lambda offer, _: max(offer.versions) <= version))
    refused = {name for name in refusals(evidence) if name in NAMES.values()}
    assert refused == {NAMES[row] for row in NAMES if row <= version}


@pytest.mark.parametrize("version", [TLS10, TLS11])
def test_who_chokes_on_one_old_hello_is_asked_for_the_versions_below(version: int) -> None:
    server = Server(ALL.versions - {version}, ALL.suites, ALL.families)
    evidence, _ = examine(hanging_up(server, lambda offer, _: max(offer.versions) == version))
    refused = {name for name in refusals(evidence) if name in NAMES.values()}
    assert refused == {NAMES[version]}
    seen = found(evidence)
    assert seen["ssl3"] == "accepted"


def test_silence_is_neither_yes_nor_no() -> None:
    def peer(offer: Offer, index: int) -> Answer:
        old = max(offer.versions) < TLS12
        return Answer(offer.name, Kind.TIMEOUT, text="no") if old else GOOD(offer, index)

    evidence, _ = examine(peer)
    seen = found(evidence)
    assert {name for name, value in seen.items() if isinstance(value, Failure)} == {
        "ssl3",
        "tls1_0",
        "tls1_1",
        "suites_below_128",
    }
    assert seen["without_forward_secrecy"] == "refused"


def test_silence_towards_broken_suites_leaves_what_names_none_of_them() -> None:
    def peer(offer: Offer, index: int) -> Answer:
        broken = 0x0003 in offer.suites and 0xC02F not in offer.suites
        return Answer(offer.name, Kind.TIMEOUT, text="no") if broken else strong(offer, index)

    strong = Server(GOOD.versions, frozenset([0x1301, 0xC030]), GOOD.families)
    seen = found(examine(peer)[0])
    assert seen["suites_256"] == "accepted"
    assert {seen[name] for name in ("ssl3", "tls1_0", "tls1_1")} == {"refused"}
    assert {name for name, value in seen.items() if isinstance(value, Failure)} == {
        "suites_below_128",
        "without_forward_secrecy",
        "finite_field",
        "finite_field_bits",
    }


def test_openers_go_from_new_to_old_and_stop_at_the_first_that_is_accepted() -> None:
    old = Server(frozenset([SSL3]), frozenset([0x000A]), frozenset(["RSA"]))

    def choking(offer: Offer, index: int) -> Answer:
        bad = max(offer.versions) > SSL3
        return Answer(offer.name, Kind.ALERT, alert=40) if bad else old(offer, index)

    evidence, asked = examine(choking)
    assert asked[: len(OPENERS)] == list(OPENERS)
    assert found(evidence)["ssl3"] == "accepted"


def test_a_silent_peer_is_left_alone_at_once() -> None:
    evidence, asked = examine(lambda offer, _: Answer(offer.name, Kind.TIMEOUT, text="no"))
    assert len(asked) == 1
    with pytest.raises(ObservationFailed):
        _ = evidence.opening


def test_an_opener_that_was_hung_up_on_is_put_again_before_an_older_one() -> None:
    _, asked = examine(hanging_up(GOOD, lambda _, index: index == 0))
    assert asked[:2] == [FULL, FULL]
