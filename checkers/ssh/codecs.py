"""Packets sealed and opened: in clear, with a MAC, or with a cipher that has its own.

RFC 4253 section 6, RFC 5647 (AES-GCM) as OpenSSH speaks it, and OpenSSH's own
chacha20-poly1305 and MACs over what is encrypted (its file PROTOCOL). A codec is one direction.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import constant_time, hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.poly1305 import Poly1305

from troth.checkers.ssh.wire import Malformed


class Codec(Protocol):
    """One direction of a transport."""

    #: How many bytes of a packet must be there before its length can be told.
    head: int

    def length(self, head: bytes, sequence: int) -> int:
        """Return what the length field says; called once for each packet, in order."""

    def size(self, length: int) -> int:
        """Return the bytes of the whole packet on the wire; raises Malformed if impossible."""

    def open(self, wire: bytes, sequence: int) -> bytes:
        """Return padding length, payload and padding; raises Malformed if it was tampered with."""

    def seal(self, payload: bytes, sequence: int) -> bytes:
        """Return the packet on the wire."""


def padded(payload: bytes, block: int, outside: int) -> bytes:
    """Return padding length, payload and padding; ``outside`` bytes count in the alignment."""
    short = -(outside + 1 + len(payload)) % block
    count = short if short >= 4 else short + block
    return bytes([count]) + payload + os.urandom(count)


def aligned(length: int, block: int) -> None:
    """Raise :class:`Malformed` if so many bytes are no whole number of blocks."""
    if length % block:
        raise Malformed(f"a packet of {length} bytes is no whole number of blocks")


class Plain:
    """What is spoken before keys are agreed."""

    head = 4

    def length(self, head: bytes, sequence: int) -> int:
        """Return the length as it stands there."""
        return int.from_bytes(head, "big")

    def size(self, length: int) -> int:
        """Return the size of a packet without a MAC."""
        aligned(length + 4, 8)
        return 4 + length

    def open(self, wire: bytes, sequence: int) -> bytes:
        """Return everything behind the length."""
        return wire[4:]

    def seal(self, payload: bytes, sequence: int) -> bytes:
        """Return the packet."""
        body = padded(payload, 8, 4)
        return len(body).to_bytes(4, "big") + body


@dataclass(frozen=True)
class Mac:
    """An HMAC: its hash, how much of it is sent, and whether it covers what is encrypted."""

    digest: Callable[[], hashes.HashAlgorithm]
    size: int
    later: bool = False


class Sealed:
    """A stream or block cipher with a MAC over the clear packet, or over the encrypted one."""

    def __init__(self, stream: Any, block: int, mac: Mac, key: bytes) -> None:
        """``stream`` is an encryption or decryption context that lives as long as the keys."""
        self._stream, self._block, self._mac, self._key = stream, block, mac, key
        self.head = 4 if mac.later else block
        self._opened = b""

    def length(self, head: bytes, sequence: int) -> int:
        """Return the length, which only a MAC over the clear packet hides."""
        self._opened = head if self._mac.later else self._stream.update(head)
        return int.from_bytes(self._opened[:4], "big")

    def size(self, length: int) -> int:
        """Return the size with the MAC."""
        aligned(length if self._mac.later else length + 4, self._block)
        return max(4 + length, self.head) + self._mac.size

    def open(self, wire: bytes, sequence: int) -> bytes:
        """Return what was encrypted."""
        body, tag = wire[: -self._mac.size], wire[-self._mac.size :]
        if self._mac.later:
            self._check(body, tag, sequence)
            return bytes(self._stream.update(body[4:]))
        clear = self._opened + self._stream.update(body[self.head :])
        self._check(clear, tag, sequence)
        return bytes(clear[4:])

    def seal(self, payload: bytes, sequence: int) -> bytes:
        """Return the packet with its MAC."""
        body = padded(payload, self._block, 0 if self._mac.later else 4)
        length = len(body).to_bytes(4, "big")
        if self._mac.later:
            covered = sent = length + self._stream.update(body)
        else:
            covered = length + body
            sent = self._stream.update(covered)
        return bytes(sent + self._tag(covered, sequence))

    def _tag(self, data: bytes, sequence: int) -> bytes:
        made = hmac.HMAC(self._key, self._mac.digest())
        made.update(sequence.to_bytes(4, "big") + data)
        return made.finalize()[: self._mac.size]

    def _check(self, data: bytes, tag: bytes, sequence: int) -> None:
        if not constant_time.bytes_eq(self._tag(data, sequence), tag):
            raise Malformed("a packet's MAC does not fit")


class Galois:
    """AES-GCM as OpenSSH has it: the length in clear and authenticated (RFC 5647)."""

    head = 4

    def __init__(self, key: bytes, nonce: bytes) -> None:
        """``nonce`` is the first of 12 bytes, the last 8 of which count packets."""
        self._cipher = AESGCM(key)
        self._fixed, self._count = nonce[:4], int.from_bytes(nonce[4:], "big")

    def length(self, head: bytes, sequence: int) -> int:
        """Return the length as it stands there."""
        return int.from_bytes(head, "big")

    def size(self, length: int) -> int:
        """Return the size with the tag."""
        aligned(length, 16)
        return 4 + length + 16

    def open(self, wire: bytes, sequence: int) -> bytes:
        """Return what was encrypted."""
        try:
            return self._cipher.decrypt(self._nonce(), wire[4:], wire[:4])
        except InvalidTag as error:
            raise Malformed("a packet's tag does not fit") from error

    def seal(self, payload: bytes, sequence: int) -> bytes:
        """Return the packet with its tag."""
        body = padded(payload, 16, 0)
        length = len(body).to_bytes(4, "big")
        return length + self._cipher.encrypt(self._nonce(), body, length)

    def _nonce(self) -> bytes:
        nonce = self._fixed + self._count.to_bytes(8, "big")
        self._count = (self._count + 1) % (1 << 64)
        return nonce


class ChaCha:
    """chacha20-poly1305@openssh.com: two keys, and the packet's number as the nonce."""

    head = 4

    def __init__(self, key: bytes) -> None:
        """``key`` has 64 bytes: for the packet, then for its length."""
        self._body_key, self._length_key = key[:32], key[32:]

    def length(self, head: bytes, sequence: int) -> int:
        """Return the length, which has a key of its own."""
        return int.from_bytes(self._stream(self._length_key, 0, sequence, head), "big")

    def size(self, length: int) -> int:
        """Return the size with the tag."""
        aligned(length, 8)
        return 4 + length + 16

    def open(self, wire: bytes, sequence: int) -> bytes:
        """Return what was encrypted."""
        try:
            Poly1305.verify_tag(self._once(sequence), wire[:-16], wire[-16:])
        except InvalidSignature as error:
            raise Malformed("a packet's tag does not fit") from error
        return self._stream(self._body_key, 1, sequence, wire[4:-16])

    def seal(self, payload: bytes, sequence: int) -> bytes:
        """Return the packet with its tag."""
        body = padded(payload, 8, 0)
        sent = self._stream(self._length_key, 0, sequence, len(body).to_bytes(4, "big"))
        sent += self._stream(self._body_key, 1, sequence, body)
        return sent + Poly1305.generate_tag(self._once(sequence), sent)

    def _once(self, sequence: int) -> bytes:
        return self._stream(self._body_key, 0, sequence, bytes(32))

    def _stream(self, key: bytes, block: int, sequence: int, data: bytes) -> bytes:
        nonce = block.to_bytes(8, "little") + sequence.to_bytes(8, "big")
        return Cipher(algorithms.ChaCha20(key, nonce), None).encryptor().update(data)
