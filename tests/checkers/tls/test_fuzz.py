"""Mutated answers of real servers: no exception, no hang, no growth.

``TROTH_FUZZ`` says how many mutations are run; ``benchmarks/fuzz_tls.py`` runs a million.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.checkers.tls import fuzz, recorded
from tests.checkers.tls.authority import Issued
from troth.checkers.tls.answers import Kind
from troth.checkers.tls.preamble import State
from troth.checkers.tls.starttls import machine


@pytest.fixture(scope="module")
def flights(
    rsa: Issued, ecdsa: Issued, tmp_path_factory: pytest.TempPathFactory
) -> list[fuzz.Flight]:
    return recorded.flights(tmp_path_factory.mktemp("flights"), [rsa, ecdsa])


def test_what_was_recorded_is_understood_unchanged(flights: list[fuzz.Flight]) -> None:
    """Otherwise the mutations would all die at the first byte."""
    rng = random.Random(1)  # noqa: S311 - to be repeated, not secret
    kinds = [fuzz.talk(flight, flight.data, rng).kind for flight in flights]
    assert set(kinds) == {Kind.ACCEPTED, Kind.ALERT}
    assert kinds.count(Kind.ACCEPTED) >= 12
    for preamble in recorded.PREAMBLES:
        run = machine(preamble.protocol)
        step = run.feed(b"")
        for said in preamble.said:
            step = run.feed(said)
        assert step.state is State.BEGIN


def test_mutations_end_in_an_answer(flights: list[fuzz.Flight], rsa: Issued) -> None:
    count = int(os.environ.get("TROTH_FUZZ", "20000"))
    counts = fuzz.run(flights, recorded.PREAMBLES, [rsa.der], count, seed=1)
    assert counts.total() == count
    # Some are still understood and some are not, or the mutations would be too tame or too wild.
    assert {"flight accepted", "flight malformed", "preamble begin", "preamble malformed"} <= {
        *counts
    }
