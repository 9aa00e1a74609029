"""In what form a stored password is kept, told from its shape; pure functions.

Sources: crypt(5) of libxcrypt; the password hashers of Django, Werkzeug and passlib as their
documentation writes them; RFC 5803 (SCRAM), RFC 9106 (Argon2); ASP.NET Core Identity, version 3.
Only the scheme, its cost and whether salts come again are ever told: no hash leaves this module.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from troth.checker import complete


@dataclass(frozen=True)
class Form:
    """The scheme of a stored password, its cost, and its salt (empty where it has none).

    ``cost`` is the exponent of bcrypt, scrypt and yescrypt, the memory in KiB of Argon2, and the
    number of rounds of all others; 0 where the scheme has none.
    """

    scheme: str
    cost: int = 0
    salt: str = ""


#: Shapes that tell the scheme. COST and SALT are groups, B64 the signs of Base64 in its dialects,
#: B the signs of crypt(5), HEX hexadecimal digits.
_SHAPES: tuple[tuple[str, str], ...] = (
    ("bcrypt", r"(?:bcrypt(?:_sha256)?\$)?(?:\{(?i:B?CRYPT)\})?\$2[abxy]?\$COST\$SALT{B22}B{31}"),
    ("bcrypt", r"\$bcrypt-sha256\$v=2,t=2[aby],r=COST\$SALT{B22}\$B{31}"),
    ("argon2id", r"(?:argon2)?\$argon2id\$(?:v=\d+\$)?m=COST,t=\d+,p=\d+\$SALT\$B64+"),
    ("argon2i", r"(?:argon2)?\$argon2i\$(?:v=\d+\$)?m=COST,t=\d+,p=\d+\$SALT\$B64+"),
    ("argon2d", r"(?:argon2)?\$argon2d\$(?:v=\d+\$)?m=COST,t=\d+,p=\d+\$SALT\$B64+"),
    ("pbkdf2-sha256", r"pbkdf2_sha256\$COST\$SALT\$B64+"),
    ("pbkdf2-sha256", r"\$pbkdf2-sha256\$COST\$SALT\$B64+"),
    ("pbkdf2-sha256", r"pbkdf2:sha256:COST\$SALT\$HEX{64}"),
    ("pbkdf2-sha512", r"pbkdf2_sha512\$COST\$SALT\$B64+"),
    ("pbkdf2-sha512", r"\$pbkdf2-sha512\$COST\$SALT\$B64+"),
    ("pbkdf2-sha512", r"pbkdf2:sha512:COST\$SALT\$HEX{128}"),
    ("pbkdf2-sha1", r"pbkdf2_sha1\$COST\$SALT\$B64+"),
    ("pbkdf2-sha1", r"\$pbkdf2\$COST\$SALT\$B64+"),
    ("pbkdf2-sha1", r"pbkdf2:sha1:COST\$SALT\$HEX{40}"),
    ("scram-sha-256", r"SCRAM-SHA-256\$COST:SALT\$B64+:B64+"),
    ("scrypt", r"\$scrypt\$ln=COST,r=\d+,p=\d+\$SALT\$B64+"),
    ("scrypt", r"scrypt:(?P<number>\d{1,12}):\d+:\d+\$SALT\$HEX{128}"),
    ("scrypt", r"scrypt\$SALT\$(?P<number>\d{1,12})\$\d+\$\d+\$B64+"),
    ("yescrypt", r"\$y\$j(?P<letter>B)B*\$SALT\$B{43}"),
    ("sha512-crypt", r"(?:\{CRYPT\})?\$6\$(?:rounds=COST\$)?SALT\$B{86}"),
    ("sha256-crypt", r"(?:\{CRYPT\})?\$5\$(?:rounds=COST\$)?SALT\$B{43}"),
    ("md5-crypt", r"(?:\{CRYPT\})?\$(?:1|apr1)\$SALT\$B{22}"),
    ("phpass", r"\$[PH]\$[./A-Za-z0-9]SALT{B8}B{22}"),
    ("sha512-phpass", r"\$S\$[./A-Za-z0-9]SALT{B8}B{43}"),
    ("sha1", r"sha1\$SALT\$HEX{40}|\{S?SHA\}B64{28,80}|HEX{40}"),
    ("md5", r"md5\$SALT\$HEX{32}|\{S?MD5\}B64{24,60}|(?:md5)?HEX{32}"),
    ("mysql-native", r"\*HEX{40}"),
    ("sha256", r"HEX{64}"),
    ("sha512", r"HEX{128}"),
    ("locked", r"![A-Za-z0-9]{40}|[!*]{1,2}"),
)  # fmt: skip
_WORDS = {
    "SALT{B22}": "(?P<salt>B{22})",
    "SALT{B8}": "(?P<salt>B{8})",
    "SALT": r"(?P<salt>[^$\s]{1,64})",
    "COST": r"(?P<cost>\d{1,12})",
    "B64": "[A-Za-z0-9+/.=_-]",
    "HEX": "[0-9A-Fa-f]",
    "B": "[./A-Za-z0-9]",
}
_WORD = re.compile(r"SALT\{B\d+\}|SALT|COST|B64|HEX|B(?![A-Z])")


#: What a scheme does where it does not say how often: crypt(5).
_ROUNDS = {"sha512-crypt": 5000, "sha256-crypt": 5000, "md5-crypt": 1000}
_ITOA = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#: ASP.NET Core Identity: the pseudo-random functions by number.
_PRF = {0: "pbkdf2-sha1", 1: "pbkdf2-sha256", 2: "pbkdf2-sha512"}


def form(value: str) -> Form:
    """Return in what form one stored password is kept.

    The scheme is ``other`` for what has no known form: plain text, something encrypted, or a hash
    that does not tell what made it.
    """
    value = value.strip()
    for scheme, shape in _compiled():
        found = shape.fullmatch(value)
        if found:
            parts = found.groupdict()
            return Form(scheme, _cost(scheme, parts), parts.get("salt") or "")
    return _identity(value) or Form("other")


@functools.cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((scheme, re.compile(_spelled(shape), re.ASCII)) for scheme, shape in _SHAPES)


def _spelled(shape: str) -> str:
    """Return a shape with its words replaced; a word may stand for others."""
    spelled = _WORD.sub(lambda found: _WORDS[found[0]], shape)
    return re.sub(r"(?<=\(\?P<salt>)B", lambda _: _WORDS["B"], spelled)


def _cost(scheme: str, parts: dict[str, Any]) -> int:
    if parts.get("number"):  # scrypt by the number itself, a power of two
        return max(int(parts["number"]).bit_length() - 1, 0)
    if parts.get("letter"):  # crypt(5): the character counts from one
        return _ITOA.index(parts["letter"]) + 1
    given = parts.get("cost")
    return int(given) if given else _ROUNDS.get(scheme, 0)


def _identity(value: str) -> Form | None:
    """Return the form of ASP.NET Core Identity: mark, function, rounds, length, salt, key."""
    if not value.startswith("AQAAAA"):
        return None
    try:
        body = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    function, rounds, length = (int.from_bytes(body[at : at + 4], "big") for at in (1, 5, 9))
    if len(body) < 13 + length or function not in _PRF:
        return None
    return Form(_PRF[function], rounds, body[13 : 13 + length].hex())


def facts(values: Iterable[str | None], *, whole: bool) -> dict[str, Any]:
    """Return the facts of the facet ``forms`` of a ``password-column``.

    A missing value is no password. ``equal`` counts the rows whose stored value another row has
    too, ``equal_salts`` those whose salt another row has with another value.
    """
    there = [value.strip() for value in values if value is not None]
    stored = [value for value in there if value]
    forms = {value: form(value) for value in stored}
    groups = Counter((forms[value].scheme, forms[value].cost) for value in stored)
    distinct = Counter(forms[value].salt for value in forms if forms[value].salt)
    return {
        "looked_at": len(there),
        "whole": whole,
        "empty": len(there) - len(stored),
        "forms": complete(
            {"scheme": scheme, "cost": cost, "rows": rows}
            for (scheme, cost), rows in groups.items()
        ),
        "equal": sum(
            rows
            for value, rows in Counter(stored).items()
            if rows > 1 and forms[value].scheme != "locked"
        ),
        "equal_salts": sum(
            distinct[forms[value].salt] > 1 for value in stored if forms[value].salt
        ),
    }
