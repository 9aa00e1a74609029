"""Nothing passes the door with a credential in it, and what was taken out is unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.collect.conftest import UNIT, Observe, Toy
from tests.collect.test_observe import facet_of
from troth.catalogue.kinds import load_kind
from troth.checker import Facts, Failure, Listed, ObservationFailed, Reason, Resource
from troth.collect.door import Door
from troth.credentials import WITHHELD
from troth.judge.scope import Scope, place
from troth.judge.subjects import subject

TOKEN = "gh" + "p_" + "Ca1" * 12
SHOWN = "[redacted: GitHub token]"
GOOD = {"mode": "days", "days": 30}


def passed(values: Mapping[str, Any], **more: Any) -> Facts:
    return Door().facts("log-store", "retention", Facts(values, **more))


def test_facts_without_credentials_pass_as_they_are() -> None:
    values, raw = {"mode": "days", "x": ["password: at least twelve"]}, {"a": {"b": [1, "c"]}}
    assert passed(values, raw=raw) == Facts(values, {}, raw)


@pytest.mark.parametrize(
    "value",
    [f"x {TOKEN}", [f"a\n{TOKEN}"], {"items": [{"id": TOKEN}], "complete": True}, {TOKEN: 1}],
    ids=["text", "list", "deep", "key"],
)
def test_a_fact_that_holds_one_is_missing_and_says_why(value: Any) -> None:
    seen = passed({"mode": value, "days": 30})
    assert seen.values == {"days": 30}
    assert seen.missing["mode"].reason is Reason.NOT_ALLOWED
    said = "mode holds a credential (GitHub token), which is never recorded"
    assert said in seen.missing["mode"].message
    assert TOKEN not in repr(seen)


def test_words_and_raw_lose_it_where_it_stands() -> None:
    why = Failure(Reason.NO_DATA, f"it said {TOKEN}", f"x:{TOKEN}")
    raw = {"header": f"a {TOKEN} b", "db_password": "correct horse", TOKEN: [{"x": TOKEN}]}
    seen = passed({}, missing={"mode": why}, raw=raw)
    assert seen.missing["mode"] == Failure(Reason.NO_DATA, f"it said {SHOWN}", f"x:{SHOWN}")
    assert seen.raw == {
        "header": f"a {SHOWN} b",
        "db_password": "[redacted: password or secret]",
        SHOWN: [{"x": SHOWN}],
    }


def test_only_tags_that_conditions_read_keep_their_value() -> None:
    door = Door(frozenset({"env"}))
    seen = door.facts("log-store", "tags", Facts({"env": "prod", "owner": "x y", TOKEN: "z"}))
    assert seen.values == {"env": "prod", "owner": WITHHELD, SHOWN: WITHHELD}


def test_a_deciding_tag_that_holds_one_leaves_the_scope_unknown() -> None:
    door = Door(frozenset({"env"}))
    with pytest.raises(ObservationFailed) as error:
        door.facts("log-store", "tags", Facts({"env": TOKEN}))
    assert "tag 'env' holds a credential (GitHub token)" in error.value.failure.message


def test_a_tag_that_nothing_read_then_excludes_nothing_later() -> None:
    kind = load_kind("log-store")
    tags = {"facts": {"owner": WITHHELD}, "digest": "x", "observed_at": "2026-11-21T00:00:00+00:00"}
    line = {"id": "a", "facets": {"tags": tags}}
    item = subject(kind, "t", line, datetime(2026, 11, 21, tzinfo=UTC))
    placed = place(item, Scope(where='tag("owner") == "me"'))
    assert placed.inside
    assert placed.failure is not None
    assert placed.failure.reason is Reason.SCOPE_UNKNOWN
    assert "no condition read the tag 'owner' then" in placed.failure.message


def test_a_credential_never_reaches_the_line_or_its_digest(
    toy: type[Toy], observe: Observe
) -> None:
    toy.answers["one"] = {"mode": TOKEN, "days": 30}
    toy.answers["two"] = ObservationFailed(Reason.NO_DATA, f"said {TOKEN}")
    seen = observe()
    assert TOKEN not in json.dumps(seen.lines)
    assert facet_of(seen, "one")["failure"]["reason"] == "malformed-response"
    assert facet_of(seen, "two")["failure"]["message"] == f"said {SHOWN}"


def test_an_id_that_holds_one_costs_the_list_its_completeness(
    toy: type[Toy], observe: Observe
) -> None:
    toy.names = ("one", f"a/{TOKEN}")
    seen = observe()
    assert [line["id"] for line in seen.lines] == [f"a/{SHOWN}", "one"]
    assert seen.listing.failure is not None
    assert seen.listing.failure.reason is Reason.NOT_ALLOWED
    assert TOKEN not in json.dumps(seen.lines) + repr(seen.listing)


def test_ids_that_differ_in_a_credential_only_are_not_taken_for_one(
    toy: type[Toy], observe: Observe
) -> None:
    toy.names = (f"a/{TOKEN}", f"a/{TOKEN}x")
    seen = observe()
    assert [line["id"] for line in seen.lines] == [f"a/{SHOWN}"]
    assert not seen.listing.complete


def test_a_list_that_fails_says_it_without(
    toy: type[Toy], observe: Observe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resources(self: Toy) -> Any:
        yield Resource("one", TOKEN, "p")
        yield Listed(Failure(Reason.TIMEOUT, f"after {TOKEN}"), TOKEN)

    monkeypatch.setattr(toy, "resources", resources)
    seen = observe(UNIT, {"tags": {"team": TOKEN}})
    assert seen.lines[0]["name"] == SHOWN
    assert seen.listing.failure == Failure(Reason.TIMEOUT, f"after {SHOWN}")
    assert seen.listing.content_at == SHOWN
