"""One unit: every resource is in the shard, with facts or with the reason why not."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from tests.collect.conftest import RETENTION, UNIT, Observe, Refused, Toy
from troth.catalogue.kinds import load_kind
from troth.checker import ABSENT, ObservationFailed, Reason, Resource
from troth.collect.calls import Calls
from troth.collect.observe import Observer, Seen


def facet_of(seen: Seen, resource: str, facet: str = "retention") -> dict[str, Any]:
    line = next(line for line in seen.lines if line["id"] == resource)
    found: dict[str, Any] = line["facets"][facet]
    return found


def reason_of(seen: Seen, resource: str, facet: str = "retention") -> str:
    return str(facet_of(seen, resource, facet)["failure"]["reason"])


def test_facts_are_recorded_with_digest_calls_and_time(observe: Observe) -> None:
    seen = observe()
    one = facet_of(seen, "one")
    assert one["facts"] == RETENTION
    assert one["calls"] == ["retention_response"]
    assert one["digest"].startswith("sha256:")
    assert one["observed_at"].endswith("+00:00")
    assert seen.listing.count == 2
    assert seen.listing.complete


def test_equal_facts_have_an_equal_digest_whenever_they_were_seen(
    toy: type[Toy], observe: Observe
) -> None:
    seen = observe()
    assert facet_of(seen, "one")["digest"] == facet_of(seen, "two")["digest"]
    toy.answers["three"] = {"mode": "days", "days": 31}
    toy.names = ("three",)
    changed = replace(UNIT, target="other")
    assert (
        facet_of(observe(changed, {"id": "other"}), "three")["digest"]
        != (facet_of(seen, "one")["digest"])
    )


def test_known_refusal_names_the_permission_and_spares_the_neighbour(
    toy: type[Toy], observe: Observe
) -> None:
    toy.answers["one"] = Refused()
    seen = observe()
    assert facet_of(seen, "one")["failure"] == {
        "reason": "permission-denied", "message": "refused", "permission": "toy:GetRetention",
    }  # fmt: skip
    assert facet_of(seen, "two")["facts"] == RETENTION


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError("slow"), "timeout"),
        (ConnectionRefusedError("no"), "unreachable"),
        (PermissionError("no"), "permission-denied"),
        (FileNotFoundError("no"), "no-data"),
        (ObservationFailed(Reason.UNPROVEN, "will not say"), "unproven"),
        (ZeroDivisionError("a bug"), "rule-error"),
    ],
)
def test_what_a_call_raises_becomes_a_reason(
    toy: type[Toy], observe: Observe, error: Exception, reason: str
) -> None:
    toy.answers["one"] = error
    seen = observe()
    assert reason_of(seen, "one") == reason
    assert facet_of(seen, "two")["facts"] == RETENTION


def test_declared_error_is_an_answer(toy: type[Toy], observe: Observe) -> None:
    toy.answers["one"] = LookupError("NoRetention")
    toy.answers["two"] = LookupError("Other")
    seen = observe()
    assert facet_of(seen, "one")["facts"]["mode"] == "forever"
    assert reason_of(seen, "two") == "rule-error"
    assert not ABSENT


@pytest.mark.parametrize("answer", [{}, {"mode": "days"}, None, [], "text", 7])
def test_strange_response_is_malformed(toy: type[Toy], observe: Observe, answer: Any) -> None:
    toy.answers["one"] = lambda: answer
    seen = observe()
    assert reason_of(seen, "one") == "malformed-response"
    assert facet_of(seen, "two")["facts"] == RETENTION


@pytest.mark.parametrize(
    "answer",
    [
        {"mode": "weekly", "days": 1},
        {"mode": "days", "days": -1},
        {"mode": "days", "days": "30"},
        {"mode": "days", "days": None},
    ],
)
def test_facts_that_the_kind_does_not_allow_are_malformed(
    toy: type[Toy], observe: Observe, answer: Any
) -> None:
    toy.answers["one"] = answer
    seen = observe()
    assert reason_of(seen, "one") == "malformed-response"


def test_facet_that_the_checker_does_not_have_is_not_supported(observe: Observe) -> None:
    seen = observe(replace(UNIT, unsupported=("content",)))
    assert reason_of(seen, "one", "content") == "not-supported"
    assert facet_of(seen, "one")["facts"] == RETENTION


def test_contents_are_read_only_where_the_target_allows_it(observe: Observe) -> None:
    seen = observe(replace(UNIT, facets=("extent", "retention")))
    assert reason_of(seen, "one", "extent") == "not-allowed"
    assert facet_of(seen, "one")["facts"] == RETENTION
    allowed = replace(UNIT, target="open", facets=("extent",))
    opened = observe(allowed, {"id": "open", "allow": ["data-read"]})
    assert reason_of(opened, "one", "extent") == "rule-error"


def test_resource_that_hangs_costs_only_itself(toy: type[Toy], observe: Observe) -> None:
    release = threading.Event()
    toy.answers["one"] = release.wait
    seen = observe(seconds=0.5)
    release.set()
    assert reason_of(seen, "one") == "timeout"
    assert facet_of(seen, "two")["facts"] == RETENTION


def test_interrupted_run_says_so(toy: type[Toy], observe: Observe) -> None:
    stop, release = threading.Event(), threading.Event()

    def interrupt() -> Any:
        stop.set()
        release.wait(10)
        return RETENTION

    toy.names = ("one", "two", *(f"more-{number}" for number in range(20)))
    toy.answers["one"] = interrupt
    seen = observe(stop=stop)
    release.set()
    assert reason_of(seen, "one") == "interrupted"
    assert len(seen.lines) == 22


def test_resource_listed_twice_makes_the_listing_doubtful(toy: type[Toy], observe: Observe) -> None:
    toy.names = ("one", "one")
    seen = observe()
    assert len(seen.lines) == 1
    assert seen.listing.failure is not None
    assert seen.listing.failure.reason is Reason.MALFORMED_RESPONSE


def test_listing_that_cannot_be_read_is_not_empty(toy: type[Toy], observe: Observe) -> None:
    def resources(self: Toy) -> Any:
        yield Resource("one", "one")
        raise ObservationFailed(Reason.THROTTLED, "too many")

    toy.resources = resources  # type: ignore[method-assign]
    seen = observe()
    assert [line["id"] for line in seen.lines] == ["one"]
    assert not seen.listing.complete


def test_every_call_is_made_once_a_run(toy: type[Toy], observe: Observe) -> None:
    observe()
    assert toy.made == {"listing": 1, "one": 1, "two": 1}


def test_lines_are_sorted_by_id(toy: type[Toy], observe: Observe) -> None:
    toy.names = ("b", "c", "a")
    assert [line["id"] for line in observe().lines] == ["a", "b", "c"]


class _Patient(Toy):
    """Eight peers that answer only once all of them have been asked."""

    at_once = 8
    names = tuple("abcdefgh")


def test_a_checker_that_waits_for_peers_has_threads_and_slots_of_its_own() -> None:
    together = threading.Barrier(8, timeout=20)
    answers = {name: lambda: (together.wait(), RETENTION)[1] for name in _Patient.names}
    patient = type("Patient", (_Patient,), {"answers": answers, "made": Counter()})
    told: list[tuple[str, int, int]] = []
    pool = ThreadPoolExecutor(1)
    observer = Observer(
        Calls(1),
        {"log-store": load_kind("log-store")},
        pool,
        progress=lambda *row: told.append(row),
    )
    seen = observer.observe(patient, {"id": "t", "type": "toy"}, UNIT)
    pool.shutdown()
    assert [line["facets"]["retention"].get("facts") for line in seen.lines] == [RETENTION] * 8
    assert sorted(told) == [(UNIT.key, done, 8) for done in range(1, 9)]


def test_progress_does_not_wait_for_the_slowest(toy: type[Toy]) -> None:
    release, first = threading.Event(), threading.Event()
    toy.answers["one"] = lambda: (release.wait(20), RETENTION)[1]
    pool, unit = ThreadPoolExecutor(2), ThreadPoolExecutor(1)
    observer = Observer(
        Calls(2),
        {"log-store": load_kind("log-store")},
        pool,
        progress=lambda unit, done, total: first.set(),
    )
    task = unit.submit(observer.observe, toy, {"id": "t", "type": "toy"}, UNIT)
    assert first.wait(20), "the fast resource was not reported while the slow one hung"
    release.set()
    assert task.result(20).listing.count == 2
    pool.shutdown()
    unit.shutdown()
