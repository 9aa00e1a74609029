"""How a password field of /etc/shadow is hashed: scheme and cost, never salt or hash.

Pure functions of text. Source: crypt(5), shadow(5). Also reads a field that the collector has
already cut down to what it begins with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: crypt(3)'s own digits, from 0 to 63.
_DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIX = {
    "1": "md5-crypt", "3": "nt", "5": "sha256-crypt", "6": "sha512-crypt", "7": "scrypt",
    "y": "yescrypt", "gy": "gost-yescrypt", "sha1": "sha1-crypt", "2": "bcrypt", "2a": "bcrypt",
    "2b": "bcrypt", "2x": "bcrypt", "2y": "bcrypt", "argon2i": "argon2", "argon2id": "argon2",
    "argon2d": "argon2", "md5": "md5-crypt",
}  # fmt: skip
_FIELD = re.compile(r"^\$([0-9a-z]{1,10})\$([^$]{0,40})")
#: crypt(5): the rounds of SHA crypt where none are written.
_SHA_ROUNDS = 5000
_DES = re.compile(r"^(?:des|[./0-9A-Za-z]{13}|_[./0-9A-Za-z]{19})$")


@dataclass(frozen=True)
class Kept:
    """What is kept in place of a password: ``set``, ``locked`` or ``empty``, scheme and cost."""

    state: str
    scheme: str
    cost: int


def kept(field: str) -> Kept:
    """Return what a password field holds. The mark of a lock may stand before a hash."""
    rest = field.lstrip("!*")
    if not rest or rest == "x":
        return Kept("locked" if field else "empty", "none", 0)
    state = "locked" if rest != field else "set"
    if _DES.match(rest):
        return Kept(state, "des", 0)
    found = _FIELD.match(rest)
    scheme = _PREFIX.get(found[1], "other") if found else "other"
    return Kept(state, scheme, _cost(scheme, found[2]) if found else 0)


def of_file(text: str) -> dict[str, Kept]:
    """Return by login what passwd(5) or shadow(5) keeps; the first line of a login holds."""
    found: dict[str, Kept] = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) in (7, 9) and fields[0]:
            found.setdefault(fields[0], kept(fields[1]))
    return found


def _cost(scheme: str, parameters: str) -> int:
    """Return rounds by number, or the exponent of two where the scheme says that."""
    if scheme in ("sha256-crypt", "sha512-crypt"):
        name, sign, number = parameters.partition("=")
        return _number(number) if name == "rounds" and sign else _SHA_ROUNDS
    if scheme in ("bcrypt", "sha1-crypt"):
        return _number(parameters)
    at = {"yescrypt": 1, "gost-yescrypt": 1, "scrypt": 0}.get(scheme)
    if at is None or len(parameters) <= at or parameters[at] not in _DIGITS:
        return 0
    return _DIGITS.index(parameters[at]) + (1 if at else 0)


def _number(text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if plain else 0
