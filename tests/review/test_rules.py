"""Rules and values with which "could not look", or less than was promised, would pass."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.judge.boxes import answer, box, part, rule, seen, verdicts
from tests.rules.boxes import AROUND
from troth.cli import main
from troth.judge.requests import ALL, longest
from troth.model import Reason
from troth.params import Duration, Parameter, loosens, parse, parse_duration
from troth.rules.evaluate import flat
from troth.rules.fence import fence

DURATIONS = st.sampled_from(
    ["P1M", "P30D", "P28D", "P31D", "P4W", "P1M1D", "P2M", "P60D", "P1Y", "P12M", "P365D", "P366D",
     "P2Y", "P730D", "P4Y", "P1461D", "P13M", "P27D", "P6M", "P183D"]
)  # fmt: skip
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
ZONE = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize("sign", ["!", "-"])
def test_a_sign_before_a_size_is_read(sign: str) -> None:
    source = f"{sign}facts.lock.keys.items.size() && facts.lock.keys.complete"
    lists = (("lock", "keys", "complete"), ("lock", "keys", "items"))
    assert fence(source, AROUND)[0].facts == lists


@pytest.mark.parametrize("expect", ["true", "params.min_bits > 3", "as_of > as_of || true"])
def test_a_rule_that_reads_no_fact_is_refused(
    expect: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would pass where nothing could be looked at."""
    path = next((workspace / "controls").rglob("*.yaml"))
    text = path.read_text()
    first = text.index("expect: ")
    end = text.index("\n", first)
    path.write_text(text[:first] + f"expect: '{expect}'" + text[end:])
    assert main(["validate"]) == 2
    assert "reads no fact" in capsys.readouterr().err


def test_a_loop_variable_cannot_be_called_facts() -> None:
    """Rules reach the engine with every facts.<facet>.<fact> as one name: it would be another."""
    source = "facts.lock.keys.complete && facts.lock.keys.items.exists(facts, facts.lock.bits > 1)"
    assert "'facts' cannot be a variable; choose another name" in fence(source, AROUND)[1]


def test_a_member_called_facts_is_not_a_fact() -> None:
    assert (
        flat("facts.a.b.exists(k, k.facts.lock.bits)") == "facts_1_a_b.exists(k, k.facts.lock.bits)"
    )


@given(DURATIONS, DURATIONS, INSTANTS)
def test_the_longest_look_back_covers_both(one: str, other: str, as_of: datetime) -> None:
    """P1M is 28 days in March: it does not cover P30D."""
    chosen = parse_duration(longest(one, other))
    for wanted in (one, other):
        assert chosen.before(as_of, ZONE) <= parse_duration(wanted).before(as_of, ZONE)
        assert longest(chosen.text, wanted) == chosen.text


def test_a_request_covers_itself_and_all_covers_everything() -> None:
    assert longest("P1M", "P1M") == "P1M"
    assert longest("P1Y", "P12M") in ("P1Y", "P12M")
    assert longest(ALL, "P1M") == longest("P1M", ALL) == ALL


@given(DURATIONS, DURATIONS, INSTANTS)
def test_what_is_not_looser_is_not_looser_on_any_day(
    stated: str, proposed: str, as_of: datetime
) -> None:
    """A stated P30D is not kept by P1M: in March that reaches back 28 days only."""
    for stricter in ("higher", "lower"):
        parameter = Parameter("p", "duration", stricter)
        before, after = parse(parameter, stated), parse(parameter, proposed)
        assert isinstance(before, Duration)
        if loosens(parameter, before, after):
            continue
        was, now = before.before(as_of, ZONE), after.before(as_of, ZONE)
        assert now <= was if stricter == "higher" else now >= was


@pytest.mark.parametrize(
    ("stricter", "stated", "proposed", "looser"),
    [
        ("higher", "P30D", "P1M", True),  # 28 days in March
        ("lower", "P30D", "P1M", True),  # 31 days in August
        ("higher", "P1Y", "P365D", True),  # 366 over a 29 February
        ("higher", "P1Y", "P366D", False),
        ("higher", "P1Y", "P12M", False),
        ("higher", "P6M", "P1Y", False),
        ("lower", "P1Y", "P6M", False),
        ("lower", "P1M", "P28D", False),
    ],
)
def test_calendar_and_counted_durations(
    stricter: str, stated: str, proposed: str, looser: bool
) -> None:
    parameter = Parameter("p", "duration", stricter)
    assert loosens(parameter, parse(parameter, stated), parse(parameter, proposed)) is looser


@pytest.mark.parametrize("broken", ["k.uses[0] == 'a'", "k.bits / k.bits == 2"])
def test_showing_what_is_broken_cannot_end_the_run(broken: str) -> None:
    """One element breaks the promise, another cannot be shown: the first one decides."""
    source = (
        "facts.lock.keys.items.size() > 0 && facts.lock.keys.complete && "
        f"facts.lock.keys.items.all(k, {broken})"
    )
    keys = [{"id": "x", "uses": [], "bits": 0}, {"id": "y", "uses": ["b"], "bits": 1}]
    item = box("a", keys={"items": keys, "complete": True})
    assert verdicts(answer(part(rule("used", source)), seen(item))) == {"a": "fail"}


@pytest.mark.parametrize("complete", [{"complete": True}, {}])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]])
def test_an_unread_element_hides_no_counter_example(
    order: list[int], complete: dict[str, bool]
) -> None:
    """Which element was listed first must not decide: the short key breaks the promise."""
    source = (
        "facts.lock.keys.items.size() > 0 && facts.lock.keys.complete && "
        "facts.lock.keys.items.all(k, k.bits >= 128)"
    )
    keys = [{"id": "unread"}, {"id": "short", "bits": 1}, {"id": "long", "bits": 256}]
    ordered = {"items": [keys[index] for index in order], **complete}
    made = answer(part(rule("long", source)), seen(box("a", keys=ordered), box("b", bits=1)))
    assert verdicts(made)["a"] == "fail"


def test_unread_elements_alone_decide_nothing() -> None:
    source = (
        "facts.lock.keys.items.size() > 0 && facts.lock.keys.complete && "
        "facts.lock.keys.items.all(k, k.bits >= 128)"
    )
    keys = {"items": [{"id": "unread"}, {"id": "long", "bits": 256}], "complete": True}
    made = answer(part(rule("long", source)), seen(box("a", keys=keys)))
    assert verdicts(made) == {"a": "unknown"}
    assert made.findings[0].failure is not None
    assert made.findings[0].failure.reason is Reason.NO_DATA
