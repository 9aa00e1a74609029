"""Verifying beyond tampering: several signers, timestamps, the chain of bags, what show says."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence.conftest import Sealed, sha256
from tests.evidence.handmade import p256
from tests.report.accounts import MIXED, account
from troth.evidence import sigstore
from troth.evidence.pack import Order, pack
from troth.evidence.signers import load

Evidence = Callable[..., tuple[int, str, str]]


def signature(bag: Path) -> Path:
    return next((bag / "signatures").iterdir())


@pytest.fixture
def second(bag: Path) -> Path:
    """Have somebody else sign the bag too; return their public key."""
    signer = p256()
    made = sigstore.read(signature(bag).read_bytes())
    body = sigstore.bundle(made.envelope.payload, signer, None)
    (bag / "signatures/second.sigstore.json").write_bytes(body)
    key = bag.parent / "second.pem"
    key.write_bytes(signer.public_pem)
    return key


def test_either_of_two_signers_is_enough(
    bag: Path, packed: Sealed, second: Path, evidence: Evidence
) -> None:
    code, out, err = evidence("verify", bag, "--key", second)
    assert code == 0
    assert out.count("signed by the key") == 1
    assert "not by a trusted one" in err  # the other signature, which could not be checked
    code, out, err = evidence("verify", bag, "--key", second, "--key", packed.public)
    assert code == 0
    assert out.count("signed by the key") == 2


def test_a_timestamp_that_is_not_checked_is_told(packed: Sealed, evidence: Evidence) -> None:
    code, out, err = evidence("verify", packed.archive, "--key", packed.public)
    assert code == 0
    assert "the timestamp was not checked; name its authority with --tsa-ca" in err
    assert "signed not later than" not in out


def test_the_run_of_another_result_says_so(tmp_path: Path, evidence: Evidence) -> None:
    for name, rows, result in (("kept", MIXED[:1], "PASSED"), ("broken", MIXED, "FAILED")):
        place = tmp_path / name
        place.mkdir()
        key = place / "key.pem"
        evidence_key = p256()
        key.write_bytes(evidence_key.public_pem)
        made = pack(account(place, rows).folder, place / "bag", Order(evidence_key))
        code, out, _ = evidence("verify", made.path, "--key", key)
        assert code == 0
        assert f": {result}\n" in out


@pytest.fixture
def chain(packed: Sealed, tmp_path: Path) -> list[Path]:
    """Return three bags of one run, each following the one before it."""
    bags: list[Path] = []
    signer = load(str(packed.private))
    for number in range(3):
        order = Order(signer, None, f"night {number}", previous=bags[-1] if bags else None)
        bags.append(pack(packed.run, tmp_path / f"{number}.tar.gz", order).path)
    return bags


def test_a_chain_verifies_link_by_link(
    chain: list[Path], packed: Sealed, evidence: Evidence
) -> None:
    for before, after in itertools.pairwise(chain):
        words = ("--key", packed.public, "--previous", before)
        assert evidence("verify", after, *words)[0] == 0
    shown = evidence("show", chain[1])[1]
    first = evidence("show", chain[0])[1]
    digest = next(line for line in first.splitlines() if line.startswith("Tag-Manifest: "))
    assert f"Previous-Tagmanifest: {digest.removeprefix('Tag-Manifest: ')}" in shown


def test_a_missing_night_shows(chain: list[Path], packed: Sealed, evidence: Evidence) -> None:
    words = ("--key", packed.public, "--previous")
    code, _, err = evidence("verify", chain[2], *words, chain[0])
    assert code == 4
    assert "a bag between them is missing" in err
    code, _, err = evidence("verify", chain[0], *words, chain[1])
    assert code == 4
    assert "manifest none" in err


def test_a_spoilt_bag_is_no_link(
    bag: Path, packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    (bag / "data/report.html").write_text("All is well.")
    words = ("--unsigned", "--out", tmp_path / "next", "--previous", bag)
    code, _, err = evidence("pack", packed.run, *words)
    assert code == 4
    assert "data/report.html was changed" in err
    assert not (tmp_path / "next").exists()


def test_show_says_what_is_in_it_and_that_it_proves_nothing(
    packed: Sealed, evidence: Evidence
) -> None:
    code, out, _ = evidence("show", packed.archive)
    told = out.splitlines()
    rows = [json.loads(line) for line in (packed.run / "findings.jsonl").read_text().splitlines()]
    shards = list((packed.run / "observations").glob("*.jsonl"))
    listed = sum(len(path.read_text().splitlines()) - 1 for path in shards)
    assert code == 0
    assert f"Tag-Manifest: {sha256(packed.folder / 'tagmanifest-sha256.txt')}" in told
    assert f"findings: {len(rows)}" in told
    assert any(f"{listed} resources in {len(shards)} list" in line for line in told)
    assert told[-1] == "signatures: not checked here; troth evidence verify does"
    assert any("said to be by key" in line and "with a timestamp" in line for line in told)


def test_show_is_harmless_to_a_terminal(bag: Path, evidence: Evidence) -> None:
    path = bag / "bag-info.txt"
    path.write_text(path.read_text() + "Note: \x1b]0;mine\x07\u202e\n")
    code, out, _ = evidence("show", bag)
    assert code == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


@pytest.mark.parametrize("name", ["run.json", "results.json"])
@pytest.mark.parametrize("text", ["[]", "{}", "null", "nothing", '{"files":[]}'])
def test_a_bag_of_nonsense_is_refused_not_a_bug(
    name: str, text: str, bag: Path, evidence: Evidence
) -> None:
    from tests.evidence import handmade

    (bag / "data" / name).write_text(text)
    shutil.rmtree(bag / "signatures")
    handmade.manifests(bag)
    for words in (("verify", bag, "--unsigned"), ("unpack", bag, bag.parent / "run")):
        code, _, err = evidence(*words)
        assert code == 4
        assert "bug" not in err
    assert not (bag.parent / "run").exists()
    assert evidence("show", bag)[0] == 4


def test_what_is_no_bag_is_told(tmp_path: Path, evidence: Evidence) -> None:
    assert evidence("verify", tmp_path / "nothing", "--unsigned")[0] == 2
    code, _, err = evidence("verify", tmp_path, "--unsigned")
    assert code == 4
    assert "there is no bagit.txt" in err
    (tmp_path / "text.tar.gz").write_text("All is well.")
    code, _, err = evidence("verify", tmp_path / "text.tar.gz", "--unsigned")
    assert code == 4
    assert "is not the archive of a bag" in err


def test_what_is_no_public_key_is_told(packed: Sealed, evidence: Evidence) -> None:
    code, _, err = evidence("verify", packed.archive, "--key", packed.private)
    assert code == 2
    assert "a private key" in err
    assert "BEGIN" not in err


def test_without_a_signature_the_manifests_are_all_that_is_told(
    packed: Sealed, evidence: Evidence
) -> None:
    code, out, _ = evidence("verify", packed.archive, "--unsigned")
    assert code == 0
    assert "as it was packed" not in out
    assert "every file is as the bag's own manifests say" in out


def test_an_id_is_harmless_to_a_terminal(bag: Path, evidence: Evidence) -> None:
    from tests.evidence import handmade

    path = bag / "data/run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "id": "\x1b]0;mine\x07\ud800"}))
    handmade.manifests(bag)
    code, out, _ = evidence("verify", bag, "--unsigned")
    assert code == 0
    assert not {"\x1b", "\x07", "\ud800"} & set(out)
