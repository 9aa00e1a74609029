"""Packing: the run's files as they were, the same bytes twice, and nothing signed in the dark."""

from __future__ import annotations

import gzip
import json
import struct
import tarfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.conftest import Sealed, sha256
from tests.report.accounts import MIXED, account
from troth import record
from troth.errors import InputError, UsageError
from troth.evidence import archive
from troth.evidence import bag as bags
from troth.evidence.pack import Order, pack
from troth.evidence.signers import load
from troth.report.account import Account

Evidence = Callable[..., tuple[int, str, str]]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_of_the_run_are_kept_as_they_are(packed: Sealed) -> None:
    run, bag = files(packed.run), files(packed.folder / "data")
    for name, body in run.items():
        assert name in bag
        assert name.startswith("observations/") or bag[name] == body
    more = {name.partition("/")[0] for name in bag.keys() - run.keys()}
    assert more == {"facts", "population", "report.html", "findings.csv", "oscal"}


def test_what_people_read_is_what_troth_report_writes(packed: Sealed, tmp_path: Path) -> None:
    from troth.report import csv, html

    for name, module in (("report.html", html), ("findings.csv", csv)):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as out:
            module.write(Account.of_run(packed.run), out)
        assert sha256(tmp_path / name) == sha256(packed.folder / "data" / name)


def test_oscal_points_at_files_that_are_in_the_bag(packed: Sealed) -> None:
    place = packed.folder / "data/oscal"
    names = {path.name for path in place.iterdir()}
    assert {"assessment-results.json", "assessment-plan.json", "catalog.json"} <= names
    seen = set()
    for path in place.iterdir():
        for link in links(json.loads(path.read_text())):
            target = place / link["href"]
            assert target.is_file()
            seen.add(target.resolve().relative_to(packed.folder.resolve() / "data").parts[0])
            for digest in link.get("hashes", ()):
                assert digest["value"] == sha256(target)
    assert {"facts", "observations", "inputs"} <= seen


