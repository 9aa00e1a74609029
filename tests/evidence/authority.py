"""A real timestamp authority: ``openssl ts`` behind HTTP on loopback."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIGURATION = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    """An authority in a folder; ``root`` and ``leaf`` are its certificates in PEM."""

    folder: Path
    root: bytes
    leaf: bytes

    @property
    def roots(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, question: bytes) -> bytes:
        """Return what openssl answers to a question (DER)."""
        asked, made = self.folder / "question.tsq", self.folder / "answer.tsr"
        asked.write_bytes(question)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", self.folder / "ts.cnf", "-section", "one",
             "-queryfile", asked, "-out", made],
            check=True, capture_output=True,
        )  # fmt: skip
        return made.read_bytes()

    def stamp(self, data: bytes) -> bytes:
        """Return a timestamp of data, asked for by openssl too."""
        file, asked = self.folder / "data", self.folder / "asked.tsq"
        file.write_bytes(data)
        subprocess.run(
            ["openssl", "ts", "-query", "-data", file, "-sha256", "-cert", "-out", asked],
            check=True, capture_output=True,
        )  # fmt: skip
        return self.answer(asked.read_bytes())


def authority(folder: Path, until: timedelta = timedelta(days=30)) -> Authority:
    """Make an authority whose certificate ends after ``until``."""
    folder.mkdir()
    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = (
        _certificate("root", "root", root_key, timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    leaf = (
        _certificate("stamps", "root", leaf_key, until)
        .add_extension(stamping, critical=True)
        .sign(root_key, hashes.SHA256())
    )
    made = Authority(folder, *(one.public_bytes(s.Encoding.PEM) for one in (root, leaf)))
    (folder / "root.pem").write_bytes(made.root)
    (folder / "tsa.pem").write_bytes(made.leaf)
    (folder / "serial").write_text("01\n")
    (folder / "ts.cnf").write_text(_CONFIGURATION.format(folder=folder))
    pem = leaf_key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    (folder / "tsa.key").write_bytes(pem)
    return made


def _certificate(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, until: timedelta
) -> x509.CertificateBuilder:
    def called(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + until)
    )


@contextlib.contextmanager
def served(answer: Callable[[bytes], bytes], status: int = 200) -> Generator[str]:
    """Serve answers to questions over HTTP on loopback; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            wanted = self.headers["Content-Type"] == "application/timestamp-query"
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status if wanted else 415)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stamp"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
