"""Whether enough ports were asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.measures.populations import CUT, measured, population
from troth.measures import Item
from troth.model import Failure, Reason

LOST = Failure(Reason.TIMEOUT, "no answer")
PLACES = ["outside", "inside", "vpn", "other-segment"]


def port(
    number: int, host: str = "a", *, published: bool = False, vantage: str = "outside",
    answers: str = "refused", form: str = "tcp://{host}:{number}",
) -> Item:  # fmt: skip
    place = {"number": number, "published": published, "vantage": vantage}
    identity = form.format(host=host, number=number)
    return Item(identity, {"place": place, "state": {"answers": answers}}, target="t")


def unplaced(number: int) -> Item:
    return Item(f"tcp://a:{number}", {}, {"place": LOST, "state": LOST})


def asked(
    items: list[Item], least: int = 0, ports: tuple[str, ...] = (), **more: Any
) -> Failure | None:
    args = {"vantages": more.pop("vantages", ["outside"]), "ports": list(ports), "least": least}
    made = measured("ports-asked", population(items, **more), args)[""]
    assert made.facts in ({}, {"asked": True})
    return made.missing.get("asked")


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "[::1]", "a:2"]),
        st.integers(1, 5),
        st.booleans(),
        st.sampled_from(PLACES),
    ),
    unique_by=lambda row: row[:2],
    max_size=12,
)


@given(ROWS, st.integers(0, 3), st.sets(st.integers(1, 3)), st.booleans())
def test_enough_was_asked_only_when_every_host_was_asked_enough(
    rows: list[Any], least: int, wanted: set[int], cut: bool
) -> None:
    items = [port(n, host, published=pub, vantage=where) for host, n, pub, where in rows]
    failure = asked(
        items, least, tuple(map(str, wanted)), failure=CUT if cut else None,
        vantages=["outside", "vpn"],
    )  # fmt: skip
    counted = [row for row in rows if row[3] in ("outside", "vpn")]
    enough = bool(counted) and not cut
    for host in {row[0] for row in counted}:
        of = [row for row in counted if row[0] == host]
        enough &= wanted <= {row[1] for row in of}
        enough &= sum(not row[2] for row in of) >= least
    assert (failure is None) is enough
    assert not cut or failure is CUT


@pytest.mark.parametrize(
    "form",
    ["tcp://{host}:{number}", "{host}:{number}", "tcp://{host}:{number}?address=2001:db8::7"],
)
def test_the_ports_of_one_host_are_counted_together(form: str) -> None:
    items = [port(n, "www", form=form) for n in (7, 9)]
    assert asked(items, least=2) is None


def test_two_targets_with_one_name_are_two_hosts() -> None:
    here = port(7)
    there = Item(here.id.replace("7", "9"), {**port(9).facts}, target="other")
    failure = asked([here, there], least=2)
    assert failure is not None
    assert failure.reason is Reason.UNPROVEN


def test_the_message_names_what_was_not_asked() -> None:
    failure = asked([port(22, "db")], ports=("22", "3306", "5432"))
    assert failure == Failure(
        Reason.UNPROVEN, "tcp://db was not asked at 3306, 5432; name these ports in the target"
    )


def test_a_port_whose_place_is_unknown_leaves_it_open() -> None:
    assert asked([port(22), unplaced(23)]) is LOST


def test_what_is_no_port_was_never_asked() -> None:
    failure = asked([port(22)], ports=("22", "ssh"))
    assert failure is not None
    assert "not asked at ssh" in failure.message
