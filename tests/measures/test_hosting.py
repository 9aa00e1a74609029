"""Where names lead: at the provider, elsewhere, or behind a network that only delivers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import measured, population
from troth.measures import Item, Measured
from troth.model import Failure, Reason

LOST = Failure(Reason.TIMEOUT, "no answer")
ARGS = {"provider": "aws", "previous": "", "region": "", "equivalent": ""}


def at(
    provider: str, region: str = "", address: str = "203.0.113.7", **more: str
) -> dict[str, str]:
    return {"address": address, "provider": provider, "region": region, **more}


def hosted(
    *found: dict[str, str], aliases: tuple[str, ...] = (), whole: bool = True, **args: str
) -> Measured:
    listed: dict[str, Any] = {"items": list(found)}
    if whole:
        listed["complete"] = True
    names = {"items": list(aliases), "complete": True}
    one = Item("www", {"addresses": {"exists": True, "found": listed, "aliases": names}})
    return measured("names-hosted", population([one]), {**ARGS, **args})["www"]


PROVIDERS = st.lists(st.sampled_from(["aws", "gcp", "other"]), min_size=1, max_size=4)


@given(PROVIDERS, st.booleans(), st.sampled_from(["", "gcp"]))
def test_one_address_elsewhere_is_enough(names: list[str], whole: bool, previous: str) -> None:
    made = hosted(*(at(name) for name in names), whole=whole, previous=previous)
    wrong = [name for name in names if name not in ("aws", previous)]
    if wrong:
        assert len(made.facts["elsewhere"]) == len(wrong)
    elif whole:
        assert made.facts["elsewhere"] == []
    else:
        assert made.missing["elsewhere"].reason is Reason.LISTING_INCOMPLETE
    assert bool(made.notes) is (previous in names)


@pytest.mark.parametrize(
    ("address", "alias"),
    [
        ("104.16.0.1", ""),
        ("2606:4700::6810:1", ""),
        ("151.101.1.1", ""),
        ("203.0.113.7", "www.example.test.edgekey.net"),
        ("203.0.113.7", "d1.fastly.net"),
    ],
)
def test_behind_a_delivery_network_the_origin_is_unproven(address: str, alias: str) -> None:
    made = hosted(at("other", address=address), aliases=(alias,) if alias else ())
    assert made.missing["elsewhere"].reason is Reason.UNPROVEN
    if not alias:
        beside = hosted(at("other", address=address), at("other", address="192.0.2.1"))
        assert beside.facts["elsewhere"] == ["192.0.2.1 (other)"]


@pytest.mark.parametrize("alias", ["notfastly.net", "fastly.net.example.test"])
def test_a_name_that_only_looks_like_one_is_none(alias: str) -> None:
    assert hosted(at("other"), aliases=(alias,)).facts["elsewhere"]


@pytest.mark.parametrize(
    ("row", "outside"),
    [
        (at("aws", "ap-northeast-1"), []),
        (at("gcp", "asia-northeast1"), []),
        (at("aws", "us-east-1"), ["203.0.113.7 (aws us-east-1)"]),
        (at("aws", "global"), None),
        (at("aws", "GLOBAL"), None),
        (at("aws", ""), None),
        (at("aws", "us-east-1", service="CLOUDFRONT"), None),
        (at("other"), None),
    ],
)
def test_what_is_in_no_region_is_in_no_other_one(
    row: dict[str, str], outside: list[str] | None
) -> None:
    regions: dict[str, Any] = {
        "provider": "",
        "region": "ap-northeast-1",
        "equivalent": "asia-northeast1",
    }
    alone = hosted(row, **regions)
    if outside is None:
        assert alone.missing["outside"].reason is Reason.UNPROVEN
    else:
        assert alone.facts["outside"] == outside
    beside = hosted(row, at("aws", "ap-northeast-1"), **regions)
    assert beside.facts["outside"] == (outside or [])


def test_a_name_without_address_shows_nothing() -> None:
    made = hosted()
    assert made.missing["elsewhere"].reason is Reason.NO_DATA


def test_a_name_that_could_not_be_asked_is_unknown() -> None:
    lost = Item("www", {}, {"addresses": LOST})
    made = measured("names-hosted", population([lost]), ARGS)["www"]
    assert made.missing == {"elsewhere": LOST, "outside": LOST}
