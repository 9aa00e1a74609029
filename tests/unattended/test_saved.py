"""Files are written whole or not at all, and are on the disk before anybody is told so."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.collect.conftest import UNIT
from troth import record
from troth.cli.output import _file
from troth.collect import shards
from troth.collect.observe import Seen
from troth.errors import Exit, NotSaved, UsageError
from troth.model import Failure, Listing, Reason

LINE = {"id": "one", "name": "x" * 500, "partition": "", "facets": {}}
SEEN = Seen(Listing(1), (LINE,))


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond some bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Return what is flushed, by name, and whether the file t.jsonl or so was there by then."""
    order: list[tuple[str, bool]] = []
    flush = record.flush

    def noted(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        folder = path if path.is_dir() else path.parent
        there = any(one.suffix in (".json", ".jsonl") for one in folder.iterdir())
        order.append((path.name, there))
        flush(descriptor)

    monkeypatch.setattr(record, "flush", noted)
    return order


def test_a_shard_is_on_the_disk_before_it_is_told_to_be_saved(
    tmp_path: Path, flushed: list[tuple[str, bool]], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "observations").mkdir()
    with caplog.at_level("INFO", logger="troth"):
        shards.write(tmp_path / "observations", UNIT, SEEN)
    part = f"t.toy.log.p.{os.getpid()}-{threading.get_ident()}.part"
    assert flushed == [(part, False), ("observations", True)]
    assert [event.getMessage() for event in caplog.records] == ["unit saved"]


def test_a_file_of_a_run_gets_its_name_when_it_is_whole(
    tmp_path: Path, flushed: list[tuple[str, bool]]
) -> None:
    record.put(tmp_path / "run.json", b"{}")
    assert flushed == [("run.json.part", False)]
    record.put(tmp_path / "run.json", b"[]")
    assert (tmp_path / "run.json").read_bytes() == b"[]"
    record.settle(tmp_path)
    assert flushed[-1] == (tmp_path.name, True)


def test_an_output_gets_its_name_when_it_is_on_the_disk(
    tmp_path: Path, flushed: list[tuple[str, bool]]
) -> None:
    with _file(tmp_path / "out.json") as out:
        out.write("{}")
    assert flushed == [(".out.json.part", False)]


def _put(folder: Path) -> None:
    record.put(folder / "big.json", b"x" * 5000)


def _shard(folder: Path) -> None:
    shards.write(folder, UNIT, SEEN)


@pytest.mark.parametrize(("write", "name"), [(_put, "big.json"), (_shard, "t.toy.log.p.jsonl")])
@pytest.mark.parametrize("size", [0, 1, 300])
def test_what_does_not_fit_leaves_nothing(
    write: Callable[[Path], None], name: str, size: int, tmp_path: Path
) -> None:
    with files_up_to(size), pytest.raises(NotSaved) as told:
        write(tmp_path)
    assert str(told.value) == (
        f"{tmp_path / name} cannot be written: File too large; free space there, "
        "then go on with troth check --resume"
    )
    assert told.value.exit_code is Exit.INCOMPLETE
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    with files_up_to(10), pytest.raises(UsageError, match=r"out\.json cannot be written: File"), \
            _file(path) as out:  # fmt: skip
        out.write("x" * 100_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_marked_is_taken_away(tmp_path: Path) -> None:
    with files_up_to(10), pytest.raises(NotSaved, match=r"unfinished\.json"):
        record.begin(tmp_path / "run", {"id": "run", "host": "x" * 50})
    assert list(tmp_path.iterdir()) == []


def test_what_was_cut_short_is_not_told_as_saved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    why = Failure(Reason.INTERRUPTED, "stopped")
    with caplog.at_level("INFO", logger="troth"):
        path = shards.write(tmp_path, UNIT, Seen(Listing(0, why), ()))
    told = [event.getMessage() for event in caplog.records]
    assert told == ["listing failed", "unit cut short"]
    assert shards.finished(path) is None
