"""Whether stored bytes can be read by whoever opens the store; pure functions.

What an application encrypted has no form: no words, no file's first bytes. Text that only looks
strange (Base64) is decoded once and looked at again.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

#: How audio, pictures, documents and archives begin; whoever has the bytes can play or open them.
_BEGINNINGS = (
    b"RIFF", b"OggS", b"ID3", b"fLaC", b"#!AMR", b"\xff\xfb", b"\xff\xf3", b"\x1aE\xdf\xa3",
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh",
)  # fmt: skip
_FTYP = slice(4, 8)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(rb"(?:\\x)?(?:[0-9A-Fa-f]{2}){16,}")
#: Marks of ciphertexts that carry their own header: OpenPGP, age, envelope formats of libraries.
_ARMOUR = (b"-----BEGIN PGP MESSAGE", b"age-encryption.org/", b"vault:v", b"$ANSIBLE_VAULT")


def is_readable(value: bytes) -> bool:
    """Tell whether text or a known form of file is seen in the bytes.

    An empty value is not: there is nothing to read.
    """
    value = value.strip()
    if not value or value.startswith(_ARMOUR):
        return False
    if value.startswith(_BEGINNINGS) or value[_FTYP] == b"ftyp":
        return True
    inner = _decoded(value)
    if inner is not None:
        return inner.startswith(_BEGINNINGS) or _is_text(inner)
    return _is_text(value)


def _decoded(value: bytes) -> bytes | None:
    """Return what Base64 or hexadecimal digits stand for, None where it is neither."""
    if _HEX.fullmatch(value):
        return binascii.unhexlify(value.removeprefix(b"\\x"))
    if not _BASE64.fullmatch(value):
        return None
    try:
        return (
            base64.b64decode(value + b"=" * (-len(value.rstrip(b"=")) % 4), altchars=b"-_")
            if (b"-" in value or b"_" in value)
            else base64.b64decode(value.rstrip(b"=") + b"=" * (-len(value.rstrip(b"=")) % 4))
        )
    except (binascii.Error, ValueError):
        return None


def _is_text(value: bytes) -> bool:
    """Tell whether bytes are text: UTF-8 whose signs are nearly all letters, digits or marks."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    sane = sum(unicodedata.category(sign)[0] in "LMNPSZ" or sign in "\r\n\t" for sign in text)
    return sane * 100 >= len(text) * 95
