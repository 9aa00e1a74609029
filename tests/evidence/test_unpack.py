"""From a bag back to the run, byte for byte, and the same verdicts again with sockets refused."""

from __future__ import annotations

import errno
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence import handmade
from tests.evidence.conftest import Sealed
from tests.evidence.test_pack import files
from tests.report.accounts import hostile
from troth import record
from troth.cli import main
from troth.errors import IntegrityError
from troth.evidence import archive, unpack
from troth.evidence.pack import Order, pack
from troth.offline import Refused

Evidence = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_the_run_comes_back_byte_for_byte(
    form: str, packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    code, out, _ = evidence("unpack", getattr(packed, form), tmp_path / "run")
    assert (code, out) == (0, f"{tmp_path / 'run'}\n")
    assert files(tmp_path / "run") == files(packed.run)


def test_a_run_of_hostile_names_comes_back_too(tmp_path: Path) -> None:
    run = hostile(tmp_path).folder
    made = pack(run, tmp_path / "bag.tar.gz", Order())
    with archive.opened(made.path) as folder:
        assert files(unpack.rebuild(folder, tmp_path / "again")) == files(run)


def test_replay_of_a_bag_is_byte_identical_with_sockets_refused(
    packed: Sealed, capsys: pytest.CaptureFixture[str]
) -> None:
    replayed = []
    for path in (packed.run, packed.folder, packed.archive):
        assert main(["replay", str(path), "-o", "json"]) == 3
        printed = capsys.readouterr()
        assert "the results are the recorded ones: sha256:" in printed.err
        replayed.append(printed.out)
    with pytest.raises(Refused):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    assert replayed[0] == replayed[1] == replayed[2]
    rows = [json.loads(line) for line in (packed.run / record.FINDINGS).read_text().splitlines()]
    assert json.loads(replayed[1])["findings"] == rows


def test_replay_of_a_spoilt_bag_is_refused(bag: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fact = next(bag.glob("data/facts/*/*.json"))
    fact.write_bytes(fact.read_bytes().replace(b":", b": ", 1))
    assert main(["replay", str(bag)]) == 4
    assert "was changed after packing" in capsys.readouterr().err


def test_replay_says_that_nobody_checked_the_signature(
    packed: Sealed, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["replay", str(packed.archive), "-o", "json"])
    assert "whose it is says troth evidence verify" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a b"])
def test_a_name_in_run_json_cannot_lead_out(name: str, bag: Path, evidence: Evidence) -> None:
    path = bag / "data/run.json"
    body = json.loads(path.read_text())
    body["files"][name] = "sha256:" + "a" * 64
    path.write_text(json.dumps(body))
    handmade.manifests(bag)
    code, _, err = evidence("unpack", bag, bag.parent / "run")
    assert code == 4
    assert "may lead out of its folder" in err
    assert not (bag.parent / "evil").exists()


def test_a_bag_packed_again_from_what_was_unpacked_is_the_same(
    packed: Sealed, tmp_path: Path
) -> None:
    with archive.opened(packed.archive) as folder:
        run = unpack.rebuild(folder, tmp_path / packed.run.name)
    first = pack(packed.run, tmp_path / "a.tar.gz", Order()).path
    second = pack(run, tmp_path / "b.tar.gz", Order()).path
    assert first.read_bytes() == second.read_bytes()


def test_a_run_of_before_this_version_packs_and_verifies(
    packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    """Runs used to keep no attestations, and did not say where their policies came from."""
    import shutil

    old = tmp_path / "old"
    shutil.copytree(packed.run, old)
    shutil.rmtree(old / "inputs/attestations", ignore_errors=True)
    envelope = json.loads((old / record.ENVELOPE).read_text())
    envelope.pop("places", None)
    envelope["files"] = record.manifest(old)
    (old / record.ENVELOPE).write_text(json.dumps(envelope))
    assert evidence("pack", old, "--unsigned", "--out", tmp_path / "bag")[0] == 0
    assert evidence("verify", tmp_path / "bag", "--unsigned")[0] == 0
    assert main(["replay", str(tmp_path / "bag"), "-o", "json=/dev/null"]) == 3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("as_of", 5), ("as_of", "yesterday"), ("as_of", "2026-11-22T00:00:00"),
        ("clauses", []), ("clauses", {"a": "b"}), ("clauses", {"a": [1]}),
        ("id", ""), ("id", "x" * 129), ("id", ["x"]), ("files", {"a": 1}),
        ("files", {"a": "sha256:x", "a/b": "sha256:x"}), ("files", {"run.json": None}),
        ("files", {"x" * 256: "sha256:x"}),
    ],
)  # fmt: skip
def test_an_envelope_of_other_types_is_refused(
    key: str, value: object, bag: Path, evidence: Evidence
) -> None:
    path = bag / "data/run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    handmade.manifests(bag)
    code, _, err = evidence("unpack", bag, bag.parent / "run")
    assert code == 4
    assert "bug" not in err
    assert not (bag.parent / "run").exists()
    assert main(["replay", str(bag)]) == 4


def test_an_envelope_that_lists_itself_is_refused(bag: Path, evidence: Evidence) -> None:
    """Put back, it would stand in its own way."""
    path = bag / "data/run.json"
    body = json.loads(path.read_text())
    names = ["observations", "findings.jsonl/x"]
    for name in names:
        path.write_text(json.dumps({**body, "files": {**body["files"], name: "sha256:x"}}))
        handmade.manifests(bag)
        assert evidence("unpack", bag, bag.parent / "run")[0] == 4


def test_what_cannot_be_put_back_is_refused(
    bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FileExistsError(errno.EEXIST, "File exists", "run.json")

    monkeypatch.setattr(unpack, "_put", fail)
    with pytest.raises(IntegrityError, match="File exists"):
        unpack.rebuild(bag, tmp_path / "run")
    assert not (tmp_path / "run").exists()