def links(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object with a relative href in an OSCAL document."""
    if isinstance(value, dict):
        if "href" in value and not value["href"].startswith(("#", "http")):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from links(one)


def test_packing_twice_gives_the_same_bytes_but_for_the_signature(
    packed: Sealed, tmp_path: Path
) -> None:
    order = Order(load(str(packed.private)), organization="Hinoki K.K.")
    first, second = (pack(packed.run, tmp_path / name, order).path for name in ("a", "b"))
    one, other = files(first), files(second)
    assert one.keys() == other.keys()
    assert {name for name in one if one[name] != other[name]} == {
        f"signatures/{packed.run.name}.sigstore.json"
    }


def test_an_unsigned_archive_is_reproducible(packed: Sealed, tmp_path: Path) -> None:
    first, second = (
        pack(packed.run, tmp_path / name, Order()).path for name in ("a.tar.gz", "b.tar.gz")
    )
    assert first.read_bytes() == second.read_bytes()


def test_the_archive_tells_nothing_of_who_made_it(packed: Sealed) -> None:
    head = packed.archive.read_bytes()[:10]
    magic, flags, modified = struct.unpack("<2sxBI2x", head)  # RFC 1952, 2.3
    assert (magic, flags, modified) == (b"\x1f\x8b", 0, 0)
    ended = json.loads((packed.run / record.ENVELOPE).read_text())["finished_at"]
    with tarfile.open(packed.archive) as tar:
        members = tar.getmembers()
    assert [one.name for one in members] == sorted(one.name for one in members)
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}
    assert {(one.isdir(), one.mode) for one in members} == {(True, 0o700), (False, 0o600)}
    assert {one.mtime for one in members} == {int(archive_time(ended))}


def archive_time(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def test_gnu_tar_unpacks_the_same(packed: Sealed, tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["tar", "-xzf", packed.archive, "-C", tmp_path], check=True)
    assert files(tmp_path / packed.folder.name) == files(packed.folder)


def test_a_changed_run_is_not_packed(tmp_path: Path, evidence: Evidence) -> None:
    run = account(tmp_path).folder
    with (run / record.FINDINGS).open("a") as file:
        file.write("\n")
    code, out, err = evidence("pack", run, "--unsigned", "--out", tmp_path / "bag")
    assert (code, out) == (4, "")
    assert "findings.jsonl was changed after the run" in err
    assert {path.name for path in tmp_path.iterdir()} == {"workspace"}


def test_a_secret_is_not_signed(tmp_path: Path, evidence: Evidence, packed: Sealed) -> None:
    run = account(tmp_path).folder
    planted = "\n# ".join(["-----BEGIN " + "PRIVATE KEY-----", "MC4CAQAwBQYDK2VwBCIEIA"])
    (run / "inputs" / "waivers.yaml").write_text(f"# {planted}\nschema: 1\nwaivers: []\n")
    envelope = json.loads((run / record.ENVELOPE).read_text())
    envelope["files"] = record.manifest(run)
    (run / record.ENVELOPE).write_text(json.dumps(envelope))
    code, out, err = evidence("pack", run, "--key", packed.private, "--out", tmp_path / "bag")
    assert (code, out) == (2, "")
    assert "data/inputs/waivers.yaml:1" in err
    assert "MC4CAQ" not in err
    assert not (tmp_path / "bag").exists()


def test_somebody_has_to_sign_or_nobody_on_purpose(
    packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    out = ("--out", tmp_path / "bag")
    code, _, err = evidence("pack", packed.run, *out)
    assert code == 2
    assert "write --unsigned" in err
    code, _, err = evidence("pack", packed.run, "--unsigned", "--key", packed.private, *out)
    assert code == 2
    code, _, err = evidence("pack", packed.run, "--unsigned", *out)
    assert code == 0
    assert "NOT SIGNED" in err
    assert not (tmp_path / "bag/signatures").exists()


def test_verifying_an_unsigned_bag_has_to_be_meant(
    packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    pack(packed.run, tmp_path / "bag", Order())
    code, _, err = evidence("verify", tmp_path / "bag", "--key", packed.public)
    assert code == 4
    assert "the bag is not signed" in err
    code, out, err = evidence("verify", tmp_path / "bag", "--unsigned")
    assert code == 0
    assert "NOT SIGNED, or not checked" in out
    assert "nobody signed the bag" in err
    code, _, err = evidence("verify", packed.archive, "--unsigned")
    assert code == 0
    assert "there are signatures; they were not checked" in err
    code, _, _ = evidence("verify", packed.archive, "--unsigned", "--key", packed.public)
    assert code == 2


def test_a_bag_never_takes_the_place_of_a_file(packed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "there.tar.gz").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        pack(packed.run, tmp_path / "there.tar.gz", Order())
    with pytest.raises(UsageError, match="cannot be written"):
        pack(packed.run, tmp_path / "nowhere" / "bag", Order())
    assert (tmp_path / "there.tar.gz").read_text() == "mine"


def test_the_default_name_is_of_the_run(
    packed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = evidence("pack", packed.run, "--unsigned")
    assert (code, out) == (0, f"troth-{packed.run.name}.tar.gz\n")
    assert archive.is_bag(tmp_path / out.strip())


def test_a_run_of_any_name_is_packed(tmp_path: Path) -> None:
    run = account(tmp_path, MIXED[:1]).folder
    envelope = json.loads((run / record.ENVELOPE).read_text())
    envelope["id"] = "a run\n../with & a name"
    (run / record.ENVELOPE).write_text(json.dumps(envelope))
    made = pack(run, tmp_path / "bag.tar.gz", Order())
    with tarfile.open(made.path) as tar:
        top = {name.partition("/")[0] for name in tar.getnames()}
    assert len(top) == 1
    assert bags.is_safe(top.pop())


def test_how_long_it_is_kept(packed: Sealed, tmp_path: Path, evidence: Evidence) -> None:
    info = (packed.folder / "bag-info.txt").read_text()
    ended = json.loads((packed.run / record.ENVELOPE).read_text())["finished_at"][:10]
    from datetime import date, timedelta

    day = date.fromisoformat(ended)
    assert f"Bagging-Date: {day}\n" in info
    assert f"Retain-Until: {day + timedelta(days=400)}\n" in info
    words = ("pack", packed.run, "--unsigned", "--out", tmp_path / "bag", "--retain-until")
    assert evidence(*words, "soon")[0] == 2
    assert evidence(*words, "2033-11-21")[0] == 0
    assert "Retain-Until: 2033-11-21\n" in (tmp_path / "bag/bag-info.txt").read_text()


def test_upload_takes_the_archive_and_the_date(
    packed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evidence: Evidence
) -> None:
    from troth.evidence import upload

    taken: list[tuple[object, ...]] = []
    monkeypatch.setattr(upload, "upload", lambda *words: taken.append(words))
    out = tmp_path / "bag.tar.gz"
    words = ("--unsigned", "--upload", "s3://bucket/key", "--retain-until", "2033-11-21")
    assert evidence("pack", packed.run, *words, "--out", tmp_path / "bag")[0] == 2
    assert not taken
    assert evidence("pack", packed.run, *words, "--out", out)[0] == 0
    [(path, url, until)] = taken
    assert (path, url, str(until)) == (out, "s3://bucket/key", "2033-11-21 23:59:59+00:00")


def test_an_observation_with_a_strange_name_is_not_packed(tmp_path: Path) -> None:
    run = account(tmp_path).folder
    (run / "inputs" / "a b.yaml").write_text("x")
    envelope = json.loads((run / record.ENVELOPE).read_text())
    envelope["files"] = record.manifest(run)
    (run / record.ENVELOPE).write_text(json.dumps(envelope))
    with pytest.raises((UsageError, InputError), match="is no name for a file of a bag"):
        pack(run, tmp_path / "bag", Order())


def test_the_header_of_gzip_is_read_as_gzip_does(packed: Sealed) -> None:
    assert gzip.decompress(packed.archive.read_bytes())


def test_a_bag_is_kept_for_longer_than_until_its_run(packed: Sealed, tmp_path: Path) -> None:
    order = Order(retain_until=date(1999, 1, 1))
    with pytest.raises(UsageError, match="1999-01-01 is not after the run"):
        pack(packed.run, tmp_path / "late.tar.gz", order)
    assert not (tmp_path / "late.tar.gz").exists()
