"""Who may run what as somebody else, by sudoers(5); pure functions of text.

Aliases and includes are written out; the machine's own name is not asked, so a line for another
host counts as well. A line that does not read raises :class:`Unclear`: what it grants is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MAIN = "/etc/sudoers"
_ALIAS = re.compile(r"^(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)$")
_INCLUDE = re.compile(r'^[@#](includedir|include)\s+(?:"([^"]*)"|(\S+))$')
_NAME = re.compile(r"^[A-Z][A-Z0-9_]*$")
_TAGS = re.compile(r"^((?:[A-Z_]+:|(?:ROLE|TYPE|CWD|CHROOT|TIMEOUT|NOTBEFORE|NOTAFTER)=\S+)\s*)+")
_RUNAS = re.compile(r"^\(([^()]*)\)\s*")
_DEEP = 40


class Unclear(Exception):
    """A line that cannot be read; the text says where it is, not what it says."""


@dataclass(frozen=True)
class Grant:
    """``who`` (a login, ``%group``, ``#uid``, ``ALL``) may run ``command``; ``root``: as root."""

    who: str
    command: str
    as_root: bool
    path: str


@dataclass
class _Book:
    aliases: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)


def grants(files: Mapping[str, str]) -> list[Grant]:
    """Return every grant; ``files`` maps each path to its text, MAIN included."""
    book = _Book()
    for path, line in _lines(files, MAIN, ()):
        found = _ALIAS.match(line)
        if found:
            _alias(book, found[1].replace("Cmd_", "Cmnd_"), found[2], path)
        elif not line.startswith("Defaults"):
            book.lines.append((path, line))
    return [grant for path, line in book.lines for grant in _grants(book, path, line)]


def _alias(book: _Book, kind: str, text: str, path: str) -> None:
    kind = "Cmnd" if kind == "Cmd" else kind
    for one in _split(text, ":"):
        name, sign, said = one.partition("=")
        if not sign or not _NAME.match(name.strip()):
            raise Unclear(f"an alias in {path} does not read")
        book.aliases[kind, name.strip()] = _split(said, ",")


def _grants(book: _Book, path: str, line: str) -> Iterator[Grant]:
    """Yield what one line grants: ``users hosts = (runas) tags commands : hosts = …``."""
    left, sign, rest = _cut(line, "=")
    words = left.rsplit(None, 1) if sign else []
    users = re.split(r"\s+(?=[^,\s])(?<!,\s)", left.strip(), maxsplit=1) if words else []
    if len(users) != 2:
        raise Unclear(f"a line of {path} does not read")
    for number, part in enumerate(_split(rest, ":")):
        said = _cut(part, "=")[2] if number and _cut(part, "=")[1] else part
        for who in _expand(book, "User", _split(users[0], ",")):
            if not who.startswith("!"):
                yield from _commands(book, path, who, said)


def _commands(book: _Book, path: str, who: str, said: str) -> Iterator[Grant]:
    runas = "root"
    for spec in _split(said, ","):
        found = _RUNAS.match(spec)
        if found:
            runas = found[1].partition(":")[0].strip() or who
            spec = spec[found.end() :]
        spec = _TAGS.sub("", spec).strip()
        targets = _expand(book, "Runas", _split(runas, ","))
        as_root = any(one in ("root", "ALL", "#0") for one in targets) or any(
            one.startswith("!") for one in targets
        )
        for command in _expand(book, "Cmnd", [spec]):
            if not command.startswith("!"):
                yield Grant(who, command, as_root, path)


def _expand(book: _Book, kind: str, names: list[str], depth: int = 0) -> Iterator[str]:
    for name in names:
        bare = name.lstrip("!").strip()
        if (kind, bare) in book.aliases and depth < _DEEP:
            mark = "!" * (name.count("!", 0, len(name) - len(bare)) % 2)
            for one in _expand(book, kind, book.aliases[kind, bare], depth + 1):
                yield mark + one
        elif bare:
            yield name.strip()


def _lines(
    files: Mapping[str, str], path: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if path in above or len(above) > _DEEP:
        return
    if path not in files:
        raise Unclear(f"{path} is included and was not read")
    for raw in files[path].replace("\\\n", " ").splitlines():
        line = raw.strip()
        found = _INCLUDE.match(line)
        if found:
            yield from _included(files, found, path, above)
        elif line and not (line.startswith("#") and not re.match(r"#\d", line)):
            yield path, re.sub(r"\s+", " ", re.sub(r"(?<!\\)\s#.*$", "", line))


def _included(
    files: Mapping[str, str], found: re.Match[str], path: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    target = found[2] or found[3]
    target = target if target.startswith("/") else f"{path.rpartition('/')[0]}/{target}"
    if found[1] == "include":
        yield from _lines(files, target, (*above, path))
        return
    folder = target.rstrip("/")
    for one in sorted(path for path in files if path.rpartition("/")[0] == folder):
        name = one.rpartition("/")[2]
        if "." not in name and not name.endswith("~"):
            yield from _lines(files, one, (*above, path))


def _split(text: str, sign: str) -> list[str]:
    """Return the parts between unescaped signs outside quotes and parentheses."""
    parts, part, depth, quoted, escaped = [], "", 0, False, False
    for letter in text:
        if escaped or letter == "\\":
            escaped = not escaped
        elif letter == '"':
            quoted = not quoted
        elif letter in "()" and not quoted:
            depth += 1 if letter == "(" else -1
        elif letter == sign and not quoted and depth <= 0 and not _is_tag(part, sign):
            parts.append(part.strip())
            part = ""
            continue
        part += letter
    return [one for one in [*parts, part.strip()] if one]


def _is_tag(part: str, sign: str) -> bool:
    """Tell whether a colon ends a tag such as ``NOPASSWD``."""
    return sign == ":" and bool(
        re.search(r"(?:^|[\s,)=:])(?:[A-Z_]{3,}|sha(?:224|256|384|512))$", part)
    )


def _cut(text: str, sign: str) -> tuple[str, str, str]:
    at = re.search(rf"(?<!\\){sign}", text)
    return (text[: at.start()], sign, text[at.end() :]) if at else (text, "", "")
