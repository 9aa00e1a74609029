"""What a thief of a bag could try: each is refused with exit 4 and the reason that fits."""

from __future__ import annotations

import base64
import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence import handmade
from tests.evidence.authority import authority
from tests.evidence.conftest import Sealed, sha256
from troth import canonical
from troth.evidence import sigstore, statement
from troth.evidence.pack import Order, pack
from troth.evidence.signers import load

Evidence = Callable[..., tuple[int, str, str]]
Spoil = Callable[[Path, Sealed], None]


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))


def a_fact(bag: Path) -> Path:
    return sorted(bag.glob("data/facts/*/*.json"))[0]


def signature(bag: Path) -> Path:
    return min((bag / "signatures").glob("*.json"))


def byte_in_fact(bag: Path, packed: Sealed) -> None:
    flip(a_fact(bag))


def byte_in_results(bag: Path, packed: Sealed) -> None:
    path = bag / "data/results.json"
    text = path.read_text()
    path.write_text(text.replace('"verdict":"fail"', '"verdict":"pass"', 1))
    assert path.read_text() != text


def byte_in_shard(bag: Path, packed: Sealed) -> None:
    flip(next(bag.glob("data/observations/*.jsonl")))


def byte_in_report(bag: Path, packed: Sealed) -> None:
    flip(bag / "data/report.html")


def run_json(bag: Path, packed: Sealed) -> None:
    path = bag / "data/run.json"
    path.write_text(path.read_text().replace('"as_of":"2026', '"as_of":"2025'))


def deletion(bag: Path, packed: Sealed) -> None:
    (bag / "data/findings.csv").unlink()


def deleted_fact(bag: Path, packed: Sealed) -> None:
    fact = a_fact(bag)
    fact.unlink()
    if not any(fact.parent.iterdir()):
        fact.parent.rmdir()


def empty_folder(bag: Path, packed: Sealed) -> None:
    (bag / "signatures/none").mkdir()


def deep_signature(bag: Path, packed: Sealed) -> None:
    (bag / "signatures/more").mkdir()
    shutil.copy(signature(bag), bag / "signatures/more/x.sigstore.json")


def listed_beside_signatures(bag: Path, packed: Sealed) -> None:
    """The tag manifest lists a file beside the signatures, and was signed so."""
    (bag / "signatures/run.sh").write_text("echo all is well")
    handmade.manifests(bag)
    path = bag / "tagmanifest-sha256.txt"
    digest = sha256(bag / "signatures/run.sh")
    path.write_text(path.read_text() + f"{digest}  signatures/run.sh\n")


def malformed_signature(bag: Path, packed: Sealed) -> None:
    (bag / "signatures/zz.sigstore.json").write_text("{}")


def second_signature(bag: Path, packed: Sealed) -> None:
    shutil.copy(signature(bag), bag / "signatures/zz.sigstore.json")


def addition(bag: Path, packed: Sealed) -> None:
    (bag / "data/more.json").write_text("{}")


def added_on_top(bag: Path, packed: Sealed) -> None:
    (bag / "NOTE.txt").write_text("All is well.")


def added_signature(bag: Path, packed: Sealed) -> None:
    (bag / "signatures/run.sh").write_text("echo all is well")


def renamed_fact(bag: Path, packed: Sealed) -> None:
    fact = a_fact(bag)
    fact.rename(fact.with_name("f" * 64 + ".json"))


def manifest(bag: Path, packed: Sealed) -> None:
    """A fact is changed and the manifest written anew."""
    flip(a_fact(bag))
    handmade.write_manifest(bag, "manifest-sha256.txt", sorted(bag.glob("data/**/*")))


def manifests(bag: Path, packed: Sealed) -> None:
    """A fact is changed and both manifests written anew."""
    flip(a_fact(bag))
    handmade.manifests(bag)


def swapped_signature(bag: Path, packed: Sealed) -> None:
    """The signature is a good one of the same key, over another bag."""
    order = Order(load(str(packed.private)), packed.authority.stamp, "Somebody Else")
    other = pack(packed.run, bag.parent / "other", order).path
    signature(bag).write_bytes(signature(other).read_bytes())


