"""Timestamps of a real authority (``openssl ts``), verified by openssl too, and of bad ones."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.evidence import handmade
from tests.evidence.authority import Authority, authority, served
from troth.errors import IntegrityError, UsageError
from troth.evidence import sigstore, timestamp, timestamp_http
from troth.evidence.signers import trusted
from troth.evidence.statement import statement

DATA = b"a signature"
ASKED, OTHER = hashlib.sha256(DATA).digest(), hashlib.sha256(b"other").digest()


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "good")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "other")


def openssl_accepts(token: bytes, data: bytes, tsa: Authority, folder: Path) -> bool:
    (folder / "token.tsr").write_bytes(token)
    (folder / "data").write_bytes(data)
    args = ["-data", "data", "-in", "token.tsr", "-CAfile", str(tsa.roots)]
    ran = subprocess.run(["openssl", "ts", "-verify", *args], cwd=folder, capture_output=True)
    return ran.returncode == 0


@pytest.mark.parametrize("with_roots", [True, False], ids=["roots", "no-roots"])
def test_openssl_accepts_what_was_stamped(tsa: Authority, tmp_path: Path, with_roots: bool) -> None:
    told: list[str] = []
    with served(tsa.answer) as url:
        token = timestamp.stamper([url], tsa.root if with_roots else None, told.append)(DATA)
    assert openssl_accepts(token, DATA, tsa, tmp_path)
    assert not openssl_accepts(token, b"other", tsa, tmp_path)
    assert told == []


def test_the_time_is_the_tokens(tsa: Authority) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    token = tsa.stamp(DATA)
    made = timestamp.verify(token, DATA, tsa.root)
    assert before <= made <= datetime.now(UTC)
    assert made.utcoffset() == timedelta(0)


def test_a_bundle_with_one_verifies_and_says_when(tsa: Authority) -> None:
    signer = handmade.p256()
    body = statement(handmade.SUMMARY, handmade.ENVELOPE, "ab" * 32)
    with served(tsa.answer) as url:
        made = sigstore.bundle(body, signer, timestamp.stamper([url], tsa.root))
    found = sigstore.verify(made, trusted(signer.public_pem), tsa.root)
    sig = sigstore.read(made).envelope.signatures[0].sig
    assert found.stamped
    assert found.stamped_at == timestamp.verify(sigstore.read(made).token, sig, tsa.root)


def test_roots_may_stand_among_other_certificates(tsa: Authority, other: Authority) -> None:
    roots = other.root + tsa.leaf + tsa.root
    assert timestamp.verify(tsa.stamp(DATA), DATA, roots)


def test_other_data_another_authority_and_other_bytes_are_refused(
    tsa: Authority, other: Authority
) -> None:
    token = tsa.stamp(DATA)
    changed = bytearray(token)
    changed[-1] ^= 1
    for body, data, root in (
        (token, b"other", tsa.root),
        (token, DATA, other.root),
        (bytes(changed), DATA, tsa.root),
        (token[:-1], DATA, tsa.root),
        (b"", DATA, tsa.root),
        (b"hello", DATA, tsa.root),
    ):
        with pytest.raises(IntegrityError, match="not one of this authority"):
            timestamp.verify(body, data, root)


def test_a_refusal_of_the_authority_is_no_timestamp(tsa: Authority) -> None:
    """RFC 3161, 2.4.2: status 2 is rejection; openssl gives it to what it cannot read."""
    with pytest.raises(IntegrityError):
        timestamp.verify(tsa.answer(b"nonsense"), DATA, tsa.root)


def test_a_timestamp_outlives_the_authoritys_certificate(tmp_path: Path) -> None:
    """openssl judges by today, troth and verify.sh by the time of the stamp."""
    signer = handmade.p256()
    (tmp_path / "key.pem").write_bytes(signer.public_pem)
    for number in range(20):  # until one was stamped before its certificate ended
        made = authority(tmp_path / f"tsa{number}", timedelta(seconds=3))
        bag = handmade.bag(tmp_path / f"bag{number}", signer, made.stamp)
        sealed = sigstore.read((bag / handmade.NAME).read_bytes())
        sig = sealed.envelope.signatures[0].sig
        if holds(sealed.token, sig, made):
            break
    while openssl_accepts(sealed.token, sig, made, tmp_path):
        time.sleep(0.1)
    assert holds(sealed.token, sig, made)
    script = Path(sigstore.__file__).with_name("verify.sh")
    ran = subprocess.run(
        ["sh", script, bag, tmp_path / "key.pem", made.roots], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def holds(token: bytes, data: bytes, tsa: Authority) -> bool:
    try:
        timestamp.verify(token, data, tsa.root)
    except IntegrityError:
        return False
    return True


@contextlib.contextmanager
def closed() -> Generator[str]:
    with socket.socket() as held:  # bound and not listening: nobody else gets the port
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/"


@contextlib.contextmanager
def speaking(text: bytes) -> Generator[str]:
    """Answer a connection with these bytes, and close it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            with contextlib.suppress(OSError):
                peer, _ = server.accept()
                with peer:
                    peer.sendall(text)
                    peer.shutdown(socket.SHUT_WR)
                    while peer.recv(1 << 16):  # closing with questions unread would be an error
                        pass

        thread = threading.Thread(target=once)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        thread.join()


