"""Changes of live systems against tickets, their steps and their windows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import AS_OF, CUT, item, measured, population
from troth.measures import Item, Population
from troth.model import Reason
from troth.params import parse_duration

WITHIN = parse_duration("P90D")
REFUSED = Population((), CUT)


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def ticket(name: str = "c", *, out: datetime | None = None, gone: datetime | None = None) -> Item:
    return item(name, id=name, withdrawn_at=gone, deployed_at=out or ago(5))


def step(
    kind: str = "approval", person: str = "p-01", at: float = 6, result: str = "pass",
    change: str = "c",
) -> Item:  # fmt: skip
    return item(
        f"{change}/{kind}/{at}", change_id=change, requester="P-03 ", step=kind, person=person,
        at=ago(at), result=result,
    )  # fmt: skip


def window(**more: Any) -> Item:
    row = {"change_id": "c", "system": "web1", "what": "firewall"}
    row |= {"starts_at": ago(6), "ends_at": ago(4)} | more
    return item(f"w{sorted(map(str, row.values()))}", **row)


def log(*made: tuple[float, str, str], since: float = 400, whole: bool = True) -> Item:
    rows = [{"at": ago(days).isoformat(), "what": what, "by": by} for days, what, by in made]
    held = {"items": rows} | ({"complete": True} if whole else {})
    facts = {
        "system": "web1",
        "holds": {"items": ["configuration", "firewall"], "complete": True},
        "made": held,
        "complete_from": ago(since),
    }
    return Item("log", {"changes": facts})


def covered(
    of: Item, *, tickets: Any = None, steps: Any = None, windows: Any = None,
    approved: bool = True, sorts: tuple[str, ...] = ("firewall",), pipelines: Any = (),
) -> bool | Reason | None:  # fmt: skip
    needs = {
        "register.changes": population([ticket()]) if tickets is None else tickets,
        "register.change-steps": population([step()]) if steps is None else steps,
        "register.change-windows": population([window()]) if windows is None else windows,
    }
    args = {"sorts": sorts, "within": WITHIN, "approved": approved, "pipelines": list(pipelines)}
    found = measured("changes-covered", population([of]), args, needs)["log"]
    if found.facts.get("judged") is False:
        return None
    return found.facts["covered"] if "covered" in found.facts else found.missing["covered"].reason


INSIDE = (5, "firewall", "alice")


def test_a_change_inside_a_window_is_covered() -> None:
    assert covered(log(INSIDE)) is True
    assert covered(log((6, "firewall", ""), (4, "firewall", ""))) is True
    assert covered(log(INSIDE, (3.9, "firewall", ""))) is False
    assert covered(log()) is True


def test_other_sorts_are_not_asked_for() -> None:
    assert covered(log((1, "configuration", ""))) is True
    assert covered(log((1, "configuration", "")), sorts=("configuration",)) is False
    assert covered(log(INSIDE), sorts=("packages",)) is None


@pytest.mark.parametrize(
    "row", [{"system": "web2"}, {"what": "packages"}, {"change_id": "other"}, {"ends_at": ago(5.1)}]
)
def test_a_window_that_is_not_meant(row: dict[str, Any]) -> None:
    assert covered(log(INSIDE), windows=population([window(**row)])) is False


def test_windows_for_all() -> None:
    assert covered(log(INSIDE), windows=population([window(system="*", what="any")])) is True


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        ([step(at=5)], True),
        ([step(at=4.9)], False),
        ([step(person="p-03")], False),
        ([step(result="fail")], False),
        ([step(at=7, result="fail"), step(at=6)], True),
        ([step(at=7), step(at=6, result="fail")], False),
        ([step("review")], False),
        ([step(change="other")], False),
        ([], False),
    ],
)
def test_approvals(steps: list[Item], answer: bool) -> None:
    assert covered(log(INSIDE), steps=population(steps)) is answer
    assert covered(log(INSIDE), steps=population(steps), approved=False) is True


def test_what_could_not_be_read_is_no_counter_example() -> None:
    assert covered(log(INSIDE), tickets=REFUSED) == Reason.LISTING_INCOMPLETE
    assert covered(log(INSIDE), steps=REFUSED) == Reason.LISTING_INCOMPLETE
    assert covered(log(INSIDE), steps=population([step()], CUT)) == Reason.LISTING_INCOMPLETE
    assert covered(log(INSIDE), steps=REFUSED, approved=False) is True
    assert covered(log(INSIDE), windows=REFUSED) == Reason.LISTING_INCOMPLETE
    assert covered(log(INSIDE), windows=population([window()], CUT)) is True
    assert covered(log(INSIDE, whole=False)) == Reason.LISTING_INCOMPLETE
    assert covered(log(INSIDE, (1, "firewall", ""), whole=False)) is False


def test_withdrawn_tickets() -> None:
    assert covered(log(INSIDE), tickets=population([ticket(gone=ago(5))])) is False
    assert covered(log(INSIDE), tickets=population([ticket(gone=ago(4.9))])) is True


def test_pipelines() -> None:
    assert covered(log((1, "firewall", "deploy")), pipelines=["deploy"]) is True
    assert covered(log((1, "firewall", "")), pipelines=["deploy"]) is False


def test_histories_that_are_too_short_or_of_a_wrong_clock() -> None:
    assert covered(log(INSIDE, since=90)) is True
    assert covered(log(INSIDE, since=89.9)) == Reason.TOO_YOUNG
    assert covered(log(INSIDE, since=-1)) == Reason.UNPROVEN
    years = 365.25 * 56
    assert covered(log((years, "firewall", ""))) == Reason.UNPROVEN
    assert covered(log(since=years)) == Reason.UNPROVEN
    assert covered(log((-9, "firewall", ""))) == Reason.UNPROVEN


@given(st.lists(st.tuples(st.floats(-30, 400), st.sampled_from(["firewall", "configuration"]))))
def test_a_pass_means_that_each_change_had_its_window(made: list[tuple[float, str]]) -> None:
    """Nothing that lies within the time asked for and outside of the window ever passes."""
    rows = [(round(days, 3), what, "") for days, what in made]
    if covered(log(*rows)) is True:
        for days, what, _ in rows:
            assert what == "configuration" or days > 90 or 4 <= days <= 6


def steps_of(*rows: Item, of: Item | None = None, failure: Any = None, **more: Any) -> Any:
    args = {"steps": more.pop("steps", ["review", "test", "approval"]), "within": WITHIN}
    needs = {"register.change-steps": population(rows, failure)}
    found = measured("change-steps", population([of or ticket()]), args, needs)["c"]
    reasons = {name: why.reason for name, why in found.missing.items()}
    return {**found.facts, **reasons}


ALL = (step("review", "p-02"), step("test", "p-03"), step("approval"))


def test_each_step_before_the_release() -> None:
    assert steps_of(*ALL) == {"judged": True, "taken": True, "separate": True}
    assert steps_of(*ALL[:2])["taken"] is False
    assert steps_of(*ALL[:2], step(at=5))["taken"] is True
    assert steps_of(*ALL[:2], step(at=4.9))["taken"] is False
    assert steps_of(ALL[0], steps=["review"])["taken"] is True


def test_people_who_asked_take_no_step_but_the_test() -> None:
    assert steps_of(*ALL, step("review", "p-03", at=5.5))["separate"] is False
    assert steps_of(*ALL, step("review", "p-03", at=7))["separate"] is True
    assert steps_of(step("review", "p-03"), steps=["approval"])["separate"] is True


def test_steps_that_were_not_read() -> None:
    lost = dict.fromkeys(("taken", "separate"), Reason.LISTING_INCOMPLETE)
    assert steps_of(*ALL, failure=CUT) == {"judged": True} | lost
    assert steps_of(step("review", "p-03"), failure=CUT)["separate"] is False


@pytest.mark.parametrize(
    ("out", "judged"),
    [(ago(90), True), (ago(90.1), False), (ago(0), True), (ago(-0.1), False)],
)
def test_releases_that_are_asked_about(out: datetime, judged: bool) -> None:
    assert steps_of(*ALL, of=ticket(out=out))["judged"] is judged


def test_a_change_that_is_not_out() -> None:
    waiting = item("c", id="c", withdrawn_at=None, deployed_at=None)
    assert steps_of(of=waiting)["judged"] is False
