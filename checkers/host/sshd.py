"""What an OpenSSH server's configuration says; pure functions of text.

Source: sshd_config(5), sshd(8) ``-T``. The first value of a keyword holds; keywords do not mind
case.
"""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MAIN = "/etc/ssh/sshd_config"
#: OpenSSH's own values (since 7.0) of the keywords that are looked at.
DEFAULTS: Mapping[str, str] = {
    "permitrootlogin": "prohibit-password",
    "passwordauthentication": "yes",
    "kbdinteractiveauthentication": "yes",
    "authenticationmethods": "any",
    "authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2",
    "authorizedkeyscommand": "none",
    "trustedusercakeys": "none",
    "usepam": "no",
    "channeltimeout": "none",
    "unusedconnectiontimeout": "none",
    "clientaliveinterval": "0",
}
_OLD_NAMES = {"challengeresponseauthentication": "kbdinteractiveauthentication"}


@dataclass
class Server:
    """The settings for every connection, and those that Match blocks add for some."""

    everyone: dict[str, str] = field(default_factory=dict)
    matched: list[tuple[str, str]] = field(default_factory=list)

    def get(self, keyword: str) -> str:
        """Return the value for every connection, OpenSSH's default if it is not set."""
        return self.everyone.get(keyword, DEFAULTS[keyword])

    def sometimes(self, keyword: str) -> set[str]:
        """Return the values that Match blocks give to some connections."""
        return {value for name, value in self.matched if name == keyword}


def parse(files: Mapping[str, str]) -> Server:
    """Return what the configuration says; ``files`` maps each path to its text, MAIN included."""
    known = _parsed(tuple(sorted(files.items())))
    return Server(dict(known.everyone), list(known.matched))


@lru_cache(maxsize=16)  # the same files are asked for each account of a machine
def _parsed(sorted_files: tuple[tuple[str, str], ...]) -> Server:
    files, server = dict(sorted_files), Server()
    in_match = False
    for keyword, value in _statements(files, MAIN, ()):
        if keyword == "match":
            in_match = value.strip().lower() != "all"
        elif in_match:
            server.matched.append((keyword, value))
        else:
            server.everyone.setdefault(keyword, value)
    return server


def effective(printed: str) -> dict[str, str]:
    """Return what ``sshd -T`` prints: a keyword and its value a line."""
    pairs = (line.partition(" ") for line in printed.splitlines())
    settings: dict[str, str] = {}
    for keyword, _, value in pairs:
        settings.setdefault(_OLD_NAMES.get(keyword, keyword), value.strip())
    return settings


def root_by_password(server: Server) -> bool | None:
    """Tell whether root can sign in with a password; None if that hangs on a Match block."""
    is_open = _open(server.get("permitrootlogin"), server)
    touched = ("permitrootlogin", "passwordauthentication", "kbdinteractiveauthentication")
    turning = any(
        name == "authenticationmethods" or (name in touched and (value.lower() == "yes") != is_open)
        for name, value in server.matched
    )
    return None if turning else is_open


def _open(root_login: str, server: Server) -> bool:
    if root_login.lower() != "yes":
        return False
    words = {"passwordauthentication": "password", "kbdinteractiveauthentication": "keyboard"}
    usable = [word for name, word in words.items() if server.get(name).lower() == "yes"]
    methods = server.get("authenticationmethods").split()
    if methods in ([], ["any"]):
        return bool(usable)
    return any(all(step.startswith(tuple(usable)) for step in m.split(",")) for m in methods)


def _statements(
    files: Mapping[str, str], path: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if path in above or path not in files:
        return
    for line in files[path].splitlines():
        keyword, value = _statement(line)
        if keyword == "include":
            for wanted in _words(value):
                pattern = wanted if wanted.startswith("/") else f"/etc/ssh/{wanted}"
                for one in sorted(name for name in files if fnmatch.fnmatchcase(name, pattern)):
                    yield from _statements(files, one, (*above, path))
        elif keyword:
            yield _OLD_NAMES.get(keyword, keyword), value


@lru_cache(maxsize=4096)
def _statement(line: str) -> tuple[str, str]:
    said = line.strip()
    if not said or said.startswith("#"):
        return "", ""
    keyword, _, rest = said.replace("=", " ", 1).partition(" ") if _equals(said) else _cut(said)
    return keyword.lower(), " ".join(_words(rest.strip()))


def _equals(said: str) -> bool:
    head = said.split(None, 1)[0]
    return "=" in head or said[len(head) :].lstrip().startswith("=")


def _cut(said: str) -> tuple[str, str, str]:
    parts = said.split(None, 1)
    return parts[0], " ", parts[1] if len(parts) > 1 else ""


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()