Bad = Callable[[Authority, Authority], contextlib.AbstractContextManager[str]]
#: Authorities that give nothing to use, and a piece of what is told of each.
BAD: dict[str, tuple[Bad, str]] = {
    "nobody there": (lambda good, other: closed(), "refused"),
    "an error": (lambda good, other: served(good.answer, 503), "HTTP status 503"),
    "a redirect": (lambda good, other: served(good.answer, 302), "HTTP status 302"),
    "no HTTP": (lambda good, other: speaking(b"hello\r\n"), "no whole answer"),
    "half an answer": (
        lambda good, other: speaking(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"),
        "not an answer of RFC 3161",
    ),
    "no token": (lambda good, other: served(lambda _: b"hello"), "not an answer of RFC 3161"),
    "nothing": (lambda good, other: served(lambda _: b""), "not an answer of RFC 3161"),
    "too much": (lambda good, other: served(lambda _: b"x" * (2 << 20)), "larger"),
    "a refusal": (lambda good, other: served(lambda _: good.answer(b"x")), "no timestamp from"),
    "another digest": (
        lambda good, other: served(lambda asked: good.answer(asked.replace(ASKED, OTHER))),
        "no timestamp from",
    ),
    "an old answer": (lambda good, other: served(lambda _: good.stamp(DATA)), "no timestamp from"),
}


@pytest.mark.parametrize("with_roots", [True, False], ids=["roots", "no-roots"])
@pytest.mark.parametrize("name", BAD)
def test_the_next_authority_is_asked(
    name: str, with_roots: bool, tsa: Authority, other: Authority, tmp_path: Path
) -> None:
    make, reason = BAD[name]
    told: list[str] = []
    with make(tsa, other) as bad, served(tsa.answer) as good:
        stamp = timestamp.stamper([bad, good], tsa.root if with_roots else None, told.append)
        token = stamp(DATA)
    assert openssl_accepts(token, DATA, tsa, tmp_path)
    (line,) = told
    assert bad in line
    assert reason in line


def test_an_authority_that_is_not_the_right_one_is_passed_over(
    tsa: Authority, other: Authority, tmp_path: Path
) -> None:
    told: list[str] = []
    with served(other.answer) as bad, served(tsa.answer) as good:
        token = timestamp.stamper([bad, good], tsa.root, told.append)(DATA)
    assert openssl_accepts(token, DATA, tsa, tmp_path)
    assert len(told) == 1


def test_when_all_fail_there_is_none_and_it_is_said() -> None:
    told: list[str] = []
    with closed() as first, closed() as second:
        assert timestamp.stamper([first, second], None, told.append)(DATA) == b""
    assert [first in told[0], second in told[1]] == [True, True]
    assert told[2] == "the signature has no timestamp: no authority gave one"


def test_a_slow_authority_is_cut_off() -> None:
    """A byte now and then keeps a connection alive for ever, unless the whole is limited."""

    def drip(number: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\n" if number == 0 else b"X: y\r\n"

    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def serve() -> None:
            peer, _ = server.accept()
            with peer, contextlib.suppress(OSError):
                for number in range(50):  # fewer lines than http.client reads
                    peer.sendall(drip(number))
                    if done.wait(0.1):
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        try:
            with pytest.raises(ValueError, match="longer than"):
                timestamp_http.post(url, b"question", seconds=0.5)
        finally:
            done.set()
            thread.join()


@pytest.mark.parametrize(
    "url", ["ftp://tsa.example/", "file:///etc/passwd", "tsa.example", "", "http://", "http://x:0/",
            "http://x:abc/", "http://[::1/"],
)  # fmt: skip
def test_an_address_that_is_none_is_told_before_signing(url: str) -> None:
    with pytest.raises(UsageError, match="not a timestamp authority"):
        timestamp.stamper(["http://127.0.0.1/", url])


def test_roots_that_are_none_are_told(tsa: Authority) -> None:
    for pem in (b"", b"hello", handmade.p256().public_pem, tsa.leaf):
        with pytest.raises(UsageError, match=r"no certificates|no root"):
            timestamp.verify(tsa.stamp(DATA), DATA, pem)
        with pytest.raises(UsageError, match=r"no certificates|no root"):
            timestamp.stamper(["http://127.0.0.1/"], pem)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tsa: Authority) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(UsageError, match=r"pip install 'troth\[timestamp\]'"):
        timestamp.stamper(["http://127.0.0.1/"])
    with pytest.raises(UsageError, match=r"pip install 'troth\[timestamp\]'"):
        timestamp.verify(b"", DATA, tsa.root)
