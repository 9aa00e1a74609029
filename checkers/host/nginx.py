"""The configuration of nginx as a tree of directives; pure functions of text.

Source: nginx's beginner's guide and core module (``include``, quoting). The files are read instead
of ``nginx -T``, which opens logs and makes folders while it tests.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MAIN = "/etc/nginx/nginx.conf"
_FOLDER = "/etc/nginx"
#: Files that hold no directive that is looked at, by the end of their path.
_PLAIN = (
    "mime.types", "fastcgi_params", "fastcgi.conf", "fastcgi-php.conf", "uwsgi_params",
    "scgi_params", "proxy_params",
)  # fmt: skip
_MODULES = ("/usr/share/nginx/modules/", "/etc/nginx/modules-enabled/", "/etc/nginx/modules/")
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([;{}])"""
    r"""|((?:\$\{[^}\s]*\}|\\.|[^\s;{}"'\#\\])(?:\$\{[^}\s]*\}|\\.|[^\s;{}\\])*)""",
    re.DOTALL,
)
_DEEP, _NESTED, _MOST = 12, 50, 100_000


class Malformed(ValueError):
    """The text is no configuration of nginx."""


@dataclass
class Directive:
    """A directive with its words; ``inner`` holds what stands in its block."""

    name: str
    words: tuple[str, ...]
    inner: list[Directive] = field(default_factory=list)


@dataclass
class Read:
    """A whole configuration, and the files that it includes and that are not there to read."""

    directives: list[Directive]
    unread: list[str]


def read(files: Mapping[str, str]) -> Read:
    """Return the configuration that begins in :data:`MAIN`; raises :class:`Malformed`.

    ``files`` maps paths to texts. What an include names and is not among them is ``unread``,
    unless it is a pattern, which may match nothing, or a file known to hold other things.
    """
    unread: list[str] = []
    made = _file(files, MAIN, unread, 0)
    return Read(made, sorted(set(unread)))


def every(
    directives: Sequence[Directive], above: tuple[Directive, ...] = ()
) -> Iterator[tuple[tuple[Directive, ...], Directive]]:
    """Yield every directive, outer ones first, each with the blocks around it."""
    for one in directives:
        yield above, one
        yield from every(one.inner, (*above, one))


def parse(text: str) -> list[Directive]:
    """Return the directives of one text, includes as they stand; raises :class:`Malformed`."""
    levels: list[list[Directive]] = [[]]
    words: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Malformed(f"character {at}")
        at = found.end()
        if found[3] is None:
            words += [one for one in found.group(1, 2, 4) if one is not None]
            continue
        _sign(found[3], words, levels)
        if found[3] == "{" and words[0].endswith("_by_lua_block"):
            levels.pop()
            at = _after_block(text, at)
        words = []
    if words or len(levels) > 1:
        raise Malformed("the end is missing")
    return levels[0]


def _sign(sign: str, words: list[str], levels: list[list[Directive]]) -> None:
    """End a directive, begin its block, or end the block around it."""
    if sign == "}":
        if words or len(levels) == 1:
            raise Malformed("a block ends that did not begin")
        levels.pop()
        return
    if not words:
        raise Malformed(f"{sign} without a directive")
    made = Directive(words[0].lower(), tuple(words[1:]))
    levels[-1].append(made)
    if sign == "{":
        levels.append(made.inner)
    if len(levels) > _NESTED:
        raise Malformed("blocks within blocks")


def _after_block(text: str, at: int) -> int:
    """Return where a block of program text ends; its braces are taken to be in pairs."""
    depth = 1
    for found in re.finditer(r"[{}]", text[at:]):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return at + found.end()
    raise Malformed("the end is missing")


def _file(files: Mapping[str, str], path: str, unread: list[str], depth: int) -> list[Directive]:
    return _included(files, parse(files[path]), unread, depth)


def _included(
    files: Mapping[str, str], directives: list[Directive], unread: list[str], depth: int
) -> list[Directive]:
    if depth > _DEEP:
        raise Malformed("files include one another")
    made: list[Directive] = []
    for one in directives:
        if one.name != "include" or len(one.words) != 1:
            one.inner = _included(files, one.inner, unread, depth)
            made.append(one)
            continue
        for path in _paths(files, one.words[0], unread):
            made += _file(files, path, unread, depth + 1)
        if len(made) > _MOST:
            raise Malformed("too many directives")
    return made


def _paths(files: Mapping[str, str], wanted: str, unread: list[str]) -> list[str]:
    pattern = wanted if wanted.startswith("/") else f"{_FOLDER}/{wanted}"
    if pattern.endswith(_PLAIN) or pattern.startswith(_MODULES):
        return []
    found = sorted(path for path in files if _fits(path, pattern))
    is_pattern = any(sign in pattern for sign in "*?[")
    if not found and not (is_pattern and pattern.rpartition("/")[0] in _FOLDERS):
        unread.append(pattern)
    return found


#: Folders whose files are all read.
_FOLDERS = tuple(
    f"{_FOLDER}{name}"
    for name in ("", "/conf.d", "/http.d", "/sites-enabled", "/snippets", "/default.d", "/stream.d")
)
#: What has to be read for a configuration, as patterns.
PATTERNS = (
    f"{_FOLDER}/*.conf", f"{_FOLDER}/conf.d/*", f"{_FOLDER}/http.d/*", f"{_FOLDER}/sites-enabled/*",
    f"{_FOLDER}/snippets/*", f"{_FOLDER}/default.d/*", f"{_FOLDER}/stream.d/*",
    "/etc/letsencrypt/options-ssl-nginx.conf",
)  # fmt: skip


def _fits(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)
