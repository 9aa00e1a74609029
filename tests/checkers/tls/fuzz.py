"""Mutated server flights for the parsers: seeded, and bounded in what they may do."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from troth.checker import ObservationFailed
from troth.checkers.tls import certificates, facts, hello
from troth.checkers.tls.answers import Answer
from troth.checkers.tls.dialogue import LARGEST_FLIGHT, Dialogue
from troth.checkers.tls.evidence import Evidence
from troth.checkers.tls.keys import KeyShare
from troth.checkers.tls.preamble import LARGEST_PREAMBLE, State
from troth.checkers.tls.questions import FULL, Offer
from troth.checkers.tls.starttls import machine
from troth.checkers.tls.wire import Malformed

#: What one mutated input may take, in seconds; only a hang takes longer.
LONGEST = 10.0


@dataclass(frozen=True)
class Flight:
    """What a real server sent to an offer; ``share`` decrypts it where it is TLS 1.3."""

    name: str
    offer: Offer
    share: KeyShare | None
    entropy: hello.Entropy
    data: bytes


@dataclass(frozen=True)
class Preamble:
    """What a real server says before TLS, message by message."""

    protocol: str
    said: tuple[bytes, ...]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to four changes of the usual sorts."""
    body = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(body) + 1)
        sort = rng.randrange(8)
        if sort == 0 and at < len(body):
            body[at] ^= 1 << rng.randrange(8)
        elif sort == 1 and at < len(body):
            body[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif sort == 2:
            del body[at : at + rng.randint(1, 64)]
        elif sort == 3:
            body[at:at] = rng.randbytes(rng.randint(1, 64))
        elif sort == 4:
            start = rng.randrange(len(body) + 1)
            body[at:at] = body[start : start + rng.randint(1, 2000)]
        elif sort == 5:
            del body[at:]
        elif sort == 6 and len(body) > 4:
            # Lengths live near the front; one of them says something else.
            place = rng.randrange(min(120, len(body) - 2))
            body[place : place + 2] = rng.choice((b"\0\0", b"\xff\xff", b"\x40\0", b"\0\x01"))
        else:
            body += rng.randbytes(rng.randint(1, 300))
    return bytes(body)


def pieces(data: bytes, rng: random.Random) -> Iterator[bytes]:
    """Yield the bytes in chunks as a network might cut them."""
    size = rng.choice((1 << 14, 1 << 14, 1 << 14, 500, 37, len(data) + 1))
    for start in range(0, len(data), size):
        yield data[start : start + size]


def talk(flight: Flight, data: bytes, rng: random.Random) -> Answer:
    """Feed one dialogue and return its answer; it must not keep more than a flight may have."""
    dialogue = Dialogue(flight.offer, "localhost", flight.share, flight.entropy)
    for piece in pieces(data, rng):
        answer = dialogue.feed(piece)
        if answer is not None:
            return answer
        assert dialogue.held <= LARGEST_FLIGHT
    return dialogue.close()


def one_flight(flight: Flight, rng: random.Random) -> str:
    """Mutate one flight, read it, and compute every fact of its answer."""
    answer = talk(flight, mutated(flight.data, rng), rng)
    evidence = Evidence(FULL.name, (answer, answer)) if answer.yes else None
    if evidence is not None:
        facts.versions(evidence)
        facts.ciphers(evidence)
        if rng.randrange(8) == 0:
            certificates.presented(evidence)
    return str(answer.kind.value)


def one_preamble(preamble: Preamble, rng: random.Random) -> str:
    """Mutate what a server says before TLS, and play it to the machine."""
    run = machine(preamble.protocol)
    step = run.feed(b"")
    for said in preamble.said:
        for piece in pieces(mutated(said, rng) if rng.randrange(2) else said, rng):
            if step.state is not State.WAIT:
                break
            step = run.feed(piece)
            assert run.held <= LARGEST_PREAMBLE
    return str(step.state.value)


def one_message(flight: Flight, rng: random.Random) -> str:
    """Mutate the bytes and give them to each parser of a message."""
    data = mutated(flight.data[:3000], rng)[rng.randrange(60) :]
    parsers: Sequence[Callable[[bytes], object]] = (
        hello.read_server_hello,
        hello.read_client_hello,
        lambda body: hello.read_certificates(body, True),
        lambda body: hello.read_certificates(body, False),
        hello.read_status,
        hello.read_prime_bits,
    )
    try:
        rng.choice(parsers)(data)
    except Malformed:
        return "message malformed"
    return "message read"


def one_certificate(ders: Sequence[bytes], rng: random.Random) -> str:
    """Mutate a certificate and describe it."""
    try:
        described = certificates.describe(mutated(rng.choice(ders), rng), rng.randrange(2))
    except ObservationFailed:
        return "certificate failed"
    return "certificate described" if described else "certificate unreadable"


def run(
    flights: Sequence[Flight],
    preambles: Sequence[Preamble],
    ders: Sequence[bytes],
    count: int,
    seed: int,
) -> Counter[str]:
    """Run so many mutations; return how they ended. Whatever is wrong is an exception."""
    counts: Counter[str] = Counter()
    for number in range(count):
        rng = random.Random(seed * 1_000_003 + number)  # noqa: S311 - to be repeated, not secret
        begin = time.monotonic()
        try:
            sort = rng.randrange(20)
            if sort < 11:
                ended = f"flight {one_flight(rng.choice(flights), rng)}"
            elif sort < 15:
                ended = f"preamble {one_preamble(rng.choice(preambles), rng)}"
            elif sort < 19:
                ended = one_message(rng.choice(flights), rng)
            else:
                ended = one_certificate(ders, rng)
        except BaseException:
            print(f"seed {seed}, mutation {number}", file=sys.stderr)
            raise
        assert time.monotonic() - begin < LONGEST, f"seed {seed}, mutation {number} hangs"
        counts[ended] += 1
    return counts
