"""Population files: whatever is listed is read or not, in scope or left out, and told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.conftest import Sealed
from troth.evidence import population
from troth.judge.scope import Scope
from troth.judge.subjects import Unit
from troth.measures import Item
from troth.model import TAGS, Failure, Listing, Reason
from troth.report.account import Account


def told(packed: Sealed, checker: str) -> dict[str, Any]:
    path = next((packed.folder / "data/population").glob(f"*.{checker}.*.json"))
    body: dict[str, Any] = json.loads(path.read_text())
    return body


def test_every_shard_has_its_population(packed: Sealed) -> None:
    shards = {path.stem for path in (packed.run / "observations").glob("*.jsonl")}
    assert {path.stem for path in (packed.folder / "data/population").iterdir()} == shards


def test_what_was_asked_listed_and_not_read(packed: Sealed) -> None:
    body = told(packed, "toy.box")
    assert (body["listed"], body["observed"], body["failed"]) == (3, 2, 1)
    assert (body["complete"], body["why_not_complete"]) == (True, None)
    assert body["unread_facets"] == {"lock": {"permission-denied": 1}}
    assert {read["operation"] for read in body["asked"]} == {"toy:ListBoxes", "toy:GetLock"}
    assert {one for read in body["asked"] for one in read["permissions"]} == {
        "toy:List",
        "toy:Look",
    }
    [scope] = body["scopes"]
    assert (scope["clauses"], scope["in_scope"], scope["excluded"]) == (["acme/1.1"], 3, {})


def test_when_it_was_read(packed: Sealed) -> None:
    body = told(packed, "toy.box")
    shard = next((packed.run / "observations").glob("*toy.box*.jsonl"))
    times = [
        seen["observed_at"]
        for line in shard.read_text().splitlines()[1:]
        for seen in json.loads(line)["facets"].values()
    ]
    assert (body["read_from"], body["read_until"]) == (min(times), max(times))


def test_clauses_of_other_kinds_and_targets_are_not_named(packed: Sealed) -> None:
    setup = Account.of_run(packed.run).setup
    elsewhere = Unit("nowhere", "toy.box", "nowhere", "box", Listing(0))
    other = Unit("boxes", "toy.box", "boxes", "data-store", Listing(0))
    assert population.scopes(setup, elsewhere) == []
    assert population.scopes(setup, other) == []


def item(name: str, tags: Mapping[str, str] | None) -> Item:
    if tags is None:
        why = Failure(Reason.PERMISSION_DENIED, "the guard said no")
        return Item(name, {}, {TAGS: why}, name, "t", "", {}, {})
    return Item(name, {TAGS: dict(tags)}, {}, name, "t", "", {}, {})


def line(*facets: str, failed: tuple[str, ...] = ()) -> dict[str, Any]:
    at = {"observed_at": "2026-11-21T00:00:00.000+00:00"}
    seen: dict[str, Any] = {name: {"facts": {}, **at} for name in facets}
    seen |= {name: {"failure": {"reason": "timeout", "message": "late"}, **at} for name in failed}
    return {"facets": seen}


@pytest.fixture
def tally() -> population.Tally:
    defined = {"critical": 'tag("tier") == "critical"'}
    scope = Scope(("critical",), defined, 'tag("env") == "live"')
    return population.Tally([population.Scoped(scope, ["acme/1"]), population.Scoped(Scope())])


def test_what_a_scope_leaves_out_is_counted_by_reason(tally: population.Tally) -> None:
    tally.add(line(TAGS), item("in", {"tier": "critical", "env": "live"}))
    tally.add(line(TAGS), item("other class", {"tier": "low", "env": "live"}))
    tally.add(line(TAGS), item("other place", {"tier": "critical", "env": "test"}))
    tally.add(line(TAGS), item("no label", {}))  # a forgotten label hides nothing
    tally.add(line(failed=(TAGS,)), item("not read", None))
    limited, everything = (one.as_json(5) for one in tally.scopes)
    assert limited["in_scope"] == 3
    assert limited["excluded"] == {
        'excluded by where: tag("env") == "live"': 1,
        "in none of the classes critical": 1,
    }
    assert limited["in_scope"] + sum(limited["excluded"].values()) == 5
    assert (everything["in_scope"], everything["excluded"]) == (5, {})
    assert (tally.observed, tally.failed) == (4, 1)


def test_a_resource_that_was_read_in_part_is_not_read(tally: population.Tally) -> None:
    tally.add(line("lock", TAGS, failed=("size", "place")), item("a", {}))
    assert (tally.observed, tally.failed) == (0, 1)
    assert tally.unread == {"size": {"timeout": 1}, "place": {"timeout": 1}}


def test_the_file_is_for_people_too(packed: Sealed) -> None:
    for path in (packed.folder / "data/population").iterdir():
        assert len(path.read_text().splitlines()) > 10


def test_a_list_that_is_not_whole_says_why(tmp_path: Path, packed: Sealed) -> None:
    shard = next((packed.run / "observations").glob("*toy.box*.jsonl"))
    head, *rest = shard.read_text().splitlines(keepends=True)
    body = json.loads(head)
    why = {"reason": "throttled", "message": "too many calls"}
    body["listing"] |= {"complete": False, "failure": why}
    path = tmp_path / shard.name
    path.write_text(json.dumps(body) + "\n" + "".join(rest))
    account = Account.of_run(packed.run)
    from tests.report.accounts import AS_OF

    made = population.of_unit(path, account.setup, account.plan["reads"], AS_OF)
    assert (made["complete"], made["why_not_complete"]) == (False, why)
