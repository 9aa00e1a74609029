"""Keys: made, read, shown and used; openssl is the second reader and verifier of each."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import pty
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from tests.evidence import handmade
from troth import dsse
from troth.cli import keys
from troth.dsse import KeyFileError
from troth.errors import UsageError
from troth.evidence import keyfiles, kms, signers
from troth.evidence.signers import KeyFile

KINDS = ("p256", "ed25519")
SECRET = "correct" + "-horse"


def openssl(*args: object, data: bytes = b"") -> bytes:
    ran = subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, check=True)
    return ran.stdout


def verifies(kind: str, folder: Path, pem: bytes, sig: bytes, data: bytes) -> bool:
    for name, body in (("pub.pem", pem), ("sig", sig), ("data", data)):
        (folder / name).write_bytes(body)
    if kind == "p256":
        args = ["dgst", "-sha256", "-verify", "pub.pem", "-signature", "sig", "data"]
    else:
        args = ["pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-in", "data"]
        args += ["-sigfile", "sig"]
    return subprocess.run(["openssl", *args], cwd=folder, capture_output=True).returncode == 0


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, str]]:
    """Run ``troth keys`` with nobody at the terminal; returns stdout and stderr."""
    monkeypatch.delenv(keys.VARIABLE, raising=False)

    def act(*args: object) -> tuple[str, str]:
        ran = CliRunner().invoke(keys.command, list(map(str, args)), catch_exceptions=False,
                                 standalone_mode=False)  # fmt: skip
        if ran.exception:
            raise ran.exception
        return ran.stdout, ran.stderr

    return act


def test_openssl_reads_a_new_key(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    keyid = keyfiles.write(path, kind, None)
    assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    assert keyid == hashlib.sha256(der).hexdigest()
    wanted = {"p256": b"ASN1 OID: prime256v1", "ed25519": b"ED25519 Private-Key"}[kind]
    assert wanted in openssl("pkey", "-in", path, "-noout", "-text")


def test_openssl_verifies_what_a_key_file_signs(kind: str, tmp_path: Path) -> None:
    keyfiles.write(tmp_path / "key.pem", kind, None)
    signer = signers.load(str(tmp_path / "key.pem"))
    sig = signer.sign(b"data")
    assert verifies(kind, tmp_path, signer.public_pem, sig, b"data")
    assert not verifies(kind, tmp_path, signer.public_pem, sig, b"other")


def test_a_key_of_openssl_signs(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", path)
    assert "BEGIN EC PRIVATE KEY" in path.read_text()
    signer = signers.load(str(path))
    assert verifies("p256", tmp_path, signer.public_pem, signer.sign(b"x"), b"x")


def test_only_its_owner_reads_a_new_key(tmp_path: Path) -> None:
    keyfiles.write(tmp_path / "key.pem", "p256", None)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


def kept(path: Path) -> None:
    path.write_text("kept")


@pytest.mark.parametrize("there", [kept, dangling, Path.mkdir])
def test_nothing_is_replaced(there: Callable[[Path], None], tmp_path: Path) -> None:
    there(tmp_path / "key.pem")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(UsageError, match=r"exists|cannot be written"):
        keyfiles.write(tmp_path / "key.pem", "p256", None)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    if there is kept:
        assert (tmp_path / "key.pem").read_text() == "kept"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        keyfiles.write(tmp_path / "none/key.pem", "p256", None)


def test_an_encrypted_key_opens_with_its_passphrase_only(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    keyid = keyfiles.write(path, kind, SECRET.encode())
    assert path.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    asked: list[str] = []

    def tell(what: str) -> bytes:
        asked.append(what)
        return SECRET.encode()

    assert signers.load(str(path), tell).keyid == keyid
    assert asked == [str(path)]
    openssl("pkey", "-in", path, "-passin", f"pass:{SECRET}", "-noout")
    with pytest.raises(KeyFileError, match="wrong password"):
        signers.load(str(path), lambda _: b"wrong")
    with pytest.raises(KeyFileError, match="nobody to ask"):
        signers.load(str(path))


def test_an_older_encrypted_key_of_openssl_is_asked_for_too(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", tmp_path / "plain")
    openssl("ec", "-aes128", "-passout", f"pass:{SECRET}", "-in", tmp_path / "plain", "-out", path)
    assert signers.load(str(path), lambda _: SECRET.encode()).keyid


def test_a_plain_key_asks_for_nothing(tmp_path: Path) -> None:
    keyfiles.write(tmp_path / "key.pem", "p256", None)

    def never(what: str) -> bytes:
        raise AssertionError(what)

    assert signers.load(str(tmp_path / "key.pem"), never)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"hello", "not a private key"), (None, "cannot be read"), (b"", "not a private key")],
)
def test_what_is_no_key_is_told(body: bytes | None, reason: str, tmp_path: Path) -> None:
    if body is not None:
        (tmp_path / "key.pem").write_bytes(body)
    with pytest.raises(KeyFileError, match=reason):
        signers.load(str(tmp_path / "key.pem"))


def test_a_public_key_and_an_rsa_key_do_not_sign(tmp_path: Path) -> None:
    (tmp_path / "pub.pem").write_bytes(handmade.p256().public_pem)
    with pytest.raises(KeyFileError, match="not a private key"):
        signers.load(str(tmp_path / "pub.pem"))
    openssl("genrsa", "-out", tmp_path / "rsa.pem", "2048")
    with pytest.raises(KeyFileError, match="RSA"):
        signers.load(str(tmp_path / "rsa.pem"))


def test_a_signer_shows_nothing_of_its_key() -> None:
    assert "key" not in repr(handmade.p256()).lower().replace("keyfile", "")


def test_new_and_export_agree(
    kind: str, run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "key.pem"
    out, err = run("new", path, "--type", kind)
    keyid = out.strip()
    assert "keep it secret" in err
    shown, _ = run("export", path)
    assert (
        shown.splitlines()[0] == f"SHA-256 of the public key (DER, SubjectPublicKeyInfo): {keyid}"
    )
    (tmp_path / "pub.pem").write_text(shown)
    der = openssl("pkey", "-pubin", "-in", tmp_path / "pub.pem", "-outform", "DER")
    assert hashlib.sha256(der).hexdigest() == keyid
    assert list(signers.trusted(shown.encode())) == [keyid]
    assert "PRIVATE" not in shown


def test_new_makes_p256_by_default(run: Callable[..., tuple[str, str]], tmp_path: Path) -> None:
    run("new", tmp_path / "key.pem")
    assert b"prime256v1" in openssl("pkey", "-in", tmp_path / "key.pem", "-noout", "-text")


def test_the_passphrase_comes_from_the_environment(
    run: Callable[..., tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    monkeypatch.setenv(keys.VARIABLE, SECRET)
    said = "".join(run("new", path, "--encrypt")) + "".join(run("export", path))
    assert SECRET not in said
    openssl("pkey", "-in", path, "-passin", f"pass:{SECRET}", "-noout")
    monkeypatch.delenv(keys.VARIABLE)
    with pytest.raises(UsageError, match=f"set {keys.VARIABLE}"):
        run("export", path)


def test_the_passphrase_is_asked_for_at_the_terminal(tmp_path: Path) -> None:
    """Twice for a new key, once for an old one, and what is typed is not shown."""
    code = "from troth.cli.keys import command; command()"
    for args, times in ((["new", "--encrypt"], 2), (["export"], 1)):
        terminal, end = pty.openpty()
        started = subprocess.Popen(
            [sys.executable, "-c", code, *args, tmp_path / "key.pem"],
            stdin=end, stdout=end, stderr=end, start_new_session=True,
            env={name: value for name, value in os.environ.items() if name != keys.VARIABLE},
        )  # fmt: skip
        os.close(end)
        shown = b""
        for _ in range(times):
            while not shown.rstrip().endswith(b":"):
                shown += os.read(terminal, 1000)
            shown += b"."
            os.write(terminal, SECRET.encode() + b"\n")
        with contextlib.suppress(OSError):  # how Linux tells the end of a terminal
            while piece := os.read(terminal, 1000):
                shown += piece
        assert started.wait() == 0, shown
        os.close(terminal)
        assert SECRET.encode() not in shown
    openssl("pkey", "-in", tmp_path / "key.pem", "-passin", f"pass:{SECRET}", "-noout")


def test_an_empty_passphrase_is_none(
    run: Callable[..., tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keys.VARIABLE, "")
    with pytest.raises(UsageError, match="is empty"):
        run("new", tmp_path / "key.pem", "--encrypt")
    assert not (tmp_path / "key.pem").exists()


def test_no_option_takes_a_passphrase() -> None:
    """An argument is seen by every user of the machine, and kept by the shell."""
    options = [
        option
        for part in keys.command.commands.values()
        for parameter in part.params
        for option in parameter.opts
    ]
    assert sorted(options) == ["--encrypt", "--type", "path", "signer"]


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install packages that offer signers, as far as the import system can tell."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, points: str = "acme = acme_signer:load") -> None:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[troth.signers]\n{points}\n")

    return install


def test_a_signer_of_another_package_is_found(
    plugin: Callable[[str], None], tmp_path: Path
) -> None:
    plugin("acme")
    code = "def load(rest, passphrase):\n    return rest, passphrase('it')\n"
    (tmp_path / "acme_signer.py").write_text(code)
    made: Any = signers.load("acme:slot/1:x", lambda what: what.encode())
    assert made == ("slot/1:x", b"it")
    del sys.modules["acme_signer"]


def test_two_packages_with_one_signer_are_refused(plugin: Callable[[str], None]) -> None:
    plugin("acme")
    plugin("evil")
    with pytest.raises(KeyFileError, match="two packages"):
        signers.load("acme:1")


def test_a_signer_that_is_not_installed_is_told() -> None:
    with pytest.raises(KeyFileError, match="'nosuch' a signer that is not installed"):
        signers.load("nosuch:1")


@pytest.fixture
def public(tmp_path: Path) -> Callable[[KeyFile], Path]:
    def write(signer: KeyFile) -> Path:
        (tmp_path / "public.pem").write_bytes(signer.public_pem)
        return tmp_path / "public.pem"

    return write


def test_securesystemslibs_own_file_signer_signs(
    kind: str, tmp_path: Path, public: Callable[[KeyFile], Path]
) -> None:
    keyid = keyfiles.write(tmp_path / "key.pem", kind, None)
    key = KeyFile(dsse.load_private_key((tmp_path / "key.pem").read_bytes()))
    made = kms.load(f"file2:{tmp_path / 'key.pem'}#{public(key)}")
    assert made.keyid == keyid
    assert verifies(kind, tmp_path, made.public_pem, made.sign(b"data"), b"data")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[KeyFile, list[dict[str, Any]]]]:
    """AWS KMS at the wire: one P-256 key that signs the digest that it is sent."""
    key = ec.generate_private_key(ec.SECP256R1())
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["X-Amz-Target"] == "TrentService.Sign"
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(asked)
            if asked["KeyId"] != "alias/evidence":
                return self._answer(400, {"__type": "NotFoundException", "message": "no key"})
            digest = base64.b64decode(asked["Message"])
            sig = key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
            return self._answer(200, {"Signature": base64.b64encode(sig).decode()})

        def _answer(self, status: int, data: dict[str, str]) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL_KMS": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield KeyFile(key), seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_key_of_aws_kms_signs_a_digest(
    service: tuple[KeyFile, list[dict[str, Any]]], public: Callable[[KeyFile], Path], tmp_path: Path
) -> None:
    key, seen = service
    made = kms.load(f"awskms:alias/evidence#{public(key)}")
    data = b"x" * 5000  # more than the 4096 bytes that KMS takes as they are
    assert made.keyid == key.keyid
    assert verifies("p256", tmp_path, made.public_pem, made.sign(data), data)
    (asked,) = seen
    assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
    assert base64.b64decode(asked["Message"]) == hashlib.sha256(data).digest()


def test_a_refusal_of_the_service_is_told(
    service: tuple[KeyFile, list[dict[str, Any]]], public: Callable[[KeyFile], Path]
) -> None:
    made = kms.load(f"awskms:alias/other#{public(service[0])}")
    with pytest.raises(KeyFileError, match=r"alias/other does not sign: .*no key"):
        made.sign(b"x")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("awskms:alias/x", "write kms:URI#PUBLIC"),
        ("#{public}", "write kms:URI#PUBLIC"),
        ("file2:key.pem#absent.pem", "cannot be read"),
        ("nosuch:1#{public}", "Unsupported private key scheme nosuch"),
        ("file2:absent.pem#{public}", "does not sign"),
    ],
)
def test_a_wrong_key_service_is_told(
    spec: str, reason: str, public: Callable[[KeyFile], Path]
) -> None:
    with pytest.raises(KeyFileError, match=reason):
        kms.load(spec.replace("{public}", str(public(handmade.p256()))))


def test_a_missing_library_is_named(
    public: Callable[[KeyFile], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "securesystemslib.signer", None)
    with pytest.raises(KeyFileError, match=r"pip install 'troth\[kms\]'"):
        kms.load(f"awskms:x#{public(handmade.p256())}")
