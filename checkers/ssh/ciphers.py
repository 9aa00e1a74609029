"""The ciphers and MACs that can be spoken, by the names they have in SSH.

RFC 4253 section 6, RFC 4344 (counter mode), RFC 6668 (HMAC with SHA-2). Weak ones are here too: a
server that has nothing else is asked how one may sign in all the same, and no secret is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from troth.checkers.ssh.codecs import ChaCha, Codec, Galois, Mac, Sealed

#: Gives so many bytes of key material for a letter of RFC 4253 section 7.2.
Derive = Callable[[str, int], bytes]


@dataclass(frozen=True)
class Suite:
    """How a cipher is made: the algorithm, the bytes of its key and block, its mode."""

    algorithm: Callable[[bytes], Any]
    key: int
    block: int
    mode: Callable[[bytes], Any]


#: Ciphers with a MAC of their own.
AEAD = {"aes256-gcm@openssh.com": 32, "aes128-gcm@openssh.com": 16}
_AES = (256, 192, 128)
CHACHA = "chacha20-poly1305@openssh.com"

_COUNTER = {f"aes{bits}-ctr": Suite(algorithms.AES, bits // 8, 16, modes.CTR) for bits in _AES}
_CHAINED = {f"aes{bits}-cbc": Suite(algorithms.AES, bits // 8, 16, modes.CBC) for bits in _AES} | {
    "3des-cbc": Suite(TripleDES, 24, 8, modes.CBC)
}
_SUITES = _COUNTER | _CHAINED

_HMACS: dict[str, tuple[Callable[[], hashes.HashAlgorithm], int]] = {
    "hmac-sha2-256": (hashes.SHA256, 32),
    "hmac-sha2-512": (hashes.SHA512, 64),
    "hmac-sha1": (hashes.SHA1, 20),
    "hmac-sha1-96": (hashes.SHA1, 12),
    "hmac-md5": (hashes.MD5, 16),
    "hmac-md5-96": (hashes.MD5, 12),
}
#: Every MAC that can be spoken; the names that end so cover the encrypted packet.
MACS = {name: Mac(digest, size) for name, (digest, size) in _HMACS.items()} | {
    f"{name}-etm@openssh.com": Mac(digest, size, later=True)
    for name, (digest, size) in _HMACS.items()
}
#: Every cipher that can be spoken, best known first.
CIPHERS = (*AEAD, *_COUNTER, CHACHA, *_CHAINED)


def needs_mac(cipher: str) -> bool:
    """Tell whether a cipher has no MAC of its own."""
    return cipher in _SUITES


def codec(cipher: str, mac: str, derive: Derive, letters: Sequence[str], *, sealing: bool) -> Codec:
    """Return one direction of a transport; ``letters`` name its IV, its key and its MAC's key."""
    nonce, key, check = letters
    if cipher == CHACHA:
        return ChaCha(derive(key, 64))
    if cipher in AEAD:
        return Galois(derive(key, AEAD[cipher]), derive(nonce, 12))
    suite, keyed = _SUITES[cipher], MACS[mac]
    made = Cipher(suite.algorithm(derive(key, suite.key)), suite.mode(derive(nonce, suite.block)))
    stream = made.encryptor() if sealing else made.decryptor()
    return Sealed(stream, suite.block, keyed, derive(check, keyed.digest().digest_size))
