from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Inputs, Measured, MissingFact, registry
from troth.model import Reason
from troth.params import parse_duration

TODAY = "2026-11-21"
HELD = st.sampled_from(["2025-11-20", "2025-11-21", "2026-05-01", "2026-11-21", "2026-11-22"])
DRILLS = st.lists(
    st.tuples(st.sampled_from(["failover", "Failover:A", "failover:b", "fire"]), HELD,
              st.sampled_from(["pass", "fail"])),
    max_size=6,
)  # fmt: skip


def judged(drills: list[Any], of: tuple[str, ...] = (), **more: Any) -> Measured:
    items = [
        item(f"d-{at}", kind=kind, held_on=held, result=result)
        for at, (kind, held, result) in enumerate(drills)
    ]
    items += [unread("d-x")] if more.pop("bad", False) else []
    args = {"kind": "failover", "of": list(of), "within": parse_duration("P1Y")}
    return measured("newest-drill", population(items, more.pop("cut", None)), args, **more)[""]


@given(DRILLS, st.sampled_from([(), ("A",), ("A", "b")]), st.booleans(), st.booleans())
def test_each_needs_a_pass_in_time_and_no_failure_since(
    drills: list[Any], of: tuple[str, ...], cut: bool, bad: bool
) -> None:
    made = judged(drills, of, cut=CUT if cut else None, bad=bad)
    late, failed = [], []
    for name in [f"failover:{one}".lower() for one in of] or ["failover"]:
        mine = [(held, result) for kind, held, result in drills
                if kind.lower() in ("failover", name) and held <= TODAY]  # fmt: skip
        newest = max([held for held, result in mine if result == "pass"], default="0000")
        late += [name] if newest < "2025-11-21" else []
        failed += [name] if any(r == "fail" and held >= newest for held, r in mine) else []
    whole = not (cut or bad)
    assert ("overdue" in made.facts) is (whole or not late)
    assert ("failed" in made.facts) is whole
    assert made.facts.get("overdue", late) == late
    assert made.facts.get("failed", failed) == failed


def test_the_day_is_the_local_one() -> None:
    drill = [("failover", "2026-11-22", "pass")]
    assert judged(drill).facts["overdue"] == ["failover"]
    assert judged(drill, zone="Asia/Tokyo", as_of=AS_OF.replace(hour=16)).facts["overdue"] == []


def test_a_day_that_there_is_not_is_malformed() -> None:
    drills = population([item("d", kind="failover", held_on="2026-02-30", result="pass")])
    args = {"kind": "failover", "of": [], "within": parse_duration("P1Y")}
    inputs = Inputs(drills, {}, args, AS_OF, ZoneInfo("UTC"))
    with pytest.raises(MissingFact) as signal:
        list(registry()["newest-drill"].function(inputs))
    assert signal.value.failure.reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize("held", ["2026-05-01"])
def test_the_newest_pass_is_told(held: str) -> None:
    made = judged([("failover", held, "pass"), ("failover", "2026-01-01", "pass")])
    assert made.notes == (f"the newest failover that passed was held on {held}",)