def foreign_signature(bag: Path, packed: Sealed) -> None:
    tag = handmade.p256()
    made = sigstore.read(signature(bag).read_bytes())
    body = sigstore.bundle(made.envelope.payload, tag, packed.authority.stamp)
    signature(bag).write_bytes(body)


def swapped_statement(bag: Path, packed: Sealed) -> None:
    """The statement says that everything passed; the signature is left as it was."""
    data = json.loads(signature(bag).read_bytes())
    told = json.loads(base64.b64decode(data["dsseEnvelope"]["payload"]))
    told["predicate"]["result"] = "PASSED"
    data["dsseEnvelope"]["payload"] = base64.b64encode(canonical.dumps(told)).decode()
    signature(bag).write_text(json.dumps(data, indent=2, sort_keys=True) + "\n")


def lying_statement(bag: Path, packed: Sealed) -> None:
    """Signed with the right key over the right bag, but not what its results say."""
    made = sigstore.read(signature(bag).read_bytes())
    told = dict(statement.parse(made.envelope.payload))
    told["predicate"] = {**told["predicate"], "result": "PASSED", "failedTests": []}
    signer = load(str(packed.private))
    body = sigstore.bundle(canonical.dumps(told), signer, packed.authority.stamp)
    signature(bag).write_bytes(body)


def swapped_timestamp(bag: Path, packed: Sealed) -> None:
    """A good timestamp of the same authority, over something else."""
    made = sigstore.read(signature(bag).read_bytes())
    token = packed.authority.stamp(b"something else")
    signature(bag).write_bytes(sigstore.Bundle(made.envelope, token).as_bytes())


def foreign_timestamp(bag: Path, packed: Sealed) -> None:
    """A timestamp over this very signature, of an authority that nobody named."""
    made = sigstore.read(signature(bag).read_bytes())
    token = authority(bag.parent / "other-tsa").stamp(made.envelope.signatures[0].sig)
    signature(bag).write_bytes(sigstore.Bundle(made.envelope, token).as_bytes())


def removed_timestamp(bag: Path, packed: Sealed) -> None:
    made = sigstore.read(signature(bag).read_bytes())
    signature(bag).write_bytes(sigstore.Bundle(made.envelope).as_bytes())


def removed_signature(bag: Path, packed: Sealed) -> None:
    shutil.rmtree(bag / "signatures")


def linked(bag: Path, packed: Sealed) -> None:
    """A fact is a link to a copy of it elsewhere."""
    fact = a_fact(bag)
    outside = bag.parent / "outside.json"
    fact.rename(outside)
    fact.symlink_to(outside)


def declared(bag: Path, packed: Sealed) -> None:
    (bag / "bagit.txt").write_text("BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n")


SPOILS: dict[Spoil, str] = {
    byte_in_fact: "data/facts/",
    byte_in_results: "data/results.json was changed after packing",
    byte_in_shard: "data/observations/",
    byte_in_report: "data/report.html was changed after packing",
    run_json: "data/run.json was changed after packing",
    deletion: "data/findings.csv is missing",
    deleted_fact: "is missing; manifest-sha256.txt lists it",
    addition: "data/more.json was added after packing",
    added_on_top: "NOTE.txt was added after packing",
    empty_folder: "the folder signatures/none is empty",
    deep_signature: "signatures/more/x.sigstore.json was added after packing",
    malformed_signature: "signatures/zz.sigstore.json: not a Sigstore bundle",
    second_signature: "signatures/zz.sigstore.json is a second signature by the key",
    added_signature: "signatures/run.sh was added after packing",
    renamed_fact: "is missing; manifest-sha256.txt lists it",
    manifest: "manifest-sha256.txt was changed after packing",
    manifests: "signed is another tagmanifest-sha256.txt",
    swapped_signature: "the signature is that of another bag",
    foreign_signature: "not by a trusted one",
    swapped_statement: "the signature is not one of the key",
    lying_statement: "other verdicts or policies than the bag's results",
    swapped_timestamp: "the timestamp is not one of this authority over this signature",
    foreign_timestamp: "the timestamp is not one of this authority over this signature",
    removed_timestamp: "there is no timestamp, and a timestamp authority was given",
    removed_signature: "the bag is not signed",
    linked: "is a link or a device",
    declared: "bagit.txt was changed after packing",
}


