"""What could lose a resource or a counter-example between looking and judging."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.collect.conftest import UNIT, Toy
from tests.judge.boxes import AS_OF, CLOSED, STRONG, answer, box, part, rule, seen, verdicts
from troth import record
from troth.catalogue.kinds import load_kind
from troth.checker import Checker, Facts, ObservationFailed, Partition, Resource
from troth.checkers.aws.ebs_backup import VolumeBackups
from troth.checkers.aws.s3_backup import BucketBackups
from troth.collect import runner, shards
from troth.collect.observe import Seen as Observed
from troth.errors import CheckerBug, RuleBug
from troth.measures import Inputs, Measure, Measured
from troth.model import Failure, Listing, Reason
from troth.plan import Plan

TARGET = {"t": {"id": "t", "type": "toy"}}


def toy_of(**members: Any) -> type[Checker]:
    return type("OwnToy", (Toy,), {"answers": {}, "names": ("one", "two"), **members})


def collected(cls: type[Checker], folder: Path, stop: threading.Event | None = None) -> Any:
    """Return the only unit of a real collection and its resource lines by id."""
    runner.collect(
        Plan((), (UNIT,), ()), TARGET, {"toy.log": cls}, {"log-store": load_kind("log-store")},
        folder, runner.Budget(2, 30), stop or threading.Event(),
    )  # fmt: skip
    unit, lines = shards.read(next(folder.glob("*.jsonl")))
    return unit, {line["id"]: line["facets"]["retention"] for line in lines}


def test_the_same_id_at_two_targets_is_measured_twice() -> None:
    """Rows d-1 of two registers are two requests; the late one must not vanish."""

    def shares(inputs: Inputs) -> Iterable[Measured]:
        for item in inputs.population.items:
            yield Measured({"share": 0 if item.target == "attic" else 1}, resource=item.id)

    measure = Measure("m", "resource", (), ("share",), False, shares)
    measured = part(rule("full", "measured.share == 1", yields=("share",)), measure="m")
    looked = seen(box("d-1", target="attic"), box("d-1", target="cellar"))
    made = answer(measured, looked, measures={"m": measure})
    assert [(one.target, one.verdict.value) for one in made.findings] == [
        ("attic", "fail"),
        ("cellar", "pass"),
    ]


def test_a_name_that_utf8_cannot_carry_costs_nobody_else_the_run(folder: Path) -> None:
    """A file name of arbitrary bytes reaches Python with lone surrogates."""
    hostile = b"log-\xff".decode("utf-8", "surrogateescape")
    unit, lines = collected(toy_of(names=("one", hostile)), folder)
    assert unit.listing.count == 2
    assert len(lines) == 2
    assert "facts" in lines["one"]
    assert "facts" in lines["log-\\udcff"]


def test_a_message_that_utf8_cannot_carry_is_still_a_failure(folder: Path) -> None:
    hostile = b"/var/log/\xff".decode("utf-8", "surrogateescape")
    cls = toy_of(answers={"one": ObservationFailed(Reason.NO_DATA, f"no {hostile}")})
    _, lines = collected(cls, folder)
    assert lines["one"]["failure"]["reason"] == "no-data"
    assert "facts" in lines["two"]


@pytest.mark.parametrize("raw", [float("nan"), b"bytes", 2**60, "\udcff"])
def test_detail_that_json_cannot_carry_costs_one_facet(raw: Any, folder: Path) -> None:
    def retention(self: Any, resource: Resource, response: Any) -> Facts:
        facts = {"mode": response["mode"], "days": response["days"]}
        return Facts(facts, raw={"detail": raw} if resource.id == "one" else {})

    made = Toy.retention.__troth_facet__  # type: ignore[attr-defined]
    retention.__troth_facet__ = type(made)(made.name, made.uses, made.keys, retention)  # type: ignore[attr-defined]
    _, lines = collected(toy_of(retention=retention), folder)
    assert lines["one"]["failure"]["reason"] == "malformed-response"
    assert "facts" in lines["two"]


@pytest.mark.parametrize("where", ["listing", "call"])
def test_a_checker_that_exits_is_a_bug_not_a_green_end(where: str, folder: Path) -> None:
    """sys.exit() in a client library must not end troth, least of all with 0."""

    def leave(self: Any) -> Iterator[Resource]:
        yield Resource("one")
        raise SystemExit(0)

    members: dict[str, Any] = {"answers": {"one": SystemExit(0)}}
    unit, lines = collected(
        toy_of(**({"resources": leave} if where == "listing" else members)), folder
    )
    if where == "listing":
        assert unit.listing.failure.reason is Reason.RULE_ERROR
    else:
        assert lines["one"]["failure"]["reason"] == "rule-error"
        assert "facts" in lines["two"]


def test_a_unit_that_breaks_while_troth_is_stopped_is_not_forgotten(folder: Path) -> None:
    stop = threading.Event()

    class Broken(Toy):
        def __init__(self, *args: Any) -> None:
            stop.set()
            raise CheckerBug("cannot be made")

    unit, lines = collected(Broken, folder, stop)
    assert unit.listing.failure is not None
    assert lines == {}


def test_a_late_attempt_cannot_write_into_the_shard_that_counts(folder: Path) -> None:
    """The watchdog writes down a late unit while the unit itself is writing."""
    early, late = threading.Event(), threading.Event()

    class Slow(tuple[Any, ...]):
        def __iter__(self) -> Iterator[Any]:
            early.set()
            assert late.wait(30)
            yield {"id": "one", "name": "", "partition": "", "facets": {}}

    writer = threading.Thread(
        target=shards.write, args=(folder, UNIT, Observed(Listing(1), Slow()))
    )
    writer.start()
    assert early.wait(30)
    path = shards.write(folder, UNIT, Observed(Listing(0), ()))
    before = path.read_bytes()
    late.set()
    writer.join(30)
    assert path.read_bytes() == before
    assert [file.name for file in folder.iterdir()] == [path.name]


def test_a_shard_that_is_still_being_written_is_no_part_of_the_run(tmp_path: Path) -> None:
    folder = record.create(tmp_path / "run")
    record.put(folder / record.OBSERVATIONS / "a.jsonl", b"{}\n")
    (folder / record.OBSERVATIONS / "b.17.part").write_bytes(b"half")
    assert list(record.manifest(folder)) == ["observations/a.jsonl"]


def test_a_bug_on_one_resource_does_not_hide_another_that_is_broken() -> None:
    """opened_at is null in one box: the rule breaks there, and judges the others."""
    unguarded = rule("before", "facts.lock.opened_at <= as_of")
    later = AS_OF + timedelta(days=1)
    made = answer(part(unguarded), seen(box("a"), box("b", opened_at=later)))
    assert verdicts(made) == {"a": "unknown", "b": "fail"}
    bug = made.findings[0].failure
    assert bug is not None
    assert bug.reason is Reason.RULE_ERROR


def test_a_checkers_bug_in_half_a_listing_stays_a_bug() -> None:
    broken = Failure(Reason.RULE_ERROR, "checker toy.box failed: KeyError('x')")
    made = answer(part(CLOSED, STRONG), seen(box("a"), failure=broken))
    (listing,) = [one for one in made.findings if one.resource != "a"]
    assert listing.failure is not None
    assert listing.failure.reason is Reason.RULE_ERROR


@pytest.mark.parametrize("value", [date(2026, 1, 1), {1, 2}, float("nan"), 2**70])
def test_what_a_measure_cannot_have_measured_is_a_bug_of_its_part(value: Any) -> None:
    """It becomes one unknown finding of the part, not the end of the run without results."""

    def odd(inputs: Inputs) -> Iterable[Measured]:
        for item in inputs.population.items:
            yield Measured({"share": value}, resource=item.id)

    measure = Measure("m", "resource", (), ("share",), False, odd)
    measured = part(rule("full", "measured.share == 1", yields=("share",)), measure="m")
    with pytest.raises(RuleBug):
        answer(measured, seen(box("a")), measures={"m": measure})


def test_a_measure_that_says_nothing_of_a_population_makes_nothing_not_applicable() -> None:
    measure = Measure("m", "population", (), ("share",), False, lambda inputs: [])
    full = rule("full", "measured.share == 1", yields=("share",))
    silent = part(full, measure="m", when_empty="not-applicable")
    with pytest.raises(RuleBug, match="says nothing"):
        answer(silent, seen(box("a")), measures={"m": measure})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("t", "gcp.storage", "backup.p"), ("t", "gcp.storage.backup", "p")),
        (("a", "host.log", "host.log.p"), ("a.host.log", "host.log", "p")),
    ],
)
def test_no_two_units_share_a_shard(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """The first attempt wins: of two units with one name the second would vanish."""
    units = (
        replace(UNIT, target=target, checker=checker, partition=Partition(partition))
        for target, checker, partition in (one, other)
    )
    assert len({shards.shard_name(unit) for unit in units}) == 2


def test_vaults_of_all_regions_and_of_one_are_two_answers() -> None:
    """A target may be called us-east-1: then the account and the region have one name.

    Who asked first would decide what both are told.
    """
    account, region = BucketBackups.calls()["vaults"], VolumeBackups.calls()["vaults"]
    assert account.function is not region.function
