"""verify.sh as an auditor runs it: in dash with coreutils and in BusyBox, with nothing else there.

The tamperings are those that a thief of the bundle could try, and some that its own signer could.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.evidence import handmade
from tests.evidence.authority import Authority, authority
from tests.evidence.conftest import Sealed
from troth import dsse
from troth.evidence import archive, sigstore
from troth.evidence.signers import KeyFile
from troth.evidence.statement import PAYLOAD_TYPE, statement

SCRIPT = Path(sigstore.__file__).with_name("verify.sh")
#: Everything that the script says it needs, and nothing more.
TOOLS = (
    "base64", "cat", "chmod", "cut", "date", "find", "grep", "gzip", "head", "mkdir", "mktemp",
    "rm", "sed", "sha256sum", "sort", "tail", "tar", "tr", "uniq", "wc",
)  # fmt: skip
RUN = "data/run.json"
TAG = "tagmanifest-sha256.txt"


@dataclass(frozen=True)
class World:
    """A shell and the only programs that it finds."""

    shell: tuple[str, ...]
    tools: Path

    def run(self, *args: object, **env: str) -> tuple[int, str]:
        """Run verify.sh and return its exit code and all that it says."""
        ran = subprocess.run(
            [*self.shell, str(SCRIPT), *map(str, args)],
            env={"PATH": str(self.tools), **env}, capture_output=True, text=True,
        )  # fmt: skip
        return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="module", params=["dash", "busybox"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    shell = shutil.which(request.param)
    if shell is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp("tools")
    box = request.param == "busybox"
    applets = subprocess.run([shell, "--list"], capture_output=True, text=True) if box else None
    for tool in (*TOOLS, "openssl"):
        found = shell if applets and tool in applets.stdout.split() else shutil.which(tool)
        assert found, tool
        assert not box or found == shell or tool == "openssl", f"BusyBox has no {tool}"
        (folder / tool).symlink_to(found)
    return World((shell, "sh") if box else (shell,), folder)


@dataclass(frozen=True)
class Case:
    """A good bag, its signer's key and the authority that stamped it."""

    folder: Path
    signer: KeyFile
    tsa: Authority

    @property
    def key(self) -> Path:
        return self.folder.with_name("signer.pub.pem")

    def resign(self, signer: KeyFile | None = None) -> None:
        """Make manifests and signature anew, so that each agrees with the next."""
        handmade.manifests(self.folder)
        handmade.sign(self.folder, signer or self.signer, self.tsa.stamp)

    def signature(self) -> dict[str, object]:
        read: dict[str, object] = json.loads((self.folder / handmade.NAME).read_bytes())
        return read

    def replace(self, old: str, new: str) -> None:
        """Replace text in the signature file."""
        path = self.folder / handmade.NAME
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A bag to copy."""
    folder = tmp_path_factory.mktemp("first")
    signer = handmade.p256()
    tsa = authority(folder / "tsa")
    case = Case(handmade.bag(folder / "bag", signer, tsa.stamp), signer, tsa)
    case.key.write_bytes(signer.public_pem)
    return case


@pytest.fixture
def case(first: Case, tmp_path: Path) -> Case:
    """A bag to change."""
    shutil.copytree(first.folder, tmp_path / "bag")
    shutil.copy(first.key, tmp_path)
    return Case(tmp_path / "bag", first.signer, first.tsa)


def test_a_good_bag_holds(world: World, case: Case) -> None:
    code, said = world.run(case.folder, case.key, case.tsa.roots)
    assert (code, said.count("REFUSED")) == (0, 0), said
    assert f"signed by the key {case.signer.keyid}" in said
    assert "5 files match manifest-sha256.txt" in said
    assert "3 facts have their digest as name" in said
    assert "UTC by the authority that you gave" in said
    assert "genuine. What it says of the promises, in one word: WARNED" in said
    told = " ".join(said.partition("Not checked here: ")[2].split())
    assert told == (
        "that results, shards and the verdicts of the statement fit together; troth evidence "
        "verify does that. Nor that the verdicts follow from the facts; troth replay does that."
    )


def test_a_good_archive_holds(world: World, case: Case) -> None:
    code, said = world.run(handmade.archive(case.folder), case.key, case.tsa.roots)
    assert (code, said.count("REFUSED")) == (0, 0), said


def test_an_ed25519_key_will_do(world: World, case: Case, tmp_path: Path) -> None:
    signer = handmade.ed()
    case.key.write_bytes(signer.public_pem)
    bag = handmade.bag(tmp_path / "second", signer)
    code, said = world.run(bag, case.key)
    assert (code, said.count("REFUSED")) == (0, 0), said
    path = bag / handmade.NAME
    made = sigstore.read(path.read_bytes()).envelope
    other = dsse.Envelope(PAYLOAD_TYPE, made.payload + b" ", made.signatures)
    path.write_bytes(sigstore.Bundle(other).as_bytes())
    code, said = world.run(bag, case.key)
    assert code == 4
    assert "was not made by the key" in said


def test_a_relative_path_will_do(world: World, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case.folder)
    assert world.run(".", "../signer.pub.pem")[0] == 0


def test_it_leaves_nothing_behind(
    world: World, case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    for bag in (handmade.archive(case.folder), case.folder):
        subprocess.run(
            [*world.shell, SCRIPT, bag, case.key],
            env={"PATH": str(world.tools), "TMPDIR": str(tmp_path / "tmp")},
            check=True, capture_output=True,
        )  # fmt: skip
    assert list((tmp_path / "tmp").iterdir()) == []


def test_without_an_authority_it_says_that_it_did_not_look(world: World, case: Case) -> None:
    code, said = world.run(case.folder, case.key)
    assert code == 0
    assert "there is a timestamp; it was not checked" in said
    handmade.sign(case.folder, case.signer)
    code, said = world.run(case.folder, case.key)
    assert code == 0
    assert "there is no timestamp" in said


def test_a_second_signer_adds_a_file(world: World, case: Case) -> None:
    other = handmade.p256()
    handmade.sign(case.folder, other, name="signatures/second.sigstore.json")
    code, said = world.run(case.folder, case.key)
    assert code == 0
    assert f"also signed, which was not checked, by {other.keyid}" in said
    key = case.folder.with_name("other.pem")
    key.write_bytes(other.public_pem)
    assert world.run(case.folder, key)[0] == 0


def test_a_bag_of_the_program_holds(world: World, packed: Sealed) -> None:
    for bag in (packed.folder, packed.archive):
        code, said = world.run(bag, packed.public, packed.authority.roots)
        assert (code, said.count("REFUSED")) == (0, 0), said


def test_every_file_of_a_bag_of_the_program_counts(world: World, packed: Sealed, bag: Path) -> None:
    """Of every folder one file, changed in its last byte, and put right again."""
    firsts = {path.parent: path for path in sorted(bag.rglob("*"), reverse=True) if path.is_file()}
    for path in (*firsts.values(), *(one for one in bag.iterdir() if one.is_file())):
        body = path.read_bytes()
        path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
        code, said = world.run(bag, packed.public, packed.authority.roots)
        assert code == 4, (path, said)
        path.write_bytes(body)
    assert world.run(bag, packed.public, packed.authority.roots)[0] == 0


def change(case: Case) -> None:
    path = case.folder / RUN
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))


def change_and_hash(case: Case) -> None:
    change(case)
    paths = sorted(case.folder.glob("data/**/*"))
    handmade.write_manifest(case.folder, "manifest-sha256.txt", paths)


def change_and_hash_both(case: Case) -> None:
    change(case)
    handmade.manifests(case.folder)


def sign_anew(case: Case) -> None:
    change(case)
    case.resign(handmade.p256())


def sign_anew_and_claim(case: Case) -> None:
    other = handmade.p256()
    change(case)
    case.resign(other)
    case.replace(other.keyid, case.signer.keyid)


def other_bag(case: Case) -> Path:
    folder = handmade.bag(case.folder.with_name("other"), case.signer, case.tsa.stamp)
    (folder / RUN).write_text("{}\n")
    handmade.manifests(folder)
    handmade.sign(folder, case.signer, case.tsa.stamp)
    return folder


def swap_statement(case: Case) -> None:
    shutil.copy(other_bag(case) / handmade.NAME, case.folder / handmade.NAME)


def swap_payload(case: Case) -> None:
    """Put another statement of the same signer under the old signature."""
    swap_payload_of = json.loads((other_bag(case) / handmade.NAME).read_bytes())
    ours = case.signature()["dsseEnvelope"]
    assert isinstance(ours, dict)
    case.replace(ours["payload"], swap_payload_of["dsseEnvelope"]["payload"])


def swap_stamp(case: Case) -> None:
    use_stamp(case, case.tsa.stamp(b"another signature"))


def foreign_stamp(case: Case) -> None:
    other = authority(case.folder.with_name("foreign"))
    use_stamp(case, other.stamp(sigstore.read(body(case)).envelope.signatures[0].sig))


def broken_stamp(case: Case) -> None:
    token = bytearray(sigstore.read(body(case)).token)
    token[-1] ^= 1
    use_stamp(case, bytes(token))


def body(case: Case) -> bytes:
    return (case.folder / handmade.NAME).read_bytes()


def use_stamp(case: Case, token: bytes) -> None:
    made = sigstore.Bundle(sigstore.read(body(case)).envelope, token)
    (case.folder / handmade.NAME).write_bytes(made.as_bytes())


def remove_stamp(case: Case) -> None:
    use_stamp(case, b"")


def other_type(case: Case) -> None:
    """The right signer signed the right digest, but said something else of it."""
    envelope = sigstore.read(body(case)).envelope
    payload = envelope.payload.replace(b"test-result/v0.1", b"link/v0.3")
    sig = case.signer.sign(dsse.pae(PAYLOAD_TYPE, payload))
    signed = dsse.Envelope(PAYLOAD_TYPE, payload, (dsse.Signature(case.signer.keyid, sig),))
    (case.folder / handmade.NAME).write_bytes(sigstore.Bundle(signed).as_bytes())


def repeat_key(case: Case) -> None:
    """Two payloads: some readers of JSON take the first, others the last."""
    payload = base64.b64encode(b"{}").decode()
    case.replace('  "dsseEnvelope": {\n', f'  "dsseEnvelope": {{\n    "payload": "{payload}",\n')


def reformat(case: Case) -> None:
    (case.folder / handmade.NAME).write_text(json.dumps(case.signature()))


def other_base64(key: str) -> Callable[[Case], None]:
    """The same bytes written otherwise: with bits that base64 does not use."""

    def act(case: Case) -> None:
        text = body(case).decode()
        found = re.search(f'"{key}": "([^"]*)"', text)
        assert found
        value = found[1]
        digits = value.rstrip("=")
        last = chr(ord(digits[-1]) + 1)
        other = digits[:-1] + last + value[len(digits) :]
        assert base64.b64decode(other) == base64.b64decode(value)
        case.replace(f'"{value}"', f'"{other}"')

    return act


def padded(case: Case, key: str) -> bool:
    return re.search(f'"{key}": "[^"]*="', body(case).decode()) is not None


def similar_name(case: Case) -> None:
    """A name in which the dot of bagit.txt is another character."""
    (case.folder / "bagit.txt").rename(case.folder / "bagit_txt")
    case.resign()
    (case.folder / "bagit.txt").write_text("another\n")


def rename_fact(case: Case) -> None:
    path = handmade.facts(case.folder)[0]
    path.rename(path.with_name("0" * 64 + ".json"))
    case.resign()


def change_fact(case: Case) -> None:
    handmade.facts(case.folder)[0].write_text('{"encrypted":true}\n')
    case.resign()


def forget_manifest(case: Case) -> None:
    tags = [case.folder / name for name in ("bagit.txt", "bag-info.txt", "README.txt")]
    handmade.write_manifest(case.folder, TAG, tags)
    handmade.sign(case.folder, case.signer, case.tsa.stamp)


def lead_elsewhere(case: Case) -> None:
    with (case.folder / "manifest-sha256.txt").open("a") as file:
        file.write("ab" * 32 + "  data/../../signer.pub.pem\n")
    tags = [path for path in sorted(case.folder.glob("*")) if path.name != TAG]
    handmade.write_manifest(case.folder, TAG, tags)
    handmade.sign(case.folder, case.signer, case.tsa.stamp)


def link(case: Case) -> None:
    target = case.folder.with_name("run.json")
    (case.folder / RUN).rename(target)
    (case.folder / RUN).symlink_to(target)


def write(name: str) -> Callable[[Case], None]:
    def act(case: Case) -> None:
        path = case.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("added\n")

    return act


def remove(name: str) -> Callable[[Case], None]:
    return lambda case: (case.folder / name).unlink()


def copy_signature(case: Case) -> None:
    shutil.copy(case.folder / handmade.NAME, case.folder / "signatures/again.sigstore.json")


#: What is done, and a piece of the reason that is given.
TAMPERINGS: dict[str, tuple[Callable[[Case], None], str]] = {
    "a byte": (change, "not as manifest-sha256.txt says"),
    "a byte and the manifest": (change_and_hash, "not as tagmanifest-sha256.txt says"),
    "a byte and both manifests": (change_and_hash_both, "about another tagmanifest"),
    "all signed anew": (sign_anew, "not signed by the key that you gave"),
    "all signed anew as the signer": (sign_anew_and_claim, "was not made by the key"),
    "a file deleted": (remove("data/results.json"), "not as manifest-sha256.txt says"),
    "a tag file deleted": (remove("README.txt"), "not as tagmanifest-sha256.txt says"),
    "the tag manifest deleted": (remove(TAG), "has no tagmanifest-sha256.txt"),
    "the signature deleted": (remove(handmade.NAME), "is not signed"),
    "a file added": (write("data/more.json"), "these were added"),
    "a file added at the top": (write("more.txt"), "these were added"),
    "a hidden file added": (write("data/.more"), "these were added"),
    "a fact added": (write("data/facts/00/" + "0" * 64 + ".json"), "these were added"),
    "a signature added": (write("signatures/x.txt"), "these were added"),
    "a hidden signature added": (write("signatures/..x"), "these were added"),
    "a signature of nothing added": (write("signatures/x.sigstore.json"), "not a signature file"),
    "the signature twice": (copy_signature, "two signatures are by the key"),
    "a name with a blank": (write("data/a b"), "names that a bundle does not have"),
    "a name with a line break": (write("data/a\nb"), "names that a bundle does not have"),
    "a name that is not ASCII": (write("data/é"), "names that a bundle does not have"),
    "a link": (link, "links or devices"),
    "the signature of another bag": (swap_statement, "about another tagmanifest"),
    "the statement of another bag": (swap_payload, "was not made by the key"),
    "a statement of another type": (other_type, "not a statement on the result of a run"),
    "a key twice": (repeat_key, "not a signature file as troth writes it"),
    "other white space": (reformat, "not a signature file as troth writes it"),
    "a name like one that must be there": (similar_name, "does not name bagit.txt"),
    "the timestamp of another signature": (swap_stamp, "not one of this authority"),
    "the timestamp of another authority": (foreign_stamp, "not one of this authority"),
    "a byte of the timestamp": (broken_stamp, "not one of this authority"),
    "the timestamp removed": (remove_stamp, "has no timestamp"),
    "a fact renamed by the signer": (rename_fact, "do not have their digest as name"),
    "a fact changed by the signer": (change_fact, "do not have their digest as name"),
    "a manifest that no digest covers": (forget_manifest, "does not name manifest-sha256.txt"),
    "a manifest that leads elsewhere": (lead_elsewhere, "leads elsewhere"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampered_bag_is_refused(world: World, case: Case, name: str) -> None:
    act, reason = TAMPERINGS[name]
    act(case)
    code, said = world.run(case.folder, case.key, case.tsa.roots)
    assert code == 4, said
    assert reason in said
    assert said.count("REFUSED") == 1
    assert "genuine" not in said


@pytest.mark.parametrize("key", ["payload", "sig", "signedTimestamp"])
def test_base64_has_one_form(world: World, case: Case, key: str) -> None:
    for _ in range(100):  # a signature and a token do not always have a length that leaves bits
        if padded(case, key):
            break
        text = case.folder / "bag-info.txt"
        text.write_text(text.read_text() + "Note: x\n")
        if key == "payload":
            lengthen(case)
        else:
            case.resign()
    else:
        pytest.fail(f"no {key} with a padding")
    assert world.run(case.folder, case.key)[0] == 0
    other_base64(key)(case)
    code, said = world.run(case.folder, case.key)
    assert code == 4, said
    assert "not a signature file as troth writes it" in said


def lengthen(case: Case) -> None:
    """Sign a statement that is a byte longer, as a policy with a longer name would make it."""
    handmade.manifests(case.folder)
    tag = hashlib.sha256((case.folder / TAG).read_bytes()).hexdigest()
    length = len(sigstore.read(body(case)).envelope.payload)
    for count in range(1, 100):
        files = {f"inputs/policies/{'a' * count}.yaml": "sha256:" + "ab" * 32}
        made = statement(handmade.SUMMARY, {**handmade.ENVELOPE, "files": files}, tag)
        if len(made) == length + 1:
            break
    (case.folder / handmade.NAME).write_bytes(sigstore.bundle(made, case.signer, case.tsa.stamp))


def truncated(path: Path, case: Case) -> None:
    body = handmade.archive(case.folder).read_bytes()
    path.write_bytes(body[: len(body) // 2])


def shortened(path: Path, case: Case) -> None:
    """A tar that ends early inside of a whole gzip."""
    inner = gzip.decompress(handmade.archive(case.folder).read_bytes())
    path.write_bytes(gzip.compress(inner[: len(inner) // 2 - 700]))


def text(path: Path, case: Case) -> None:
    path.write_text("hello\n")


def appended(more: bytes) -> Callable[[Path, Case], None]:
    """Add bytes after the tar's end, where tar itself does not look."""

    def act(path: Path, case: Case) -> None:
        inner = gzip.decompress(handmade.archive(case.folder).read_bytes())
        path.write_bytes(gzip.compress(inner + more))

    return act


