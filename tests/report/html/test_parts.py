"""The parts of the page that count: limits, endings, gaps, values in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.report.html.pages import Read, written
from troth.report.account import Account, Listed
from troth.report.findings import kept
from troth.report.html import expiry, gaps, limits, overview, tallies, timeline, words

NUMBERS = some.dictionaries(
    some.sampled_from(["fail", "unknown", "pass", "not-applicable"]), some.integers(0, 60_000)
)


@given(some.lists(NUMBERS, max_size=400))
def test_what_is_shown_stays_within_its_room(counts: list[dict[str, int]]) -> None:
    clauses = [{"findings": row} for row in counts]
    chosen = limits.of(clauses)
    for names, room in (
        (("fail", "unknown"), limits.BAD),
        (("pass", "not-applicable"), limits.GOOD),
    ):
        numbers = [row.get(name, 0) for row in counts for name in names]
        shown = sum(min(number, chosen.of(name)) for row in counts for name, number in row.items()
                    if name in names)  # fmt: skip
        assert shown <= max(room, len([number for number in numbers if number]))
    over = [n for row in counts for name, n in row.items() if n > chosen.of(name)]
    assert limits.cut(clauses, chosen) is bool(over)


def test_a_small_run_is_shown_whole() -> None:
    clauses = [{"findings": {"fail": 30, "pass": 40}} for _ in range(50)]
    assert not limits.cut(clauses, limits.of(clauses))


def test_a_large_run_shows_more_of_what_is_broken_where_little_is() -> None:
    clauses = [{"findings": {"fail": 10, "pass": 5_000}} for _ in range(100)]
    assert limits.of(clauses) == limits.Limits(bad=1_000, good=20)


AS_OF = "2026-11-22T04:11:28+00:00"


def _tls(name: str, not_after: str | None) -> dict[str, Any]:
    return {
        "id": f"tls://{name}",
        "name": name,
        "facets": {"trust": {"facts": {"not_after": not_after}}},
    }


@pytest.mark.parametrize(
    ("not_after", "days", "state"),
    [
        ("2026-11-22T03:00:00+00:00", 0, "soon"),
        ("2026-11-21T23:59:59+00:00", -1, "lapsed"),
        ("2026-12-22T00:00:00+00:00", 30, "soon"),
        ("2026-12-23T00:00:00+00:00", 31, "later"),
        ("2028-02-29T00:00:00+00:00", 464, "later"),
    ],
)
def test_days_are_counted_between_dates(not_after: str, days: int, state: str) -> None:
    ends = expiry.Expiries(AS_OF)
    ends.resource("tls-endpoint", _tls("www", not_after))
    (ending,) = ends.lapsed + ends.coming
    assert (ending.on, ending.days, ending.state) == (not_after[:10], days, state)
    assert (len(ends.lapsed), ends.count(lapsed=True)) == ((1, 1) if days < 0 else (0, 0))


def test_what_has_no_end_is_not_listed() -> None:
    ends = expiry.Expiries(AS_OF)
    ends.resource("tls-endpoint", _tls("www", None))
    ends.resource("tls-endpoint", {"id": "x", "name": "", "facets": {"trust": {"failure": {}}}})
    ends.resource("account", _tls("www", "2026-11-22T03:00:00+00:00"))
    assert not ends.days


def test_registers_and_statements_end_too() -> None:
    ends = expiry.Expiries(AS_OF)
    row = {"expires_on": "2027-01-01", "bridge_letter_until": "2026-12-01"}
    for kind, facet in (
        ("register.certificates", "row"), ("attestation", "statement"),
        ("register.agreements", "row"), ("register.public-resources", "row"),
    ):  # fmt: skip
        ends.resource(kind, {"id": kind, "name": "", "facets": {facet: {"facts": row}}})
    assert [(one.on, one.what) for one in ends.coming] == [
        ("2026-12-01", "bridge letter"),
        ("2027-01-01", "agreement"),
        ("2027-01-01", "public on purpose"),
        ("2027-01-01", "certification"),
        ("2027-01-01", "signed statement"),
    ]


def test_the_nearest_are_named_and_all_are_counted_in_the_picture() -> None:
    ends = expiry.Expiries(AS_OF)
    for number in range(3_000):
        year, day = 2025 + number % 3, 1 + number % 28
        ends.resource("tls-endpoint", _tls(f"h{number:04}", f"{year}-12-{day:02}T00:00:00+00:00"))
    assert len(ends.coming) == expiry.COMING
    assert len(ends.lapsed) == expiry.LAPSED
    assert (ends.coming[0].on, ends.coming[-1].on) == ("2026-12-01", "2026-12-02")
    assert (ends.lapsed[0].on, ends.lapsed[0].days) == ("2025-12-28", -329)
    assert (ends.count(lapsed=True), ends.count(lapsed=False)) == (1_000, 2_000)
    picture = timeline.of(ends)
    (lane,) = picture.lanes
    assert len(lane.marks) < (timeline.BEFORE + timeline.AFTER) / 7 + 2
    assert all(0 < mark.x < 100 for mark in lane.marks)
    assert sum(int(mark.said.split()[0]) for mark in lane.marks) == 3_000
    assert picture.today == pytest.approx(lane.marks[1].x, abs=4)


def test_what_ends_on_the_same_day_is_one_row() -> None:
    ends = expiry.Expiries(AS_OF)
    for name in ("b", "a", "c"):
        ends.resource("tls-endpoint", _tls(name, "2027-01-01T00:00:00+00:00"))
    (group,) = expiry.grouped(ends.coming)
    assert group.names == ["a", "b", "c"]


def _listed(target: str, failure: dict[str, str] | None = None) -> Listed:
    file = f"observations/{target}.jsonl"
    return Listed(file, target, "aws.s3", "main", "data-store", 3, failure is None, "", failure)


def test_a_cause_is_told_once_with_all_its_places() -> None:
    found = gaps.Gaps()
    refused = {"reason": "permission-denied", "message": "no", "permission": "s3:Get"}
    missing = {"reason": "not-supported", "message": "not there"}
    facets = {"a": {"failure": refused}, "b": {"facts": {}, "missing": {"x": missing}}}
    for target in ("one", "two"):
        for name in ("r1", "r2"):
            found.resource(_listed(target), {"id": name, "facets": facets})
    (error,), (other,) = found.errors, found.others
    assert (error.what, error.count, list(error.targets)) == ("a", 4, ["one", "two"])
    assert (error.permission, error.example, error.file) == (
        "s3:Get",
        "r1",
        "observations/one.jsonl",
    )
    assert (other.what, other.reason, other.count) == ("b.x", "not-supported", 4)


def test_a_list_that_is_not_complete_is_a_gap() -> None:
    found = gaps.Gaps()
    found.head(_listed("one"))
    assert not found.errors
    found.head(_listed("one", {"reason": "throttled", "message": "too many requests"}))
    assert [(gap.what, gap.message) for gap in found.errors] == [("the list", "too many requests")]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("x", "x"),
        ("", "(empty)"),
        (True, "true"),
        (None, "null"),
        (12, "12"),
        (0.5, "0.5"),
        ([], "none"),
        ({}, "none"),
        (["a", "b"], "a, b"),
        ([True, None], "true, null"),
        ({"id": "x", "open": False}, "id: x · open: false"),
        ([{"id": 1}, {"id": 2}], "id: 1; id: 2"),
        ([{"id": [1]}], '{"id":[1]}'),
        ({"ids": ["a"]}, 'ids: ["a"]'),
        (list(range(23)), ", ".join(map(str, range(20))) + ", and 3 more"),
    ],
    ids=repr,
)
def test_values_in_words(value: Any, said: str) -> None:
    assert words.text(value) == said


def test_instants_name_their_zone() -> None:
    assert words.instant("2026-11-22T04:11:28+00:00") == "2026-11-22 04:11:28 UTC"
    assert words.instant("2026-11-22T04:11:28.653+00:00") == "2026-11-22 04:11:28 UTC"
    assert words.instant("2026-11-22T13:11:28+09:00") == "2026-11-22 13:11:28 +0900"


def _clause(verdict: str | None, *, waived: bool = False, unknown: int = 0) -> dict[str, Any]:
    return {"verdict": verdict, "waived": waived, "findings": {"unknown": unknown}}


@pytest.mark.parametrize(
    ("clauses", "name", "said"),
    [
        ([], "unknown", "No promise was judged"),
        ([_clause(None)], "unknown", "No promise was judged"),
        ([_clause("pass"), _clause("not-applicable")], "pass", "Every promise is kept"),
        (
            [_clause("fail", waived=True), _clause("unknown")],
            "unknown",
            "1 of 2 promises could not be decided",
        ),
        (
            [_clause("fail"), _clause("fail"), _clause("unknown")],
            "fail",
            "2 of 3 promises are broken",
        ),
        (
            [_clause("fail", waived=True, unknown=2), _clause("pass")],
            "unknown",
            "1 of 2 promises is waived, but something of it is unknown",
        ),
        (
            [_clause("fail", waived=True, unknown=1), _clause("fail", waived=True)],
            "unknown",
            "2 of 2 promises are waived, but something of 1 of them is unknown",
        ),
    ],
    ids=[
        "nothing",
        "informative",
        "kept",
        "unknown before waived",
        "broken before unknown",
        "waived and unknown",
        "some waived and unknown",
    ],
)
def test_headlines(clauses: list[dict[str, Any]], name: str, said: str) -> None:
    found = overview.headline(clauses)
    assert (found.name, found.said) == (name, said)


def test_what_is_unknown_of_a_waived_promise_stands_beside_every_headline() -> None:
    half = _clause("fail", waived=True, unknown=1)
    for other in ("fail", "unknown", "pass"):
        assert (
            "Of 1 waived something is unknown." in overview.headline([half, _clause(other)]).besides
        )


def test_a_tally_is_of_the_worst_that_nobody_waived() -> None:
    about = {"policy": "p", "clause": "1"}
    rows: list[dict[str, Any]] = [
        about | {"verdict": "fail", "severity": "low"},
        about | {"verdict": "fail", "severity": "high"},
        about | {"verdict": "fail", "severity": "critical", "waiver": {}},
        about | {"verdict": "unknown", "severity": "critical", "reason": "timeout"},
    ]
    tally = tallies.of(rows)["p", "1"]
    assert (tally.broken, tally.waived, tally.severity) == (2, 1, "high")
    assert tally.reasons == {"timeout": 1}
    assert tallies.Tally().severity == ""


def test_the_severest_alarm_is_first(tmp_path: Path) -> None:
    from tests.report.accounts import account

    run = account(tmp_path, [{"id": "a", "bits": 8}])
    (first, _), (row,) = run.clauses, run.findings
    clauses = [{**first, "clause": number} for number in ("1.1", "1.2")]
    rows = [
        {**row, "clause": "1.1", "severity": "low"},
        {**row, "clause": "1.2", "severity": "critical"},
    ]
    summary = {**run.summary, "clauses": clauses}
    page = Read(written(Account(run.folder, summary, kept(rows), run.envelope))).words
    told = page[page.index("What is broken", page.index("In numbers")) :]
    assert told.index("critical acme 1.2") < told.index("low acme 1.1")
