"""Every format streams: what it holds does not grow with the number of findings.

``benchmarks.report`` measures a hundred thousand; here only the growth counts, so nothing
depends on how fast this machine is.
"""

from __future__ import annotations

import gc
import io
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import TextIO, cast

import pytest

from tests.report.accounts import account
from tests.report.large import grown
from troth.report import Format
from troth.report.account import Account
from troth.report.html import limits

FEW, MANY = 300, 1_500
#: A finding in memory takes 3 kB; this is room for an index of where it stands.
BYTES_PER_FINDING = 400


class Sink(io.TextIOBase):
    """Takes what is written, keeps nothing, and knows the longest piece and the sum."""

    def __init__(self) -> None:
        self.longest = self.total = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.longest = max(self.longest, len(text))
        self.total += len(text)
        return len(text)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Account]:
    """Return a function that gives a run with so many findings of one clause."""
    small = account(tmp_path_factory.mktemp("small"))
    return cache(lambda count: grown(small, count, tmp_path_factory.mktemp("large")))


def write(form: Format, run: Account) -> Sink:
    """Write a run that nothing was read of before."""
    out = Sink()
    fresh = Account(run.folder, run.summary, run.findings, run.envelope)
    form.writer()(fresh, cast(TextIO, out))
    return out


def measured(form: Format, run: Account) -> tuple[int, int]:
    """Return the most bytes held at once while a run is written, and the longest piece written."""
    gc.collect()
    tracemalloc.start()
    try:
        out = write(form, run)
        return tracemalloc.get_traced_memory()[1], out.longest
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", Format)
def test_memory_does_not_grow_with_the_findings(
    form: Format, run: Callable[[int], Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A page shows some thousand findings whole; it may not grow beyond that.
    monkeypatch.setattr(limits, "BAD", 100)
    monkeypatch.setattr(limits, "GOOD", 60)
    write(form, run(3))  # what is imported and cached once does not count
    (peak, longest), (more, longer) = measured(form, run(FEW)), measured(form, run(MANY))
    assert more - peak < BYTES_PER_FINDING * (MANY - FEW)
    assert longer < 1.1 * longest


#: Formats that hold every finding; the others cut, count, or leave kept promises out.
WHOLE = (Format.JSON, Format.JSONL, Format.CSV, Format.OCSF, Format.SARIF_ALL, Format.OSCAL)


@pytest.mark.parametrize("form", WHOLE)
def test_what_holds_every_finding_grows_with_them(
    form: Format, run: Callable[[int], Account]
) -> None:
    few, many = (write(form, run(count)).total for count in (FEW, MANY))
    assert (many - few) / (MANY - FEW) > 300  # a finding, and no mere mention of it
