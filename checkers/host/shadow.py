"""Accounts as /etc/passwd, /etc/shadow and authorized_keys tell them; pure functions of text.

Source: passwd(5), shadow(5), sshd(8) "AUTHORIZED_KEYS FILE FORMAT".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from troth.checkers.host.settings import integer

#: Shells that end at once; an account with one of them cannot sign in.
_NO_LOGIN = {"nologin", "false", "sync", "halt", "shutdown", "true"}
#: shadow(5), chage(1): at this many days and above, a password does not expire in practice.
NEVER = 99999
#: The mark in /etc/passwd that says: the password is in /etc/shadow.
ELSEWHERE = "x"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Login:
    """A line of /etc/passwd; ``password`` is ``x`` where /etc/shadow has it."""

    name: str
    password: str
    uid: int
    gid: int
    home: str
    shell: str

    @property
    def may_sign_in(self) -> bool:
        """Tell whether the shell is one to work with; an empty field is /bin/sh."""
        return self.shell.rsplit("/", 1)[-1] not in _NO_LOGIN

    def key_file(self, pattern: str) -> str:
        """Return the path that a pattern of sshd's AuthorizedKeysFile means for this account."""
        path = pattern.replace("%%", "\0").replace("%u", self.name).replace("%h", self.home)
        path = path.replace("%U", str(self.uid)).replace("\0", "%")
        return path if path.startswith("/") else f"{self.home.rstrip('/')}/{path}"


@dataclass(frozen=True)
class Shadow:
    """A line of /etc/shadow without its hash; days are counted from 1970-01-01 in UTC.

    ``state`` is ``empty``, ``locked`` or ``set``. None is an empty field.
    """

    state: str
    changed: int | None
    longest: int | None
    inactive: int | None
    expires: int | None


def logins(passwd: str) -> list[Login]:
    """Return the accounts of /etc/passwd that read as such, in the file's order."""
    return list(_logins(passwd))


@lru_cache(maxsize=64)
def _logins(passwd: str) -> tuple[Login, ...]:
    found = []
    for line in passwd.splitlines():
        fields = line.split(":")
        if len(fields) == 7 and fields[2].isdigit() and fields[3].isdigit():
            name, password, uid, gid, _, home, shell = fields
            found.append(Login(name, password, int(uid), int(gid), home, shell.strip()))
    return tuple(found)


def redacted(passwd: str) -> str:
    """Return /etc/passwd with every hash that stands in it replaced by the word ``set``."""
    cut = [line.split(":") for line in passwd.splitlines()]
    for fields in cut:
        if len(fields) > 1 and without_hash(fields[1]) == "set":
            fields[1] = "set"
    return "\n".join(":".join(fields) for fields in cut)


def without_hash(password: str) -> str:
    """Return what a password field says about its state: ``empty``, ``locked`` or ``set``.

    A field that starts with ``!`` or ``*`` matches no password. So does ``x`` in /etc/shadow.
    """
    if not password:
        return "empty"
    return "locked" if password[0] in "!*" or password == ELSEWHERE else "set"


def shadows(text: str) -> dict[str, Shadow]:
    """Return the lines of /etc/shadow by login; the first line of a login holds."""
    found: dict[str, Shadow] = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) == 9:
            changed, _, longest, _, inactive, expires = map(integer, fields[2:8])
            state = without_hash(fields[1])
            found.setdefault(fields[0], Shadow(state, changed, longest, inactive, expires))
    return found


def instant(day: int) -> str:
    """Return the beginning of a day as an ISO 8601 instant in UTC."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def sign_in(shadow: Shadow, today: int) -> str:
    """Return ``open``, ``blocked-until-changed`` or ``blocked`` for a password on a day.

    As pam_unix(8) does it: past its last day an account is closed; a password past ``longest``
    must be changed, and past ``inactive`` more days no longer opens.
    """
    if shadow.state == "locked" or is_expired(shadow, today):
        return "blocked"
    if shadow.changed == 0:
        return "blocked-until-changed"
    limit = max_age(shadow)
    if shadow.changed is None or limit is None or today - shadow.changed <= limit:
        return "open"
    over = shadow.inactive is not None and shadow.inactive >= 0
    if over and today - shadow.changed > limit + (shadow.inactive or 0):
        return "blocked"
    return "blocked-until-changed"


def is_expired(shadow: Shadow, today: int) -> bool:
    """Tell whether the account's last day has come."""
    return shadow.expires is not None and 0 <= shadow.expires <= today


def max_age(shadow: Shadow) -> int | None:
    """Return the longest age of a password in days, or None: it never expires."""
    if shadow.longest is None or not 0 <= shadow.longest < NEVER:
        return None
    return shadow.longest


def members(group: str, names: set[str]) -> tuple[set[str], set[int]]:
    """Return the logins in the named groups of /etc/group, and those groups' gids."""
    logins_found: set[str] = set()
    gids: set[int] = set()
    for line in group.splitlines():
        fields = line.split(":")
        if len(fields) == 4 and fields[0] in names:
            logins_found |= {one for one in fields[3].strip().split(",") if one}
            gids |= {int(fields[2])} if fields[2].isdigit() else set()
    return logins_found, gids


def fingerprints(authorized_keys: str) -> Iterator[tuple[str, bool]]:
    """Yield ``SHA256:…`` of each key as ssh-keygen prints it, and whether it signs for others.

    A line is options, type, key and comment; a line that holds no key opens nothing.
    """
    for line in authorized_keys.splitlines():
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        words = _unquoted_words(said)
        for index, word in enumerate(words[:-1]):
            blob = _blob(word, words[index + 1])
            if blob:
                digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
                options = words[0].lower() if index else ""
                yield f"SHA256:{digest}", "cert-authority" in options
                break


def _blob(kind: str, encoded: str) -> bytes:
    """Return the key if the text is base64 of one that names itself as ``kind``."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
    name = kind.encode()
    return (
        blob if blob[:4] == len(name).to_bytes(4, "big") and blob[4:][: len(name)] == name else b""
    )


def _unquoted_words(line: str) -> list[str]:
    words, word, quoted = [], "", False
    for sign in line:
        if sign == '"':
            quoted = not quoted
        if sign.isspace() and not quoted:
            words.append(word)
            word = ""
        else:
            word += sign
    return [one for one in [*words, word] if one]
