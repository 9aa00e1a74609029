"""Running rules: true and false only of what is there; what is not there says why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.boxes import WHOLE
from troth.errors import RuleBug
from troth.model import Failure, Reason
from troth.rules.evaluate import Bench, Decision, flat, flat_params, shown
from troth.rules.fence import Reading, fence

AS_OF = datetime(2026, 11, 21, 9, tzinfo=UTC)
DENIED = Failure(Reason.PERMISSION_DENIED, "refused", "toy:Look")
CUT = Failure(Reason.THROTTLED, "page 2 was refused")
KEYS = {"items": [{"id": "k1", "bits": 256}], "complete": True}
LOCK: dict[str, Any] = {"closed": True, "bits": 256, "opened_at": None, "keys": KEYS}
PARAMS: dict[str, Any] = {"least": 128, "rooms": ["vault"], "within": {"ago": AS_OF}}


def reading(source: str) -> Reading:
    made, wrong = fence(source, WHOLE)
    assert wrong == []
    return made


def decide(
    source: str,
    lock: dict[str, Any] | None = None,
    missing: dict[str, Failure] | None = None,
    measured: dict[str, Any] | None = None,
) -> Decision:
    bench = Bench(PARAMS, AS_OF, "2026-11-21")
    facts = {"lock": LOCK if lock is None else lock, "place": {"room": "vault"}}
    bench.put(facts if lock != {} else {}, measured or {}, missing or {})
    return bench.decide(source, reading(source))


def test_true_and_false() -> None:
    assert decide("facts.lock.bits >= params.least") == Decision(True)
    assert decide("facts.lock.bits < params.least") == Decision(False)
    assert decide("facts.place.room in params.rooms && today == '2026-11-21'") == Decision(True)
    assert decide("as_of == params.within.ago") == Decision(True)


def test_a_facet_that_failed_gives_its_reason_and_permission() -> None:
    made = decide("facts.lock.closed", {}, {"lock": DENIED})
    assert made == Decision(None, DENIED)


def test_a_facet_that_nobody_read_is_unknown_too() -> None:
    made = decide("facts.lock.closed", {})
    assert made.value is None
    assert made.failure == Failure(Reason.NO_DATA, "lock was not read")


def test_a_fact_that_could_not_be_read_gives_its_own_reason() -> None:
    made = decide("facts.lock.bits > 1", {"closed": True}, {"lock.bits": CUT})
    assert made == Decision(None, CUT)


def test_a_definite_counter_example_outweighs_what_is_missing() -> None:
    lock = {"closed": False}
    assert decide("facts.lock.closed && facts.lock.bits > 1", lock) == Decision(False)
    assert decide("facts.lock.bits > 1 && facts.lock.closed", lock) == Decision(False)


def test_an_incomplete_list_cannot_pass_but_can_fail() -> None:
    source = "facts.lock.keys.items.size() > 0 && facts.lock.keys.complete && " \
        "facts.lock.keys.items.all(k, k.bits >= 256)"  # fmt: skip
    whole = {"items": [{"bits": 256}], "complete": True}
    good, bad = {"items": [{"bits": 256}]}, {"items": [{"bits": 64}]}
    assert decide(source, {"keys": whole}) == Decision(True)
    unsure = decide(source, {"keys": good})
    assert unsure.value is None
    assert unsure.failure is not None
    assert unsure.failure.reason is Reason.LISTING_INCOMPLETE
    assert decide(source, {"keys": good}, {"lock.keys": CUT}) == Decision(None, CUT)
    assert decide(source, {"keys": bad}) == Decision(False)


def test_an_element_without_the_member_is_unknown() -> None:
    source = "facts.lock.keys.complete && facts.lock.keys.items.exists(k, k.bits > 1)"
    made = decide(source, {"keys": {"items": [{"id": "k1"}], "complete": True}})
    assert made == Decision(
        None, Failure(Reason.NO_DATA, "an element has no bits: it was not read")
    )


def test_comparing_null_is_a_bug_of_the_rule() -> None:
    with pytest.raises(RuleBug, match=r"rule 'facts.lock.opened_at <= as_of' failed"):
        decide("facts.lock.opened_at <= as_of")


def test_a_guarded_null_is_none() -> None:
    assert decide("facts.lock.opened_at != null && facts.lock.opened_at <= as_of").value is False
    assert decide("facts.lock.opened_at == null || facts.lock.opened_at <= as_of").value is True


def test_a_rule_that_is_no_condition_is_a_bug() -> None:
    with pytest.raises(RuleBug, match="came to 256, not to true or false"):
        decide("facts.lock.bits")


def test_dividing_by_nothing_is_a_bug() -> None:
    with pytest.raises(RuleBug):
        decide("facts.lock.bits / 0 > 1")


def test_measured_facts_and_why_they_are_missing() -> None:
    assert decide("measured.share > 1", measured={"share": 2}).value is True
    assert decide("measured.share > 1", missing={"measured.share": DENIED}).failure == DENIED
    bare = decide("measured.share > 1").failure
    assert bare == Failure(Reason.NO_DATA, "share was not measured")


def test_the_bench_forgets_the_resource_before() -> None:
    bench = Bench(PARAMS, AS_OF, "2026-11-21")
    share = reading("measured.share > 1")
    closed = reading("facts.lock.closed")
    bench.put({"lock": LOCK}, {"share": 2}, {})
    assert bench.decide("measured.share > 1", share).value is True
    bench.put({}, {}, {"lock": DENIED})
    assert bench.decide("facts.lock.closed", closed) == Decision(None, DENIED)
    assert bench.decide("measured.share > 1", share).value is None


def test_what_a_finding_shows() -> None:
    bench = Bench(PARAMS, AS_OF, "2026-11-21")
    bench.put({"lock": LOCK}, {"share": 2}, {})
    source = (
        "facts.lock.bits > 1 && facts.lock.opened_at == null && measured.share > 1 "
        "&& facts.lock.keys.complete && facts.lock.keys.items.exists(k, k.bits > 1) "
        "&& facts.place.room == 'vault'"
    )
    assert bench.found(shown([reading(source)])) == {
        "lock.bits": 256,
        "lock.opened_at": None,
        "lock.keys.items": KEYS["items"],
        "share": 2,
    }


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "closed": st.booleans(),
        "bits": st.integers(0, 300),
        "opened_at": st.none() | st.just(AS_OF),
        "keys": st.fixed_dictionaries(
            {"items": st.lists(st.fixed_dictionaries({"bits": st.integers(0, 300)}), max_size=3)},
            optional={"complete": st.just(True)},
        ),
    },
)
RULES = (
    "facts.lock.closed && facts.lock.bits >= params.least",
    "!facts.lock.closed || facts.lock.bits >= params.least",
    "facts.lock.opened_at != null && facts.lock.opened_at <= as_of",
    "facts.lock.keys.items.size() > 0 && facts.lock.keys.complete "
    "&& facts.lock.keys.items.all(k, k.bits >= params.least)",
    "facts.lock.keys.complete && facts.lock.keys.items.exists(k, k.bits < params.least)",
)


@given(FACTS, st.sampled_from(RULES), st.sampled_from(["closed", "bits", "opened_at", "keys"]))
def test_taking_a_fact_away_never_turns_a_verdict_over(
    facts: dict[str, Any], source: str, lost: str
) -> None:
    """What is decided without a fact is decided alike with it: not looking proves nothing."""
    fewer = {name: value for name, value in facts.items() if name != lost}
    blind, seeing = decide(source, fewer or {"rest": 0}), decide(source, facts or {"rest": 0})
    if blind.value is not None:
        assert blind.value == seeing.value


def test_flat_names_leave_texts_alone_and_stay_apart() -> None:
    source = "facts.a.b == 'facts.a.b' && facts . a . b.items.all(f, f.facts.x > facts.a_b.c)"
    made = flat(source)
    assert "'facts.a.b'" in made
    assert made.count("facts_1_a_b") == 2
    assert flat("facts.a_b.c") != flat("facts.a.b_c")


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("params.a.days > 1 || params.b", "params_1_a_days > 1 || params_1_b_"),
        ("params.b.size() == params.a.text.size()", "params_1_b_.size() == params.a.text.size()"),
        ("'params.b' == \"params.b\" || params.bb", "'params.b' == \"params.b\" || params.bb"),
        ("x.params.b && x. params.b && params.a", "x.params.b && x. params.b && params.a"),
    ],
    ids=["members", "methods", "texts", "others"],
)
def test_only_single_parameters_get_names_of_their_own(source: str, made: str) -> None:
    assert flat_params(source, {"a.days", "b"}) == made


def test_a_parameter_means_the_same_under_a_name_of_its_own() -> None:
    wanted = (("lock", ("bits",)), ("place", ("room",)))
    facts = {"lock": {"bits": 128}, "place": {"room": "vault"}}
    source = "facts.lock.bits >= params.least && facts.place.room in params.rooms"
    for least, value in ((128, True), (129, False)):
        for names in (wanted, None):
            params = {"least": least, "rooms": ["vault"]}
            bench = Bench(params, AS_OF, "2026-11-21", facts, wanted=names)
            assert bench.decide(source, Reading()) == Decision(value)


def test_a_fact_of_the_resource_before_is_never_judged() -> None:
    """With all facts there the fast way is taken; a gap must not fall back on older values."""
    wanted = (("lock", ("bits",)), ("place", ("room",)))
    bench = Bench(PARAMS, AS_OF, "2026-11-21", wanted=wanted)
    source = "facts.lock.bits >= 256 && facts.place.room == 'vault'"
    bench.put({"lock": {"bits": 256}, "place": {"room": "vault"}}, {}, {})
    assert bench.decide(source, reading(source)).value is True
    bench.put({"lock": {"bits": 256}}, {}, {"place": DENIED})
    assert bench.decide(source, reading(source)) == Decision(None, DENIED)
    bench.put({"lock": {"bits": 128}, "place": {"room": "vault"}}, {}, {})
    assert bench.decide(source, reading(source)).value is False


FACTS = st.sampled_from([True, False, 1, 0, None, "", "1", "vault", -0.0, 0.0, 1.0])


@given(st.lists(st.tuples(FACTS, FACTS), min_size=2, max_size=5))
def test_what_was_judged_before_makes_no_difference(rows: list[tuple[Any, Any]]) -> None:
    """Only facts that differ go to the engine: equal ones of another type must, too."""
    sources = [
        f"facts.lock.{name} {sign} {value}"
        for name in ("bits", "closed")
        for sign in ("==", "!=")
        for value in ("true", "false", "1", "0", "null", "''", "'1'", "'vault'", "1.0")
    ]
    wanted = (("lock", ("bits", "closed")),)
    used = Bench(PARAMS, AS_OF, "2026-11-21", wanted=wanted)
    for bits, closed in rows:
        facts = {"lock": {"bits": bits, "closed": closed}}
        used.put(facts, {}, {})
        fresh = Bench(PARAMS, AS_OF, "2026-11-21", facts)
        for source in sources:
            read = reading(source)
            assert used.decide(source, read) == fresh.decide(source, read)


def test_after_a_fact_that_the_engine_refuses_everything_is_handed_over_again() -> None:
    bench = Bench(PARAMS, AS_OF, "2026-11-21", wanted=(("lock", ("bits", "closed")),))
    bench.put({"lock": {"bits": 1, "closed": True}}, {}, {})
    with pytest.raises(ValueError, match="Conversion"):
        bench.put({"lock": {"bits": 2, "closed": object()}}, {}, {})
    bench.put({"lock": {"bits": 1, "closed": True}}, {}, {})
    assert bench.decide("facts.lock.bits == 1", reading("facts.lock.bits == 1")).value is True


@pytest.mark.parametrize(
    ("when", "never"),
    [
        ("params.least > 1000", True),
        ("params.least > 1000 && facts.lock.closed", True),
        ("facts.lock.closed && params.least > 1000", True),
        ("params.least > 1000 || facts.lock.closed", False),
        ("params.least > 100", False),
        ("facts.lock.closed", False),
        ("", False),
    ],
)
def test_the_parameters_alone_may_keep_a_rule_from_ever_applying(when: str, never: bool) -> None:
    bench = Bench(PARAMS, AS_OF, "2026-11-21")
    assert bench.rules_out(when, reading(when or "true")) is never
