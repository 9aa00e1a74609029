"""One part: what every way of not looking, of being empty and of being out of scope comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.judge.boxes import (
    AS_OF,
    BOX,
    CLOSED,
    DENIED,
    KINDS,
    STRONG,
    answer,
    both,
    box,
    only,
    part,
    rule,
    seen,
    verdicts,
)
from troth.definitions import Need, Note
from troth.errors import RuleBug
from troth.judge.question import Seen
from troth.judge.scope import Scope
from troth.judge.subjects import subject
from troth.measures import Inputs, Measure, Measured, MissingFact
from troth.model import Failure, Proof, Reason, Verdict

CUT = Failure(Reason.THROTTLED, "page 2 was refused", "toy:List")
ABOUT_MEASURE = rule("shared", "measured.share >= 1", yields=("share",))


# --- within a resource


def test_all_true_passes_with_the_strongest_proof() -> None:
    made = answer(part(), seen(box("a")))
    assert (made.verdict, made.proof) == (Verdict.PASS, Proof.OUTCOME)
    assert only(made).observations == ("sha256:a",)
    assert only(made).expected == ("closed of 128", "strong of 128")


def test_one_false_rule_fails_though_another_is_undecided() -> None:
    made = only(answer(part(), seen(box("a", missing={"lock.closed": DENIED}, bits=64))))
    assert (made.verdict, made.proof, made.failure) == (Verdict.FAIL, Proof.SETTING, None)
    assert made.expected == ("strong of 128",)
    assert made.found == {"lock.bits": 64}


def test_undecided_is_unknown_with_reason_and_permission() -> None:
    made = only(answer(part(), seen(box("a", missing={"lock": DENIED}))))
    assert (made.verdict, made.proof, made.failure) == (Verdict.UNKNOWN, None, DENIED)


def test_what_is_undecided_in_part_is_not_proved_but_shows_what_was_decided() -> None:
    made = only(answer(part(), seen(box("a", missing={"lock.closed": DENIED}))))
    assert (made.verdict, made.proof, made.failure) == (Verdict.UNKNOWN, None, DENIED)
    assert made.expected == ("strong of 128",)
    assert made.found == {"lock.bits": 256}


def test_a_rule_whose_when_is_false_is_skipped() -> None:
    skipped = STRONG._replace(when="!facts.lock.closed", when_reading=CLOSED.reading)
    made = answer(part(CLOSED, skipped), seen(box("a", bits=64)))
    assert made.verdict is Verdict.PASS


def test_a_when_that_cannot_be_decided_decides_nothing() -> None:
    conditional = STRONG._replace(when="facts.lock.closed", when_reading=CLOSED.reading)
    for bits in (256, 64):
        hidden = box("a", missing={"lock.closed": DENIED}, bits=bits)
        made = only(answer(part(conditional), seen(hidden)))
        assert (made.verdict, made.failure) == (Verdict.UNKNOWN, DENIED)


def test_a_resource_of_which_every_rule_was_skipped_is_not_applicable() -> None:
    skipped = STRONG._replace(when="!facts.lock.closed", when_reading=CLOSED.reading)
    made = answer(part(skipped), seen(box("a"), box("b", closed=False)))
    assert verdicts(made) == {"a": "not-applicable", "b": "pass"}
    assert made.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("when_empty", "verdict"), [("unknown", "unknown"), ("not-applicable", "not-applicable")]
)
def test_when_all_are_skipped_the_part_says_what_that_means(when_empty: str, verdict: str) -> None:
    skipped = STRONG._replace(when="!facts.lock.closed", when_reading=CLOSED.reading)
    made = answer(part(skipped, when_empty=when_empty), seen(box("a")))
    assert made.verdict == verdict
    assert verdicts(made) == {"a": "not-applicable", "population": verdict}


def test_one_counter_example_fails_the_part() -> None:
    looked = seen(box("a"), box("b", bits=64), box("c", missing={"lock": DENIED}))
    made = answer(part(), looked)
    assert verdicts(made) == {"a": "pass", "b": "fail", "c": "unknown"}
    assert (made.verdict, made.proof) == (Verdict.FAIL, Proof.OUTCOME)


def test_any_unknown_without_a_counter_example_is_unknown() -> None:
    made = answer(part(), seen(box("a"), box("c", missing={"lock": DENIED})))
    assert (made.verdict, made.proof) == (Verdict.UNKNOWN, None)


def test_a_part_that_passes_has_its_weakest_proof() -> None:
    outcome_only_of_open = CLOSED._replace(when="facts.lock.closed", when_reading=CLOSED.reading)
    always = rule("set", "facts.lock.bits > 0")
    open_one = box("b", closed=False)
    made = answer(part(outcome_only_of_open, always), seen(box("a"), open_one))
    assert {finding.resource: finding.proof for finding in made.findings} == {
        "a": Proof.OUTCOME,
        "b": Proof.SETTING,
    }
    assert made.proof is Proof.SETTING


def test_a_comparison_with_null_is_a_bug_and_no_verdict() -> None:
    made = only(answer(part(rule("late", "facts.lock.opened_at <= as_of")), seen(box("a"))))
    assert made.verdict is Verdict.UNKNOWN
    assert made.failure is not None
    assert made.failure.reason is Reason.RULE_ERROR


def test_notes_are_said_when_they_hold() -> None:
    reading = STRONG.reading
    notes = (
        Note("facts.lock.bits < 512", "less than 512, more than {least}", reading),
        Note("facts.lock.bits > 512", "never", reading),
    )
    made = only(answer(part(notes=notes), seen(box("a"))))
    assert made.notes == ("less than 512, more than 128",)


# --- listings


def test_a_note_that_breaks_costs_no_verdict() -> None:
    late = rule("late", "facts.lock.opened_at <= as_of")
    notes = (Note(late.expect, "opened", late.reading),)
    made = only(answer(part(notes=notes), seen(box("a", closed=False))))
    assert made.verdict is Verdict.FAIL
    assert "a note of this control failed" in made.notes[0]


def test_nothing_could_be_listed() -> None:
    made = answer(part(), seen(failure=DENIED))
    assert only(made).resource == "listing toy.box all"
    assert only(made).failure == DENIED
    assert made.verdict is Verdict.UNKNOWN


def test_a_list_that_was_cut_is_an_unknown_of_its_own() -> None:
    made = answer(part(), seen(box("a"), failure=CUT))
    assert verdicts(made) == {"listing toy.box all": "unknown", "a": "pass"}
    failure = made.findings[0].failure
    assert failure is not None
    assert (failure.reason, failure.permission) == (Reason.LISTING_INCOMPLETE, "toy:List")
    assert failure.message == "the list could only be read in part: page 2 was refused"
    assert made.verdict is Verdict.UNKNOWN


def test_a_counter_example_in_a_cut_list_fails() -> None:
    assert answer(part(), seen(box("a", bits=1), failure=CUT)).verdict is Verdict.FAIL


def test_one_target_that_cannot_be_listed_leaves_the_other_judged() -> None:
    made = answer(part(), both(seen(box("a")), seen(failure=DENIED, target="attic")))
    assert verdicts(made) == {"a": "pass", "listing toy.box all": "unknown"}
    assert {finding.target for finding in made.findings} == {"cellar", "attic"}


@pytest.mark.parametrize("when_empty", ["unknown", "not-applicable"])
def test_an_empty_list_that_is_cut_is_never_not_applicable(when_empty: str) -> None:
    made = answer(part(when_empty=when_empty), seen(failure=CUT))
    assert verdicts(made) == {"listing toy.box all": "unknown"}


def test_nothing_found_is_unknown() -> None:
    made = only(answer(part(), seen()))
    assert made.resource == "population"
    assert made.failure == Failure(
        Reason.NOTHING_FOUND, "no box was found; check that the target is the right one"
    )


def test_nothing_found_may_be_declared_to_be_fine() -> None:
    made = answer(part(when_empty="not-applicable"), seen())
    assert made.verdict is Verdict.NOT_APPLICABLE


def test_no_target_is_configured() -> None:
    made = only(answer(part(when_empty="not-applicable"), Seen((), ())))
    assert made.failure is not None
    assert (made.verdict, made.failure.reason) == (Verdict.UNKNOWN, Reason.NO_TARGET)


def test_somebody_says_that_there_is_none() -> None:
    made = only(answer(part(), Seen((), ()), absent="absent: sold (Rin)"))
    assert (made.verdict, made.notes) == (Verdict.NOT_APPLICABLE, ("absent: sold (Rin)",))


def test_what_is_found_outweighs_the_word_that_there_is_none() -> None:
    made = answer(part(), seen(box("a", bits=1)), absent="absent: sold (Rin)")
    assert made.verdict is Verdict.FAIL


def test_a_register_exported_too_long_ago_is_stale() -> None:
    monthly = {"box": replace(BOX, listing_max_age="P35D")}
    old, new = "2026-10-17T08:59:59+00:00", "2026-10-17T09:00:00+00:00"
    made = answer(part(), seen(box("a"), content_at=old), kinds=monthly)
    assert verdicts(made) == {"listing toy.box all": "unknown", "a": "pass"}
    failure = made.findings[0].failure
    assert failure is not None
    assert failure.reason is Reason.STALE
    made = answer(part(), seen(box("a"), content_at=new), kinds=monthly)
    assert verdicts(made) == {"a": "pass"}


# --- scope

CLASSES = {"critical": 'tag("tier") == "critical"', "spare": 'tag("use") == "spare"'}
CRITICAL = Scope(("critical",), CLASSES)


def test_in_and_out_of_a_class() -> None:
    looked = seen(box("a", tags={"tier": "critical"}), box("b", tags={"tier": "low"}, bits=1))
    made = answer(part(), looked, scope=CRITICAL)
    assert verdicts(made) == {"a": "pass"}
    assert made.excluded == {"in none of the classes critical": 1}


def test_a_resource_without_the_tag_is_in_and_says_so() -> None:
    made = only(answer(part(), seen(box("a", tags={})), scope=CRITICAL))
    assert made.verdict is Verdict.PASS
    assert made.notes == ("unclassified: a tag that class 'critical' asks for is not set",)


def test_tags_that_could_not_be_read_are_scope_unknown() -> None:
    made = only(answer(part(), seen(box("a", bits=1)), scope=CRITICAL))
    assert made.verdict is Verdict.UNKNOWN
    assert made.failure == Failure(
        Reason.SCOPE_UNKNOWN, "its tags could not be read, so its class is not known"
    )
    refused = box("a", missing={"tags": DENIED})
    failure = only(answer(part(), seen(refused), scope=CRITICAL)).failure
    assert failure is not None
    assert (failure.reason, failure.permission) == (Reason.SCOPE_UNKNOWN, "toy:Look")
    assert failure.message.endswith(": refused")


def test_a_class_that_nobody_defined_excludes_nothing() -> None:
    made = only(answer(part(), seen(box("a", tags={})), scope=Scope(("vital",), CLASSES)))
    assert made.verdict is Verdict.PASS
    assert made.notes == ("class 'vital' is not defined in troth.yaml; everything is in scope",)


def test_any_of_several_classes_is_enough() -> None:
    scope = Scope(("critical", "spare"), CLASSES)
    out = box("b", tags={"tier": "low", "use": "daily"})
    made = answer(part(), seen(box("a", tags={"tier": "low", "use": "spare"}), out), scope=scope)
    assert verdicts(made) == {"a": "pass"}


def test_where_narrows_the_class() -> None:
    scope = Scope(("critical",), CLASSES, 'target != "attic"')
    here = box("a", tags={"tier": "critical"})
    there = box("b", target="attic", tags={"tier": "critical"})
    made = answer(part(), seen(here, there), scope=scope)
    assert verdicts(made) == {"a": "pass"}
    assert made.excluded == {'excluded by where: target != "attic"': 1}


def test_when_all_are_excluded_nothing_was_found() -> None:
    made = only(answer(part(), seen(box("a", tags={"tier": "low"})), scope=CRITICAL))
    assert made.failure is not None
    assert made.failure.reason is Reason.NOTHING_FOUND
    assert "in none of the classes critical" in made.failure.message


def test_a_class_that_fails_leaves_the_scope_unknown() -> None:
    scope = Scope(("odd",), {"odd": 'tag("tier") > 3'})
    failure = only(answer(part(), seen(box("a", tags={"tier": "1"})), scope=scope)).failure
    assert failure is not None
    assert failure.reason is Reason.SCOPE_UNKNOWN


# --- requests


@pytest.mark.parametrize(
    ("had", "verdict"),
    [("P30D", "pass"), ("P31D", "pass"), ("P1M", "unknown"), ("all", "pass"), ("P29D", "unknown"),
     (None, "unknown")],
)  # fmt: skip
def test_what_was_not_covered_is_unknown(had: str | None, verdict: str) -> None:
    asking = part(request={"lock": {"lookback": "params.within"}})
    covered = {"lock": {"lookback": had}} if had else {}
    made = only(answer(asking, seen(box("a")._replace(covered=covered))))
    assert made.verdict == verdict
    if made.failure:
        assert made.failure.reason is Reason.NO_DATA
        assert "P30D is needed" in made.failure.message


@pytest.mark.parametrize(
    ("had", "verdict"),
    [(["a", "b"], "pass"), (["a", "b", "c"], "pass"), (["a"], "unknown"), ("all", "pass")],
)
def test_names_that_were_not_asked_for_are_unknown(had: object, verdict: str) -> None:
    asking = part(request={"lock": {"names": "params.rooms"}})
    item = box("a")._replace(covered={"lock": {"names": had}})
    assert answer(asking, seen(item)).verdict == verdict


def test_all_is_only_covered_by_all() -> None:
    asking = part(request={"lock": {"lookback": "all"}})
    item = box("a")._replace(covered={"lock": {"lookback": "P100Y"}})
    assert answer(asking, seen(item)).verdict is Verdict.UNKNOWN


# --- proofs


@pytest.mark.parametrize("cap", list(Proof))
def test_a_kind_caps_the_proof(cap: Proof) -> None:
    capped = {"box": replace(BOX, proof_cap=cap)}
    assert only(answer(part(), seen(box("a")), kinds=capped)).proof is cap


def test_a_join_has_its_weakest_leg() -> None:
    kinds = {**KINDS, "shelf": replace(KINDS["shelf"], proof_cap=Proof.RECORD)}
    joined = part(measure="m", needs=(Need("shelf", ("lock",)),))
    measures = {"m": population_measure(lambda inputs: [Measured({"share": 1})])}
    about = joined._replace(rules=(ABOUT_MEASURE,))
    made = answer(about, seen(box("a")), kinds=kinds, measures=measures, needs={"shelf": seen()})
    assert made.proof is Proof.RECORD


# --- measures


def population_measure(function: object, *, on_empty: bool = False) -> Measure:
    assert callable(function)
    return Measure("m", "population", (), ("share",), on_empty, function)


def resource_measure(function: object) -> Measure:
    assert callable(function)
    return Measure("m", "resource", (), ("share",), False, function)


MEASURED = part(ABOUT_MEASURE, measure="m")


def test_a_measure_over_the_population_gives_one_finding() -> None:
    def count(inputs: Inputs) -> Iterable[Measured]:
        yield Measured({"share": len(inputs.population.items)}, notes=("counted",))

    made = only(
        answer(MEASURED, seen(box("a"), box("b")), measures={"m": population_measure(count)})
    )
    assert (made.resource, made.verdict, made.notes) == ("population", Verdict.PASS, ("counted",))
    assert made.found == {"share": 2}


def test_a_measure_per_resource_gives_one_finding_each() -> None:
    def bits(inputs: Inputs) -> Iterable[Measured]:
        for item in inputs.population.items:
            yield Measured({"share": item.get("lock.bits")}, resource=item.id)

    looked = seen(box("a"), box("b", bits=0))
    made = answer(MEASURED, looked, measures={"m": resource_measure(bits)})
    assert verdicts(made) == {"a": "pass", "b": "fail"}


def test_a_fact_that_a_measure_misses_is_unknown() -> None:
    def bits(inputs: Inputs) -> Iterable[Measured]:
        yield Measured({"share": sum(item.get("lock.bits") for item in inputs.population.items)})

    looked = seen(box("a"), box("b", missing={"lock.bits": DENIED}))
    made = only(answer(MEASURED, looked, measures={"m": population_measure(bits)}))
    assert (made.verdict, made.failure) == (Verdict.UNKNOWN, DENIED)


@pytest.mark.parametrize(
    ("when_empty", "verdict"), [("unknown", "unknown"), ("not-applicable", "not-applicable")]
)
def test_a_population_of_which_every_rule_was_skipped_has_one_finding(
    when_empty: str, verdict: str
) -> None:
    def count(inputs: Inputs) -> Iterable[Measured]:
        yield Measured({"share": 0})

    skipped = ABOUT_MEASURE._replace(when="!(1 == 1)", when_reading=CLOSED.reading)
    asked = part(skipped, measure="m", when_empty=when_empty)
    made = only(answer(asked, seen(box("a")), measures={"m": population_measure(count)}))
    assert (made.resource, made.verdict) == ("population", verdict)


def test_a_measure_is_told_that_its_population_is_cut() -> None:
    told: list[Failure | None] = []

    def watch(inputs: Inputs) -> Iterable[Measured]:
        told.append(inputs.population.failure)
        yield Measured({"share": 1})

    answer(MEASURED, seen(box("a"), failure=CUT), measures={"m": population_measure(watch)})
    answer(MEASURED, seen(box("a")), measures={"m": population_measure(watch)})
    unclear = seen(box("a", tags={"tier": "critical"}), box("b", missing={"tags": DENIED}))
    answer(MEASURED, unclear, measures={"m": population_measure(watch)}, scope=CRITICAL)
    reasons = [failure and failure.reason for failure in told]
    assert reasons == [Reason.LISTING_INCOMPLETE, None, Reason.SCOPE_UNKNOWN]


def test_a_need_without_a_target_is_told() -> None:
    def watch(inputs: Inputs) -> Iterable[Measured]:
        failure = inputs.needs["shelf"].failure
        assert failure is not None
        yield Measured({}, {"share": failure})

    joined = MEASURED._replace(needs=(Need("shelf", ("lock",)),))
    made = only(
        answer(joined, seen(box("a")), measures={"m": population_measure(watch)},
               needs={"shelf": Seen((), ())})
    )  # fmt: skip
    assert made.failure is not None
    assert (made.verdict, made.failure.reason) == (Verdict.UNKNOWN, Reason.NO_TARGET)


@pytest.mark.parametrize(("on_empty", "reason"), [(False, "nothing-found"), (True, "not-attested")])
def test_an_empty_population_is_measured_only_where_that_means_something(
    on_empty: bool, reason: str
) -> None:
    def nobody(inputs: Inputs) -> Iterable[Measured]:
        yield Measured({}, {"share": Failure(Reason.NOT_ATTESTED, "nobody")})

    measure = population_measure(nobody, on_empty=on_empty)
    made = only(answer(MEASURED, seen(), measures={"m": measure}))
    assert made.failure is not None
    assert made.failure.reason == reason


def test_a_measure_that_forgets_a_resource_is_a_bug() -> None:
    with pytest.raises(RuleBug, match="says nothing of a"):
        answer(MEASURED, seen(box("a")), measures={"m": resource_measure(lambda inputs: [])})


def test_a_measure_that_breaks_is_a_bug() -> None:
    def broken(inputs: Inputs) -> Iterable[Measured]:
        yield Measured({"share": 1 // 0})

    with pytest.raises(RuleBug, match="measure m failed: ZeroDivisionError"):
        answer(MEASURED, seen(box("a")), measures={"m": population_measure(broken)})


def test_a_gap_in_a_measure_per_resource_is_everybodys() -> None:
    def gap(inputs: Inputs) -> Iterable[Measured]:
        raise MissingFact(DENIED)
        yield Measured({})

    made = answer(MEASURED, seen(box("a"), box("b")), measures={"m": resource_measure(gap)})
    assert {finding.resource: finding.failure for finding in made.findings} == {
        "a": DENIED,
        "b": DENIED,
    }


# --- from the record


def line(observed_at: str, **body: object) -> dict[str, object]:
    seen_facet = {"observed_at": observed_at, "digest": "sha256:0", **body}
    return {"id": "a", "name": "A", "facets": {"lock": seen_facet}}


def test_an_observation_past_its_age_is_stale() -> None:
    facts = {"closed": True}
    fresh = subject(BOX, "cellar", line("2026-11-20T09:00:00+00:00", facts=facts), AS_OF)
    stale = subject(BOX, "cellar", line("2026-11-20T08:59:59+00:00", facts=facts), AS_OF)
    assert fresh.facts == {"lock": facts}
    assert stale.facts == {}
    assert stale.missing["lock"].reason is Reason.STALE
    assert stale.digests == {"lock": "sha256:0"}


def test_a_recorded_failure_stays_what_it_was() -> None:
    body = {"reason": "permission-denied", "message": "refused", "permission": "toy:Look"}
    made = subject(BOX, "cellar", line("2026-11-21T00:00:00+00:00", failure=body), AS_OF)
    assert (made.facts, made.missing) == ({}, {"lock": DENIED})


def test_recorded_instants_are_instants_and_gaps_are_named() -> None:
    gap = {"bits": {"reason": "permission-denied", "message": "refused", "permission": "toy:Look"}}
    facts = {"opened_at": "2026-11-21T09:00:00+09:00"}
    body = line("2026-11-21T00:00:00+00:00", facts=facts, missing=gap)
    made = subject(BOX, "cellar", body, AS_OF)
    assert made.facts["lock"]["opened_at"] == AS_OF.replace(hour=0)
    assert made.missing == {"lock.bits": DENIED}