def test_the_untouched_bag_passes(packed: Sealed, evidence: Evidence) -> None:
    words = ("--key", packed.public, "--tsa-ca", packed.authority.roots)
    for path in (packed.folder, packed.archive):
        code, out, err = evidence("verify", path, *words)
        assert (code, err) == (0, "")
        assert "every file is as it was packed" in out
        assert "signed not later than" in out


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_bag_is_refused_with_the_reason(
    spoil: Spoil, bag: Path, packed: Sealed, evidence: Evidence
) -> None:
    spoil(bag, packed)
    words = ("--key", packed.public, "--tsa-ca", packed.authority.roots)
    code, out, err = evidence("verify", bag, *words)
    assert (code, out) == (4, "")
    assert SPOILS[spoil] in err


def test_another_key_does_not_verify(packed: Sealed, stranger: Path, evidence: Evidence) -> None:
    code, _, err = evidence("verify", packed.archive, "--key", stranger)
    assert code == 4
    assert "not by a trusted one" in err


def test_the_key_in_the_bag_is_no_authority(packed: Sealed, evidence: Evidence) -> None:
    code, _, err = evidence("verify", packed.archive)
    assert code == 2
    assert "a key from the bag would prove nothing" in err


# What the signer alone could do: the manifests and the signature fit, the contents do not.


def resigned(bag: Path, packed: Sealed) -> None:
    handmade.manifests(bag)
    signed_again(bag, packed)


def signed_again(bag: Path, packed: Sealed) -> None:
    """Sign the tag manifest as it is, with the statement as it was."""
    made = sigstore.read(signature(bag).read_bytes())
    told = dict(statement.parse(made.envelope.payload))
    digest = {"sha256": sha256(bag / statement.SUBJECT)}
    told["subject"] = [{"name": statement.SUBJECT, "digest": digest}]
    body = sigstore.bundle(canonical.dumps(told), load(str(packed.private)), None)
    signature(bag).write_bytes(body)


def shard_line(bag: Path, packed: Sealed) -> None:
    path = next(bag.glob("data/observations/*toy.box*.jsonl"))
    path.write_text(path.read_text().replace('"name":"box-2"', '"name":"box-9"'))


RESIGNED: dict[Spoil, str] = {
    byte_in_fact: "is not named for what it holds",
    renamed_fact: "is not named for what it holds",
    deleted_fact: "is missing; observations name it",
    byte_in_results: "data/results.json is not the file of the run",
    shard_line: "is not the file of the run",
}


@pytest.mark.parametrize("spoil", RESIGNED, ids=lambda spoil: spoil.__name__)
def test_not_even_the_signer_can_change_facts_or_results(
    spoil: Spoil, bag: Path, packed: Sealed, evidence: Evidence
) -> None:
    spoil(bag, packed)
    resigned(bag, packed)
    code, _, err = evidence("verify", bag, "--key", packed.public)
    assert code == 4
    assert RESIGNED[spoil] in err


def test_a_manifest_cannot_bless_what_lies_beside_the_signatures(
    bag: Path, packed: Sealed, evidence: Evidence
) -> None:
    listed_beside_signatures(bag, packed)
    signed_again(bag, packed)
    code, _, err = evidence("verify", bag, "--key", packed.public)
    assert code == 4
    assert "signatures/run.sh was added after packing" in err


def test_results_that_tell_nothing_are_refused_not_a_bug(
    bag: Path, packed: Sealed, evidence: Evidence
) -> None:
    path = bag / "data/results.json"
    results = json.loads(path.read_text())
    del results["clauses"]
    body = canonical.dumps(results)
    path.write_bytes(body + b"\n")
    envelope = json.loads((bag / "data/run.json").read_text())
    envelope["results_digest"] = canonical.digest_of(body)
    envelope["files"]["results.json"] = canonical.digest_of(body + b"\n")
    (bag / "data/run.json").write_text(json.dumps(envelope))
    resigned(bag, packed)
    code, _, err = evidence("verify", bag, "--key", packed.public)
    assert code == 4
    assert "cannot be read as those of a run: KeyError('clauses')" in err


