"""Archives that are made to fill the memory or the disk, or to break who reads them."""

from __future__ import annotations

import errno
import gzip
import tarfile
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.evidence.conftest import Sealed
from tests.evidence.test_tamperings import named
from troth.errors import IntegrityError, UsageError
from troth.evidence import archive, bag

END = bytes(1024)


def header(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytes:
    member = named(name, b"", kind)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT)


def block(body: bytes) -> bytes:
    return body + bytes(-len(body) % 512)


def pax(kind: bytes = tarfile.XHDTYPE, /, **labels: str) -> bytes:
    lines = b""
    for key, value in labels.items():
        line = f" {key.replace('_', '.')}={value}\n".encode()
        size = next(n for n in range(len(line), 10**6) if n == len(line) + len(str(n)))
        lines += str(size).encode() + line
    return header("x", kind, len(lines)) + block(lines)


def file(name: str, body: bytes = b"x") -> bytes:
    return header(name, size=len(body)) + block(body)


def long(kind: bytes) -> bytes:
    return header("x", kind, 64 << 20) + bytes(64 << 20)


X, G, SOLARIS = tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE
NAME, LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
SPARSE_1 = {"GNU_sparse_major": "1", "GNU_sparse_minor": "0", "GNU_sparse_realsize": "9"}
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    **{
        f"long-{kind.decode()}": (partial(long, kind), "header too long")
        for kind in (X, G, SOLARIS, NAME, LINK)
    },
    "below-zero": (lambda: header("x", X, -512), "header too long"),
    "chained-x": (lambda: pax(path="a/b") * 1500 + file("a/b"), "too many headers"),
    "chained-L": (
        lambda: (header("x", NAME, 4) + block(b"a/b")) * 1500 + file("a/b"),
        "too many headers",
    ),
    "global": (lambda: pax(G, comment="x") + file("a/b"), "a header for all members"),
    "deep": (lambda: pax(path="a/" * 1100 + "b") + file("b"), "lead out of its folder"),
    "long-name": (lambda: pax(path="a/" + "b" * 256) + file("b"), "lead out of its folder"),
    "sparse": (lambda: header("a/b", tarfile.GNUTYPE_SPARSE), "sparse file"),
    "sparse-0": (
        lambda: pax(GNU_sparse_size="9", GNU_sparse_map="0,1") + file("a/b"),
        "as a sparse file",
    ),
    "sparse-1": (lambda: pax(**SPARSE_1) + file("a/b", b"1\n0\n1\n"), "sparse file"),
    "negative": (lambda: pax(size="-5") + file("a/b"), "a/b as a sparse file"),
    "large": (lambda: header("a/b", size=5 << 30), "more than any bag does"),
    "folder-up": (lambda: header("../evil", tarfile.DIRTYPE), "lead out of its folder"),
    "folder-beside": (
        lambda: file("a/b") + header("evil", tarfile.DIRTYPE), "a bag is one folder"
    ),
    "folder-on-file": (lambda: file("a/b") + header("a/b", tarfile.DIRTYPE), "file and a folder"),
    "hidden": (lambda: file("a/b") + END + header("a/c"), "goes on after its end"),
    "garbage-end": (lambda: file("a/b") + b"\1" * 512, "invalid header"),
    "half-header": (lambda: file("a/b") + b"\1" * 100, "bad checksum"),
}  # fmt: skip


def extracted(body: bytes, place: Path) -> Path:
    path = place / "bag.tar.gz"
    path.write_bytes(gzip.compress(body, 1))
    return archive.extract(path, place / "out")


@pytest.mark.parametrize("bad", BAD)
def test_a_hostile_archive_is_refused(bad: str, tmp_path: Path) -> None:
    make, reason = BAD[bad]
    body = make() + END
    tracemalloc.start()
    try:
        with pytest.raises(IntegrityError, match=reason):
            extracted(body, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(body) // 2 + (8 << 20)
    assert not list(tmp_path.rglob("evil"))


def test_an_honest_archive_of_that_making_is_unpacked(tmp_path: Path) -> None:
    body = header("a", tarfile.DIRTYPE) + file("a/b") + pax(path="a/c") + file("x") + END
    assert bag.sha256(extracted(body, tmp_path) / "c") == bag.sha256(tmp_path / "out/a/b")


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.REGTYPE])
def test_members_and_folders_are_counted(
    kind: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    with pytest.raises(IntegrityError, match="more than any bag does"):
        extracted(b"".join(header(f"a/{n}", kind) for n in range(4)) + END, tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_FOLDERS", 3)
    with pytest.raises(IntegrityError, match="more than any bag does"):
        extracted(header("a/b/c/d/e", kind) + header("a/b/c/d/f/g", kind) + END, tmp_path / "out")


@pytest.mark.parametrize(
    ("number", "raised", "reason"),
    [
        (errno.ENAMETOOLONG, IntegrityError, "cannot be unpacked"),
        (errno.ENOSPC, UsageError, "set TMPDIR"),
    ],
)
def test_an_error_of_the_disk_is_told(
    number: int,
    raised: type[Exception],
    reason: str,
    packed: Sealed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, "so the disk says")

    monkeypatch.setattr(bag, "new", fail)
    with pytest.raises(raised, match=reason):
        archive.extract(packed.archive, tmp_path)


def test_what_calls_itself_too_often_is_told(
    packed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(archive, "_members", fail)
    with pytest.raises(IntegrityError, match="nested too deeply"):
        archive.extract(packed.archive, tmp_path)
