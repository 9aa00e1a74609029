"""The parsers face arbitrary bytes: an answer or their own error, nothing else and never a lie.

``TROTH_FUZZ`` says how many changed conversations are tried; a few are in every run.
"""

from __future__ import annotations

import base64
import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.checkers.ssh import peer
from tests.checkers.ssh.peer import Peer, talk
from troth.checkers.ssh import groups, hostkeys, kexinit
from troth.checkers.ssh.answers import Wanted
from troth.checkers.ssh.dialogue import Dialogue
from troth.checkers.ssh.greeting import LONGEST_PREFACE, Greeting
from troth.checkers.ssh.packets import MOST_BYTES, Inbound, Outbound
from troth.checkers.ssh.wire import Malformed, Reader, mpint, shown, string

CHANGED = int(os.environ.get("TROTH_FUZZ", "1500"))
SIGN_IN = Wanted(user="troth-probe")
ALGORITHMS = sorted({name for slot in hostkeys.SLOTS for name in slot.algorithms})
ALGORITHM = st.sampled_from(ALGORITHMS)


def packets(data: bytes) -> list[bytes]:
    inbound, found = Inbound(), []
    inbound.feed(data)
    while (payload := inbound.next()) is not None:
        found.append(payload)
    return found


@pytest.mark.parametrize(
    "parser",
    [
        kexinit.read,
        packets,
        lambda data: Greeting().feed(data),
        lambda data: Greeting().feed(b"SSH-2.0-" + data + b"\n"),
        lambda data: Reader(data).names(),
        lambda data: Reader(data).mpint(),
    ],
)
@given(data=st.binary(max_size=400))
def test_a_parser_raises_its_own_error_only(parser: Callable[[bytes], object], data: bytes) -> None:
    with contextlib.suppress(Malformed):
        parser(data)


def format_of(algorithm: str) -> bytes:
    """Return the type that stands in a key of an algorithm (RFC 8332 section 3)."""
    return algorithm.replace("rsa-sha2-512", "ssh-rsa").replace("rsa-sha2-256", "ssh-rsa").encode()


@given(
    algorithm=ALGORITHM,
    fields=st.lists(st.binary(max_size=80), max_size=6),
    signature=st.binary(max_size=80),
    named=st.booleans(),
)
@example(algorithm="ssh-rsa", fields=[b"", b""], signature=b"", named=True)
@example(algorithm="ssh-rsa", fields=[b"\3", b"\7" * 128], signature=b"", named=True)
@example(algorithm="ssh-rsa", fields=[b"\7" * 2048, b"\7" * 2048], signature=b"x", named=True)
@example(algorithm="ssh-rsa", fields=[b"\1\0\1", b"\7" * 9000], signature=b"", named=True)
@example(
    algorithm="ssh-dss",
    fields=[b"\7" * 128, b"\7" * 20, b"\2", b"\3"],
    signature=b"x" * 40,
    named=True,
)
@example(
    algorithm="ssh-dss",
    fields=[b"\7" * 2048, b"\7" * 20, b"\2", b"\3"],
    signature=b"x" * 40,
    named=True,
)
@example(algorithm="ssh-dss", fields=[b"\0", b"\0", b"\0", b"\0"], signature=b"x" * 40, named=True)
@example(algorithm="ecdsa-sha2-nistp256", fields=[b"nistp256", b""], signature=b"", named=True)
@example(algorithm="ecdsa-sha2-nistp256", fields=[b"nistp256", b"\0"], signature=b"", named=True)
@example(algorithm="ssh-ed25519", fields=[bytes(32)], signature=bytes(64), named=True)
def test_fields_of_nonsense_are_no_key_or_sign_nothing(
    algorithm: str, fields: list[bytes], signature: bytes, named: bool
) -> None:
    blob = string(format_of(algorithm)) + b"".join(map(string, fields))
    plain = algorithm.removesuffix("-cert-v01@openssh.com").encode()
    with contextlib.suppress(Malformed):
        key = hostkeys.read(blob, algorithm)
        signed = string(plain if named else b"none") + string(signature)
        assert not key.signed(signed, b"what was agreed on")


@pytest.mark.parametrize("lines", [8000, 9000])
def test_a_greeting_stands_within_the_first_bytes(lines: int) -> None:
    """However the stream is cut: here all of it comes at once, two bytes a line."""
    first = Greeting()
    data = b"x\n" * lines + b"SSH-2.0-late\r\n"
    if 2 * lines > LONGEST_PREFACE:
        with pytest.raises(Malformed):
            first.feed(data)
    else:
        found = first.feed(data)
        assert found is not None
        assert found.software == "late"


@pytest.mark.parametrize("more", [b"\0", b"x" * 40])
def test_a_key_with_more_behind_it_is_none(more: bytes) -> None:
    """Its fingerprint would not be that of the key."""
    assert hostkeys.read(Peer().blob, "ssh-ed25519").bits == 256
    with pytest.raises(Malformed):
        hostkeys.read(Peer().blob + more, "ssh-ed25519")


@given(chunks=st.lists(st.binary(max_size=300), max_size=10), greeted=st.booleans())
def test_a_dialogue_always_comes_to_an_answer(chunks: list[bytes], greeted: bool) -> None:
    dialogue = Dialogue(SIGN_IN)
    for chunk in [peer.GREETING] * greeted + chunks + [b""]:
        dialogue.feed(chunk)
        if not chunk:
            break
    dialogue.feed(b"")
    assert dialogue.done
    assert dialogue.answer.failure is not None
    assert dialogue.answer.key is None


