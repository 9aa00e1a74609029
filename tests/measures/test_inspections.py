from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Item, Measured
from troth.model import Reason
from troth.params import parse_duration

TODAY = AS_OF.date()
SEEN = st.lists(
    st.tuples(st.sampled_from(["a", "B "]), st.sampled_from(["fire", "damp"]),
              st.sampled_from([-1, 0, 92, 93])),
    max_size=8,
)  # fmt: skip


def on(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def inspection(name: str, site: str, topic: str, ago: int, **row: Any) -> Item:
    facts = {"site": site, "topic": topic, "inspected_on": on(ago), "result": "pass"}
    return item(name, **(facts | {"action_ref": None} | row))


def judged(items: list[Item], sites: tuple[str, ...] = (), cut: Any = None) -> Measured:
    args = {"topics": ["Fire", "damp"], "sites": list(sites), "within": parse_duration("P92D")}
    return measured("topics-inspected", population(items, cut), args)[""]


@given(SEEN, st.sampled_from([(), ("A",), ("a", "b")]), st.booleans())
def test_each_site_and_topic(seen: list[Any], named: tuple[str, ...], cut: bool) -> None:
    made = judged([inspection(f"i-{n}", *one) for n, one in enumerate(seen)], named,
                  CUT if cut else None)  # fmt: skip
    sites = sorted({s.strip().lower() for s in named or [site for site, _, _ in seen]})
    lacking, overdue = [], []
    for site in sites:
        for topic in ("damp", "fire"):
            ages = [ago for s, t, ago in seen
                    if s.strip().lower() == site and t == topic and ago >= 0]  # fmt: skip
            lacking += [] if ages else [f"{topic} at {site}"]
            overdue += [f"{topic} at {site}: {on(min(ages))}"] if ages and min(ages) > 92 else []
    if not sites or (cut and (lacking or not named)):
        assert set(made.missing) == {"lacking", "overdue"}
    elif cut and overdue:
        assert (dict(made.facts), dict(made.missing)) == ({"lacking": []}, {"overdue": CUT})
    else:
        assert made.facts == {"lacking": lacking, "overdue": overdue}


def followed(action: dict[str, Any] | None, cut: Any = None, **row: Any) -> Measured:
    facts = {"id": "ac", "kind": "fix", "due_on": None, "closed_on": None}
    actions = [item("ac", **(facts | action))] if action is not None else []
    made: Any = {"topic": "fire", "ago": 1, "result": "fail", "action_ref": " ac"} | row
    defect = inspection("i", "a", **made)
    needs = {"register.actions": population(actions, cut)}
    return measured("defects-followed", population([defect]), {"topics": ["Fire"]}, needs)["i"]


@given(st.none() | st.integers(-2, 2), st.none() | st.integers(-2, 2), st.booleans())
def test_an_action_that_is_kept_up_with(due: int | None, closed: int | None, none: bool) -> None:
    made = followed(
        {
            "due_on": None if due is None else on(due),
            "closed_on": None if closed is None else on(closed),
            "kind": "none" if none else "fix",
        }
    )
    kept = none or (closed is not None and closed >= 0) or (due is not None and due <= 0)
    assert made.facts == {"defect": True, "followed": kept}


@pytest.mark.parametrize(
    "row", [{"result": "pass"}, {"topic": "lifts"}, {"inspected_on": on(-1)}]
)  # fmt: skip
def test_no_defect(row: dict[str, Any]) -> None:
    assert followed(None, **row).facts == {"defect": False, "followed": False}


def test_what_was_not_read() -> None:
    assert followed(None).facts["followed"] is False
    assert followed(None, CUT).missing == {"followed": CUT}
    assert followed(None, CUT, action_ref=None).facts["followed"] is False
    needs = {"register.actions": population([])}
    bad = population([unread("x")])
    made = measured("defects-followed", bad, {"topics": ["fire"]}, needs)["x"]
    assert set(made.missing) == {"defect", "followed"}
    odd = judged([inspection("i", "a", "fire", 1, inspected_on="2026-02-30")])
    assert odd.missing["overdue"].reason is Reason.MALFORMED_RESPONSE
