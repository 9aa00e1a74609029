from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population, unread
from troth.measures import Measured, Population
from troth.model import Failure, Reason
from troth.params import parse_duration

#: With P1Y on 2026-11-21: one day too old, just in time, today, tomorrow.
HELD = st.sampled_from(["2025-11-20", "2025-11-21", "2026-05-01", "2026-11-21", "2026-11-22"])
RESULT = st.sampled_from(["pass", "fail"])
KIND = st.sampled_from(["mark", "Mark:A", "mark : b", "mark:b:more", "other:a"])
DRILLS = st.lists(st.tuples(KIND, HELD, RESULT), max_size=6)
GOOD, BAD = "2026-05-01", "2026-05-02"


def register(drills: list[Any], bad: bool = False, cut: Failure | None = None) -> Population:
    items = [
        item(f"d-{at}", kind=kind, held_on=held, result=result)
        for at, (kind, held, result) in enumerate(drills)
    ]
    return population([*items, unread("d-x")] if bad else items, cut)


def held(drills: list[Any], *of: str, **more: Any) -> dict[str, Measured]:
    args = {"kind": "mark", "of": list(of), "within": parse_duration("P1Y")}
    drills_of = register(drills, more.pop("bad", False), more.pop("cut", None))
    return measured("drills-held", drills_of, args, **more)


def reason(made: Measured, fact: str = "held") -> Reason:
    return made.missing[fact].reason


def expected(drills: list[Any], name: str) -> Any:
    """The rule in plain words, for ``mark`` alone and for ``a`` and ``b``."""
    words = [(kind.lower().replace(" ", ""), at, how) for kind, at, how in drills]
    known = [row for row in words if row[0].startswith("mark") and row[1] <= "2026-11-21"]
    own = f"mark:{name}" if name else "mark"
    newest = max([at for kind, at, how in known if (kind, how) == (own, "pass")], default="")
    against = ("mark", own, f"{own}:more") if name else {row[0] for row in known}
    if any(how == "fail" and kind in against and at >= newest for kind, at, how in known):
        return False
    if not newest:
        return Reason.NOTHING_FOUND
    return True if newest >= "2025-11-21" else Reason.UNPROVEN


@given(DRILLS, st.sampled_from([(), ("A",), ("a", "B")]))
def test_a_pass_in_time_that_no_failure_followed(drills: list[Any], of: tuple[str, ...]) -> None:
    made = held(drills, *of)
    assert set(made) == ({f"mark:{name}" for name in of} or {"mark"})
    for name in of or ("",):
        one = made[f"mark:{name}" if name else "mark"]
        found = one.facts["held"] if one.facts else reason(one)
        assert found is expected(drills, name.lower())


@given(DRILLS, st.sampled_from([(True, None), (False, CUT), (True, CUT)]))
def test_what_could_not_be_read_may_be_the_newest(drills: list[Any], lack: Any) -> None:
    bad, cut = lack
    one = held(drills, "a", bad=bad, cut=cut)["mark:a"]
    assert reason(one) is (cut.reason if cut else Reason.MALFORMED_RESPONSE)


def test_half_a_trial_that_failed_counts_and_one_that_passed_does_not() -> None:
    assert held([("mark:b:more", GOOD, "fail")], "b")["mark:b"].facts == {"held": False}
    assert reason(held([("mark:bc", GOOD, "fail")], "b")["mark:b"]) is Reason.NOTHING_FOUND
    assert reason(held([("mark:b:more", GOOD, "pass")], "b")["mark:b"]) is Reason.NOTHING_FOUND


def test_the_day_is_the_local_one() -> None:
    drill = [("mark", "2026-11-22", "pass")]
    assert reason(held(drill)["mark"]) is Reason.NOTHING_FOUND
    later = held(drill, zone="Asia/Tokyo", as_of=AS_OF.replace(hour=16))
    assert later["mark"].facts == {"held": True}


def covered(drills: list[Any], of: list[str], percent: float, **more: Any) -> Measured:
    args = {"kind": "mark", "of": of, "within": parse_duration("P1Y"), "percent": percent}
    return measured("drills-cover", register(drills, **more), args)[""]


@pytest.mark.parametrize(
    ("passed", "percent", "wanted"),
    [
        ("ab", 100, True),
        ("a", 100, None),
        ("a", 50, True),
        ("a", 50.1, None),
        ("", 0, None),
    ],
)
def test_the_share_that_passed(passed: str, percent: float, wanted: bool | None) -> None:
    made = covered([(f"mark:{name}", GOOD, "pass") for name in passed], ["a", "b"], percent)
    assert made.facts.get("covered") is wanted
    if wanted is None:
        assert reason(made, "covered") is Reason.NOTHING_FOUND


def test_one_that_failed_is_no_matter_of_shares() -> None:
    drills = [("mark:a", GOOD, "pass"), ("mark:b", GOOD, "fail")]
    made = covered(drills, ["a", "b", "c"], 10)
    assert made.facts == {"covered": False}
    assert made.notes == ("mark:b failed",)
    assert covered(drills, ["a", "b", "c"], 100).facts == {"covered": False}
    assert reason(covered(drills, ["a"], 10, bad=True), "covered") is Reason.MALFORMED_RESPONSE


def enough(drills: list[Any], least: int, **more: Any) -> Measured:
    args = {"kinds": ["block", "seen"], "least": least, "within": parse_duration("P1Y")}
    return measured("drills-enough", register(drills, **more), args)[""]


BOTH = [("block:waf", GOOD, "pass"), ("Seen:WAF", GOOD, "pass")]


def test_a_name_counts_with_every_kind() -> None:
    made = enough([*BOTH, ("block:app", GOOD, "pass")], 1)
    assert (made.facts, made.notes) == ({"enough": True}, ("counted: waf",))
    few = enough([*BOTH, ("block:app", GOOD, "pass")], 2)
    assert reason(few, "enough") is Reason.NOTHING_FOUND
    assert "1 of 2" in few.missing["enough"].message


@pytest.mark.parametrize("last", [("block:waf", BAD, "fail"), ("seen", BAD, "fail")])
def test_a_failure_takes_its_name_out(last: tuple[str, str, str]) -> None:
    assert enough([*BOTH, last], 1).facts == {"enough": False}


def test_others_may_be_enough_without_it() -> None:
    assert enough([*BOTH, ("block:app", GOOD, "fail")], 1).facts == {"enough": True}


@pytest.mark.parametrize(
    "drills",
    [
        [],
        [("block", GOOD, "pass"), ("seen", GOOD, "pass")],
        [("block:waf", "2025-11-20", "pass"), ("seen:waf", GOOD, "pass")],
    ],
)
def test_drills_that_show_no_name_in_time(drills: list[Any]) -> None:
    assert reason(enough(drills, 0), "enough") is Reason.NOTHING_FOUND


def test_a_row_that_could_not_be_read_may_change_it() -> None:
    assert reason(enough(BOTH, 1, bad=True), "enough") is Reason.MALFORMED_RESPONSE
    assert reason(enough(BOTH, 1, cut=CUT), "enough") is CUT.reason
