"""What a run sees of a whole fleet is the truth, whatever the hash seed and the order.

Two looks; ``python -m benchmarks.tls truth`` takes twenty.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from tests.fleet.counted import counted
from tests.fleet.rows import Fleet
from tests.fleet.started import Sight, look, started, told, wrong

#: The most connections for everything there is to know about an endpoint that answers, and about
#: one that hangs up instead of refusing, whose every refusal takes three.
MOST, MOST_MUTE = 10, 25


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with started(tmp_path_factory.mktemp("fleet")) as running:
        yield running


@pytest.fixture(scope="module")
def sights(fleet: Fleet) -> list[Sight]:
    """Return what two processes saw, with seeds and orders of their own."""
    found = []
    for seed in (1, 2):
        fleet.reset()
        rows = random.Random(seed).sample(fleet.rows, len(fleet.rows))  # noqa: S311 - an order
        found.append(look(rows, fleet.store, seed))
    return found


def test_what_is_seen_is_the_truth(fleet: Fleet, sights: Sequence[Sight]) -> None:
    assert [
        problem
        for sight in sights
        for row in fleet.rows
        for problem in wrong(row, sight.facets[row.name])
    ] == []


def test_every_look_tells_the_same_bytes(fleet: Fleet, sights: Sequence[Sight]) -> None:
    first, second = sights
    assert [
        row.name
        for row in fleet.rows
        if not row.moody and told(first.facets[row.name]) != told(second.facets[row.name])
    ] == []


def test_dead_and_hostile_peers_are_decided_within_twelve_seconds(fleet: Fleet) -> None:
    rows = [row for row in fleet.rows if not (row.live and row.honest)]
    fleet.reset()
    assert len(rows) >= 13
    assert look(rows, fleet.store).cost["wall"] <= 12


def test_ten_connections_do_for_an_endpoint_that_answers(fleet: Fleet) -> None:
    """Counted at the servers; who refuses by hanging up is asked again and again (ADR 30)."""
    honest = [row for row in fleet.rows if row.live and row.honest]
    with counted(honest) as (rows, count):
        sight = look(rows, fleet.store)
    assert [problem for row in rows for problem in wrong(row, sight.facets[row.name])] == []
    assert set(count) == {row.name for row in rows}
    assert {
        row.name: count[row.name]
        for row in rows
        if count[row.name] > (MOST_MUTE if row.mute else MOST)
    } == {}
