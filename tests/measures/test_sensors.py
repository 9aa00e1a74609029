from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, measured, population
from troth.measures import Item, Measured
from troth.params import parse_duration

HOURS = st.one_of(st.none(), st.integers(-2, 30))
SENSORS = st.lists(
    st.tuples(st.sampled_from(["network", "log"]), st.sampled_from(["running", "stopped", ""]),
              HOURS, HOURS, st.booleans()),
    max_size=3,
)  # fmt: skip


def sensor(watches: str, state: str, event: Any, rules: Any, managed: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"product": "S", "watches": watches, "rules_managed": managed}
    made |= {"state": state} if state else {}
    return made | {"newest_event_at": _at(event), "rules_at": _at(rules)}


def _at(hours: int | None) -> datetime | None:
    return None if hours is None else AS_OF - timedelta(hours=hours)


def judged(sensors: list[dict[str, Any]], whole: bool = True) -> Measured:
    value: dict[str, Any] = {"items": sensors} | ({"complete": True} if whole else {})
    place = Item("h", {"watch": {"sensors": value}}, {} if whole else {"watch.sensors": CUT})
    args = {"kinds": ["network"], "silence": parse_duration("PT24H"),
            "rule_age": parse_duration("P1D")}  # fmt: skip
    return measured("sensors-work", population([place]), args)["h"]


@given(SENSORS)
def test_one_that_does_it_is_enough_and_a_time_to_come_shows_nothing(made: list[Any]) -> None:
    facts = judged([sensor(*one) for one in made]).facts
    mine = [one for one in made if one[0] == "network" and one[1] == "running"]
    assert (facts.get("running") is True) is bool(mine)
    seeing = [one for one in mine if one[2] is not None and 0 <= one[2] <= 24]
    assert (facts.get("seeing") is True) is bool(seeing)
    current = [one for one in mine if one[4] or (one[3] is not None and 0 <= one[3] <= 24)]
    assert (facts.get("current") is True) is bool(current)


@given(SENSORS)
def test_half_a_list_never_breaks_a_promise(made: list[Any]) -> None:
    assert False not in judged([sensor(*one) for one in made], whole=False).facts.values()


def test_what_was_not_seen_of_it_leaves_the_answer_open() -> None:
    unseen = {"product": "S", "watches": "network", "rules_managed": True}
    assert set(judged([unseen]).missing) == {"running", "seeing", "current"}
    assert judged([unseen | {"state": "stopped"}]).facts == {
        "running": False,
        "seeing": False,
        "current": False,
    }