# Archives.


def members(archive: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(archive) as tar:
        return [(one, file.read()) for one in tar if (file := tar.extractfile(one))]


def repacked(archive: Path, rows: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for member, body in rows:
            tar.addfile(member, io.BytesIO(body) if member.isreg() else None)


def named(name: str, body: bytes = b"x", kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, len(body) if kind == tarfile.REGTYPE else 0
    member.linkname = "/etc/passwd" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
    return member


TRICKS: dict[str, tuple[Callable[[str], tarfile.TarInfo], str]] = {
    "up": (lambda top: named(f"{top}/../../evil"), "lead out of its folder"),
    "absolute": (lambda top: named("/etc/evil"), "lead out of its folder"),
    "dot": (lambda top: named(f"{top}/./evil"), "lead out of its folder"),
    "line-break": (lambda top: named(f"{top}/a\nb"), "lead out of its folder"),
    "symlink": (lambda top: named(f"{top}/l", b"", tarfile.SYMTYPE), "as a link or a device"),
    "hard-link": (lambda top: named(f"{top}/l", b"", tarfile.LNKTYPE), "as a link or a device"),
    "device": (lambda top: named(f"{top}/d", b"", tarfile.CHRTYPE), "as a link or a device"),
    "fifo": (lambda top: named(f"{top}/f", b"", tarfile.FIFOTYPE), "as a link or a device"),
    "twice": (lambda top: named(f"{top}/bagit.txt"), "twice"),
    "file-as-folder": (lambda top: named(f"{top}/bagit.txt/x"), "twice, or as a file and a folder"),
    "second-folder": (lambda top: named("other/evil"), "a bag is one folder"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_tricky_archive_is_not_unpacked(
    trick: str, packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    rows = members(packed.archive)
    make, reason = TRICKS[trick]
    spoilt = tmp_path / "bag.tar.gz"
    repacked(spoilt, [*rows, (make(packed.folder.name), b"x")])
    code, _, err = evidence("verify", spoilt, "--key", packed.public)
    assert code == 4
    assert reason in err
    assert not list(tmp_path.parent.rglob("evil"))


@pytest.mark.parametrize("part", [0, 1, 10, 50, 99])
def test_a_truncated_archive_is_refused(
    part: int, packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    whole = packed.archive.read_bytes()
    spoilt = tmp_path / "bag.tar.gz"
    spoilt.write_bytes(whole[: len(whole) * part // 100])
    code, _, err = evidence("verify", spoilt, "--key", packed.public)
    assert code == 4
    assert "bag.tar.gz is" in err


def test_every_last_byte_of_the_archive_is_needed(
    packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    spoilt = tmp_path / "bag.tar.gz"
    spoilt.write_bytes(packed.archive.read_bytes()[:-1])
    code, _, err = evidence("verify", spoilt, "--key", packed.public)
    assert code == 4
    assert "is cut off or damaged" in err


def test_what_follows_the_end_of_the_archive_is_refused(
    packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    spoilt = tmp_path / "bag.tar.gz"
    spoilt.write_bytes(packed.archive.read_bytes() + gzip.compress(b"and another thing"))
    code, _, err = evidence("verify", spoilt, "--key", packed.public)
    assert code == 4
    assert "goes on after its end" in err


def test_a_shorter_archive_that_is_whole_lacks_files(
    packed: Sealed, tmp_path: Path, evidence: Evidence
) -> None:
    rows = members(packed.archive)
    spoilt = tmp_path / "bag.tar.gz"
    repacked(spoilt, [row for row in rows if not row[0].name.endswith("findings.jsonl")])
    code, _, err = evidence("verify", spoilt, "--key", packed.public)
    assert code == 4
    assert "data/findings.jsonl is missing" in err
