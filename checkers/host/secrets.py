"""Which files hold secrets by their name and first bytes; pure functions."""

from __future__ import annotations

import fnmatch

#: Files that hold secrets by what they are.
_ALWAYS = (
    ".pgpass",
    ".netrc",
    ".env",
    ".env.*",
    ".git-credentials",
    ".my.cnf",
    ".*_history",
    ".vault-token",
    "*.p12",
    "*.pfx",
)
#: Files that may hold a private key; their first bytes decide.
_MAYBE = ("id_*", "*_key", "*.pem", "*.key", "*.ppk")
#: Files that hold secrets in a folder of that name.
_IN_FOLDER = (("/.aws/", "credentials"), ("/.docker/", "config.json"), ("/.kube/", "config"))
_TEMPLATES = (".env.example", ".env.sample", ".env.template", ".env.dist")


def by_name(path: str) -> bool:
    """Tell whether a file's name alone says that it holds secrets."""
    folder, _, name = path.rpartition("/")
    if name in _TEMPLATES:
        return False
    known = any(fnmatch.fnmatchcase(name, pattern) for pattern in _ALWAYS)
    return known or any(f"{folder}/".endswith(end) and name == file for end, file in _IN_FOLDER)


def may_be_key(path: str) -> bool:
    """Tell whether a file's first bytes are worth a look."""
    name = path.rsplit("/", 1)[-1]
    return not name.endswith(".pub") and any(fnmatch.fnmatchcase(name, p) for p in _MAYBE)


def is_private_key(line: str) -> bool:
    """Tell whether a file's first line is that of a private key in PEM or PuTTY's form."""
    pem = line.startswith("-----BEGIN ") and "PRIVATE KEY-----" in line
    return pem or line.startswith("PuTTY-User-Key-File-")
