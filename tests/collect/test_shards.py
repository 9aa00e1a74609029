"""Shards: written whole, once, and read back as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.collect.conftest import UNIT, Observe
from troth.checker import Partition
from troth.collect import shards
from troth.collect.observe import Seen
from troth.errors import IntegrityError
from troth.model import Failure, Listing, Reason


def test_what_is_written_is_read_back(observe: Observe, folder: Path) -> None:
    seen = observe()
    path = shards.write(folder, UNIT, seen)
    unit, lines = shards.read(path)
    assert (unit.target, unit.checker, unit.partition) == ("t", "toy.log", "p")
    assert unit.listing == seen.listing
    assert list(lines) == list(seen.lines)
    assert [file.name for file in folder.iterdir()] == ["t.toy.log.p.jsonl"]


def test_first_complete_attempt_wins(observe: Observe, folder: Path) -> None:
    shards.write(folder, UNIT, observe())
    late = Seen(Listing(0, Failure(Reason.TIMEOUT, "late")), ())
    path = shards.write(folder, UNIT, late)
    unit, _ = shards.read(path)
    assert unit.listing.complete


def test_failed_listing_survives_the_file(folder: Path) -> None:
    failure = Failure(Reason.PERMISSION_DENIED, "refused", "toy:List")
    path = shards.write(folder, UNIT, Seen(Listing(0, failure), ()))
    unit, lines = shards.read(path)
    assert unit.listing.failure == failure
    assert list(lines) == []


def test_odd_partition_names_stay_apart_and_inside_the_folder(folder: Path) -> None:
    names = {
        shards.shard_name(replace(UNIT, partition=Partition(name)))
        for name in ("a/b", "a b", "a-b", "../../etc", "ünïcode", "a" * 5)
    }
    assert len(names) == 6
    assert all("/" not in name and not name.startswith(".") for name in names)


@pytest.mark.parametrize("body", ["", "{}\n", "[]\n", "not json\n", '{"target": 1}\n', "[NaN]\n"])
def test_what_is_no_shard_is_refused(folder: Path, body: str) -> None:
    path = folder / "x.jsonl"
    path.write_text(body)
    with pytest.raises(IntegrityError, match=r"x\.jsonl"):
        shards.read(path)