def test_an_honest_conversation_comes_to_its_end() -> None:
    answer = talk(Peer(), SIGN_IN)
    assert answer.failure is None
    assert answer.methods == ("publickey",)


def mutation(chooser: random.Random) -> Callable[[bytes], bytes]:
    """Return what changes a stream at a few places: bytes flipped, left out, doubled, cut off."""
    left = chooser.choice((1, 1, 2, 5))

    def mangle(sent: bytes) -> bytes:
        nonlocal left
        changed = bytearray(sent)
        while left and changed and chooser.random() < 0.5:
            left -= 1
            at = chooser.randrange(len(changed))
            size = chooser.choice((1, 1, 4, 40))
            what = chooser.randrange(5)
            if what == 0:
                changed[at] ^= 1 << chooser.randrange(8)
            elif what == 1:
                del changed[at : at + size]
            elif what == 2:
                changed[at:at] = changed[at : at + size]
            elif what == 3:
                changed[at : at + size] = chooser.randbytes(size)
            else:
                del changed[at:]
        return bytes(changed)

    return mangle


def test_no_changed_conversation_ends_in_an_exception_or_a_lie() -> None:
    """What the server signs is what it said: a changed list never stands beside a proved key."""
    chooser = random.Random(20_261_121)  # noqa: S311 - the same changes in every run
    outcomes = set()
    for _ in range(CHANGED):
        server = Peer()
        answer = talk(server, SIGN_IN, mutation(chooser))
        outcomes.add((answer.failure is None, answer.key is None, answer.methods is None))
        assert not answer.welcome
        assert answer.methods in (None, ("publickey",))
        if answer.key is not None:
            assert answer.lists == kexinit.read(server.first)
            assert answer.key == hostkeys.read(server.blob, "ssh-ed25519")
    # Something was changed at each stage, and sometimes nothing was.
    assert outcomes == {(True, False, False), (False, True, True), (False, False, True)}


@given(sizes=st.lists(st.integers(1, 50), max_size=200))
def test_how_a_stream_is_cut_changes_nothing(sizes: list[int]) -> None:
    outbound = Outbound()
    said = [bytes([2]) * size for size in (1, 7, 8, 9, 300)]
    for payload in said:
        outbound.packet(payload)
    stream, inbound, heard = outbound.take(), Inbound(), []
    for size in [*sizes, len(stream)]:
        inbound.feed(stream[:size])
        stream = stream[size:]
        while (payload := inbound.next()) is not None:  # type: ignore[assignment]
            heard.append(payload)
    assert heard == said


def test_no_connection_is_listened_to_for_ever() -> None:
    inbound = Inbound()
    inbound.feed(bytes(MOST_BYTES))
    with pytest.raises(Malformed):
        inbound.feed(b"x")


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "00000000"), (0x9A378F9B2E332A7, "0000000809a378f9b2e332a7"), (0x80, "000000020080")],
)
def test_integers_are_written_as_the_rfc_shows(value: int, written: str) -> None:
    """The examples of RFC 4251 section 5."""
    assert mpint(value).hex() == written
    assert Reader(bytes.fromhex(written)).mpint() == value


def test_a_negative_integer_is_refused() -> None:
    """-1234 of RFC 4251 section 5."""
    with pytest.raises(Malformed):
        Reader(bytes.fromhex("00000002fb2e")).mpint()


@given(st.binary(max_size=1000))
def test_a_peers_text_is_printable_and_short(data: bytes) -> None:
    text = shown(data)
    assert len(text) <= 200
    assert text.isprintable()
    assert "\\" not in text.replace("\\x", "")


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 6144, 8192])
def test_the_groups_are_those_that_openssl_knows(bits: int) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("missing: openssl")
    command = ["openssl", "genpkey", "-genparam", "-algorithm", "DH"]
    command += ["-pkeyopt", f"group:modp_{bits}"]
    told = subprocess.run(command, check=True, capture_output=True).stdout
    made = base64.b64decode(b"".join(told.splitlines()[1:-1]))
    # An ASN.1 INTEGER with room for the sign, and then the generator.
    assert b"\0" + groups.prime(bits).to_bytes(bits // 8, "big") + b"\x02\x01\x02" in made
    assert groups.GENERATOR == 2


def test_the_oldest_group_ends_as_the_rfc_shows() -> None:
    """RFC 2409 section 6.2; no library at hand knows it by name."""
    assert groups.prime(1024).bit_length() == 1024
    assert f"{groups.prime(1024):X}".endswith("49286651ECE65381FFFFFFFFFFFFFFFF")


def test_what_can_be_weak_is_asked_for_first_and_a_certificate_is_a_key_of_its_own() -> None:
    offered = [
        "ssh-ed25519",
        "ssh-ed25519-cert-v01@openssh.com",
        "ecdsa-sha2-nistp521",
        "rsa-sha2-256",
        "ssh-rsa",
        "unheard-of",
    ]
    found = hostkeys.slots(offered)
    assert [slot.name for slot in found] == [
        "RSA",
        "ecdsa-sha2-nistp521",
        "Ed25519",
        "Ed25519 certificate",
    ]
    assert found[0].algorithms == ("rsa-sha2-256", "ssh-rsa")
    assert hostkeys.strange(offered) == ["unheard-of"]