def second_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        file.addfile(entry("bag/more.txt"))
    return buffer.getvalue()


def wrong_sum(path: Path, case: Case) -> None:
    """All is there, but gzip's checksum at the end is another."""
    whole = bytearray(handmade.archive(case.folder).read_bytes())
    whole[-8] ^= 1
    path.write_bytes(bytes(whole))


def added(*entries: tarfile.TarInfo) -> Callable[[Path, Case], None]:
    def act(path: Path, case: Case) -> None:
        with tarfile.open(path, "w:gz") as file:
            file.add(case.folder, "bag")
            for entry in entries:
                entry.size = 2 if entry.isreg() else 0
                file.addfile(entry, io.BytesIO(b"{}"))

    return act


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


#: What is added after the end is refused for that.
_AFTER = "goes on after its end"
#: BusyBox shows such a name without what leads out, and unpacks it so.
_OUTSIDE = "names that a bundle does not have|more or less than one folder"
ARCHIVES: dict[str, tuple[Callable[[Path, Case], None], str]] = {
    "cut off": (truncated, "cut off or damaged"),
    "cut off inside": (shortened, "cut off or damaged|has no|is not signed|are missing"),
    "a wrong checksum": (wrong_sum, "cut off or damaged"),
    "a text after its end": (appended(b"hello"), "cut off or damaged"),
    "a block after its end": (appended(b"x" * 512), _AFTER),
    "a text long after its end": (appended(bytes(102_400) + b"x" + bytes(511)), _AFTER),
    "a second tar after its end": (appended(second_tar()), _AFTER),
    "not an archive": (text, "cut off or damaged"),
    "a path upwards": (added(entry("bag/../../evil")), _OUTSIDE),
    "an absolute path": (added(entry("/evil")), _OUTSIDE),
    "a link": (added(entry("bag/data/x", tarfile.SYMTYPE, "/etc/passwd")), "links or devices"),
    "a hard link": (added(entry("bag/data/x", tarfile.LNKTYPE, "/etc/passwd")), "links or devices"),
    "a pipe": (added(entry("bag/data/x", tarfile.FIFOTYPE)), "links or devices"),
    "a name twice": (added(entry("bag/data/run.json")), "one name twice"),
    "a second folder": (added(entry("other/x")), "more or less than one folder"),
    "a control character": (added(entry("bag/\x1b[2J")), "names that a bundle does not have"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_bad_archive_is_refused(world: World, case: Case, name: str) -> None:
    path = case.folder.with_name("bad.tar.gz")
    make, reason = ARCHIVES[name]
    make(path, case)
    code, said = world.run(path, case.key)
    assert code == 4, said
    assert re.search(reason, said)
    assert "\x1b" not in said
    assert not case.folder.parent.joinpath("evil").exists()


@pytest.mark.parametrize("content", [b"", bytes(5000), b"x" + bytes(5000), b"x" * 1024])
def test_an_archive_may_end_with_any_file(world: World, case: Case, content: bytes) -> None:
    """With many zeros after it or none, and in the form that the program writes."""
    name = case.folder / "data/zz.bin"
    name.write_bytes(content)
    case.resign()
    path = case.folder.with_name("last.tar.gz")
    for zeros in (0, 512, 1024, 10_240, 71_680):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as file:
            file.add(case.folder, "bag", filter=lambda one: None if "zz.bin" in one.name else one)
            file.add(name, "bag/data/zz.bin")
            end = file.offset
        path.write_bytes(gzip.compress(buffer.getvalue()[:end] + bytes(zeros)))
        code, said = world.run(path, case.key)
        # BusyBox takes no tar without an end.
        assert code == 0 or ("cut off" in said and zeros < 1024), (zeros, said)
    path.unlink()
    archive.write(case.folder, path, 0)
    assert world.run(path, case.key)[0] == 0


def test_an_archive_that_would_fill_the_disk_is_refused(world: World, case: Case) -> None:
    path = handmade.archive(case.folder)
    size = len(gzip.decompress(path.read_bytes()))
    assert world.run(path, case.key, TROTH_VERIFY_MAX=str(size))[0] == 0
    code, said = world.run(path, case.key, TROTH_VERIFY_MAX=str(size - 1))
    assert code == 4
    assert f"unpacks to more than {size - 1} bytes" in said
    code, said = world.run(path, case.key, TROTH_VERIFY_MAX="1G")
    assert code == 2
    assert "TROTH_VERIFY_MAX is not a number" in said


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own are for their owner only."""
    folder = Path(tempfile.mkdtemp(prefix="troth-verify-"))
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


def as_anybody(world: World, case: Case, bag: Path, public: Path) -> tuple[int, str]:
    """Run verify.sh as a user who is not root, and look whether anything is left behind."""
    user: list[str] = []
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("setpriv is not installed")
        user = [setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    shutil.copytree(world.tools, public / "tools", symlinks=True)
    (public / "tools").chmod(0o755)
    for path in (SCRIPT, case.key):
        shutil.copy(path, public)
        (public / path.name).chmod(0o644)
    temporary = public / "tmp"
    temporary.mkdir()
    temporary.chmod(0o777)
    ran = subprocess.run(
        [*user, *world.shell, public / SCRIPT.name, bag, public / case.key.name],
        env={"PATH": str(public / "tools"), "TMPDIR": str(temporary)}, cwd=public,
        capture_output=True, text=True,
    )  # fmt: skip
    assert list(temporary.iterdir()) == []
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("mode", [0, 0o300, 0o700])
def test_an_archive_hides_nothing_in_a_folder(
    world: World, case: Case, public: Path, mode: int
) -> None:
    """Not even from a user who may not read what tar unpacks for him."""
    folder = entry("bag/data/secret", tarfile.DIRTYPE)
    folder.mode = mode
    hidden = entry("bag/data/secret/more.json")
    hidden.size = 2
    path = public / "bag.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.addfile(folder)
        file.addfile(hidden, io.BytesIO(b"{}"))
        file.add(case.folder, "bag")
    path.chmod(0o644)
    code, said = as_anybody(world, case, path, public)
    assert code == 4, said
    # BusyBox cannot write into such a folder itself.
    assert re.search("these were added" + "|cannot be unpacked" * (mode == 0), said)
    assert "genuine" not in said


@pytest.mark.parametrize("mode", [0, 0o311, 0o444])
def test_a_folder_that_cannot_be_read_is_refused(
    world: World, case: Case, public: Path, mode: int
) -> None:
    bag = public / "bag"
    shutil.copytree(case.folder, bag)
    secret = bag / "data/secret"
    (secret / "deep").mkdir(parents=True)
    (secret / "deep/more.json").write_text("{}")
    for path in (bag, *bag.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    secret.chmod(mode)
    code, said = as_anybody(world, case, bag, public)
    assert code == 4, said
    assert "cannot be read everywhere" in said
    assert "data/secret" in said


def test_a_good_archive_holds_for_anybody(world: World, case: Case, public: Path) -> None:
    path = public / "bag.tar.gz"
    archive.write(case.folder, path, 0)
    path.chmod(0o644)
    code, said = as_anybody(world, case, path, public)
    assert code == 0, said


def test_the_wrong_key_is_refused(world: World, case: Case) -> None:
    other = handmade.p256()
    case.key.write_bytes(other.public_pem)
    code, said = world.run(case.folder, case.key)
    assert code == 4
    assert f"That is {other.keyid}, and it is signed by {case.signer.keyid}" in said


def test_a_hostile_name_is_shown_harmlessly(world: World, case: Case) -> None:
    (case.folder / "data/\x1b]0;evil\x07").write_text("x")
    code, said = world.run(case.folder, case.key)
    assert code == 4
    assert "\x1b" not in said
    assert "evil" in said


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ([], "give the bundle"),
        (["bag"], "give the bundle"),
        (["bag", "key", "ca", "more"], "give the bundle"),
        (["absent", "key"], "there is no absent"),
        (["bag", "absent"], "not a public key"),
        (["bag", "ca"], "not a public key"),
        (["bag", "private"], "not a public key"),
        (["bag", "rsa"], "neither a P-256 nor an Ed25519 key"),
        (["bag", "key", "key"], "not a certificate"),
    ],
)
def test_wrong_use_is_told(
    world: World, case: Case, args: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = case.folder.parent
    monkeypatch.chdir(folder)
    shutil.copy(case.key, "key")
    shutil.copy(case.tsa.roots, "ca")
    shutil.copy(case.tsa.folder / "tsa.key", "private")
    made = "openssl genrsa 2048 2>/dev/null | openssl pkey -pubout -out rsa"
    subprocess.run(made, shell=True, check=True)  # noqa: S602 - a line of the test's own
    code, said = world.run(*args)
    assert code == 2, said
    assert reason in said
    assert "usage: sh verify.sh" in said


def test_a_missing_tool_is_named(world: World, case: Case, tmp_path: Path) -> None:
    tools = tmp_path / "fewer"
    shutil.copytree(world.tools, tools, symlinks=True)
    os.unlink(tools / "openssl")
    code, said = World(world.shell, tools).run(case.folder, case.key)
    assert code == 2
    assert "openssl is not installed" in said
