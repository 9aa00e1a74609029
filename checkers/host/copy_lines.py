"""Copies to other places, found in the lines of crontabs, units, scripts and tools' own files.

Pure functions. Read are the lines that ``grep`` picks out (:data:`PATTERN`), never whole files:
scripts hold passwords. A line that goes on in the next one is read by itself.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from troth.checkers.host import destinations
from troth.checkers.host.destinations import Destination

#: Where jobs that copy are looked for, with everything below.
FOLDERS = (
    "/etc/crontab",
    "/etc/cron.d",
    "/etc/cron.hourly",
    "/etc/cron.daily",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/etc/crontabs",
    "/var/spool/cron",
    "/etc/systemd/system",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/root/bin",
    "/etc/restic",
    "/etc/pgbackrest.conf",
    "/etc/pgbackrest",
    "/etc/rclone.conf",
    "/root/.config/rclone",
)
_TOOLS = "rsync|scp|sftp|rclone|restic|borg|gsutil|gcloud|aws|s3cmd|duplicity"
_NAMES = "DEST|TARGET|REMOTE|HOST|SERVER|REPO|BUCKET|DIR|dest|target|remote|host|repo|bucket"
#: Lines that may say where a copy goes, as an extended regular expression of grep(1).
PATTERN = (
    f"(^|[^a-z_.-])({_TOOLS})[[:space:]]"
    f'|^(export |Environment=)?"?[A-Za-z_]*({_NAMES})[A-Za-z_]*='
    "|^repo[0-9]*-(path|type|host|s3-bucket|s3-endpoint|s3-region|gcs-bucket)="
    r"|^\[[^]]*\]|^(type|provider|region|endpoint|host|remote) *="
)
#: Longest line that is taken apart, in characters.
LONGEST = 4096
#: Words in a job that say that it makes backups.
_BACKUP = re.compile(r"back.?up|bkp|dump|snapshot|restic|borg|pgbackrest", re.IGNORECASE)
_SET = re.compile(r"(?:export |Environment=)?\"?([A-Za-z_]+)=(.*)$")
_USE = re.compile(r"\$(?:\{([A-Za-z_]+)\}|([A-Za-z_]+))")
_SETTING = re.compile(r"(repo\d*)-([a-z0-9-]+)=(.*)$")
_STOPS = frozenset(("|", "||", "&&", ";", "&"))
_VERBS = {
    "rclone": {"copy", "sync", "move", "copyto", "moveto", "bisync"},
    "aws": {"cp", "sync", "mv"},
    "gsutil": {"cp", "rsync", "mv"},
    "gcloud": {"cp", "rsync", "mv"},
    "s3cmd": {"put", "sync"},
}


@dataclass(frozen=True)
class Line:
    """A line of a file of the machine."""

    path: str
    number: int
    text: str


@dataclass(frozen=True)
class Job:
    """A copy that a line makes: the tool and what it names as its destination.

    ``where`` is None if it cannot be told where that is. ``backup`` says that the line or its file
    speaks of backups.
    """

    tool: str
    named: str
    where: Destination | None
    backup: bool
    line: Line


def grepped(out: str) -> list[Line]:
    """Return the lines of ``grep -rnE``: ``path:number:text``."""
    found = (re.match(r"(/[^:\n]*):(\d{1,9}):(.*)$", line) for line in out.splitlines())
    return [Line(one[1], int(one[2]), one[3]) for one in found if one]


def matching(path: str, text: str) -> list[Line]:
    """Return the lines of a file that grep would have picked out."""
    wanted = re.compile(PATTERN.replace("[[:space:]]", r"\s"))
    rows = enumerate(text.splitlines(), 1)
    return [Line(path, number, row) for number, row in rows if wanted.search(row)]


def jobs(lines: Iterable[Line], machine: str) -> list[Job]:
    """Return every copy that the lines make, in their order."""
    kept = [line for line in lines if not line.text.lstrip().startswith(("#", ";"))]
    remotes = _remotes(kept)
    found: list[Job] = []
    for path in dict.fromkeys(line.path for line in kept):
        mine = [line for line in kept if line.path == path]
        if path.endswith("rclone.conf"):
            continue
        if "pgbackrest" in path and not path.startswith("/usr"):
            found += _pgbackrest(mine, machine)
            continue
        values = _values(mine)
        for line in mine:
            found += _of_line(line, values, machine, remotes)
    return found


def _of_line(
    line: Line, values: Mapping[str, str], machine: str, remotes: Mapping[str, Mapping[str, str]]
) -> Iterator[Job]:
    backup = bool(_BACKUP.search(line.path) or _BACKUP.search(line.text))
    if len(line.text) > LONGEST:
        yield Job("other", f"a line of over {LONGEST} characters", None, backup, line)
        return
    assigned = _SET.match(line.text.strip())
    if assigned and assigned[1] in ("RESTIC_REPOSITORY", "BORG_REPO"):
        tool = "restic" if assigned[1].startswith("R") else "borg"
        named = _filled(assigned[2].strip("'\""), values)
        yield Job(tool, named, destinations.of(named, machine), True, line)
        return
    for tool, words in _commands(line.text):
        raw = _named(tool, words)
        if raw is None:
            continue
        named = _filled(raw, values)
        known = remotes if tool == "rclone" else None
        if tool == "sftp" and ":" not in named:
            named = f"{named}:/"
        yield Job(tool, named, destinations.of(named, machine, known), backup, line)


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each known tool that a line calls, with the words that follow it."""
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars="|;&")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        words = text.split()
    known = frozenset(_TOOLS.split("|"))
    at = 0
    while at < len(words):
        tool = words[at].rsplit("/", 1)[-1].removeprefix("ExecStart=")
        before = words[at - 1] if at else ""
        at += 1
        if tool in known and before not in ("-v", "which", "type", "-e", "--rsh"):
            arguments = _arguments(words[at:])
            at += len(arguments)
            yield tool, arguments


def _arguments(words: list[str]) -> list[str]:
    kept = []
    for word in words:
        if word in _STOPS or re.match(r"\d?>|&>|<", word):
            break
        kept.append(word.rstrip(")`"))
    return kept


def _named(tool: str, words: list[str]) -> str | None:
    """Return what a command names as its destination; None if it copies nothing."""
    plain = [word for word in words if word and not word.startswith("-")]
    if words[-1:] == ["\\"] or not words:
        plain = [*plain, "$continued"] if words else []
    if tool == "restic":
        return _after(words, ("-r", "--repo"))
    if tool == "borg":
        found = [word.split("::")[0] for word in plain if "::" in word and "create" in words]
        return found[0] if found and found[0] else None
    if tool in _VERBS:
        return plain[-1] if _VERBS[tool] & set(plain) and len(plain) > 2 else None
    if tool == "sftp":
        return plain[-1] if plain else None
    return plain[-1] if len(plain) > 1 else None


def _after(words: list[str], options: tuple[str, ...]) -> str | None:
    for at, word in enumerate(words):
        for option in options:
            if word == option and at + 1 < len(words):
                return words[at + 1]
            if option.startswith("--") and word.startswith(f"{option}="):
                return word.split("=", 1)[1]
    return None


def _values(lines: Iterable[Line]) -> dict[str, str]:
    """Return what variables are set to in a file, if they are set once."""
    said: dict[str, list[str]] = {}
    for line in lines:
        if found := _SET.match(line.text.strip()):
            said.setdefault(found[1], []).append(found[2].split(" #")[0].strip().strip("'\""))
    return {name: values[0] for name, values in said.items() if len(values) == 1}


def _filled(text: str, values: Mapping[str, str]) -> str:
    for _ in range(5):
        text = _USE.sub(lambda m: values.get(m[1] or m[2], m[0])[:4096], text)[:4096]
    return text


def _remotes(lines: Iterable[Line]) -> dict[str, dict[str, str]]:
    """Return the sections of rclone's configuration."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in lines:
        if not line.path.endswith("rclone.conf"):
            continue
        text = line.text.strip()
        if text.startswith("[") and text.endswith("]"):
            section = found.setdefault(text[1:-1], {})
        elif "=" in text:
            name, _, value = text.partition("=")
            section[name.strip()] = value.strip()
    return found


def _pgbackrest(lines: Iterable[Line], machine: str) -> Iterator[Job]:
    """Yield the repositories that pgBackRest is configured with; repo1 stands if it has a type."""
    repos: dict[str, dict[str, str]] = {}
    first: dict[str, Line] = {}
    for line in lines:
        if found := _SETTING.match(line.text.strip().replace(" ", "")):
            name = "repo1" if found[1] == "repo" else found[1]
            repos.setdefault(name, {})[found[2]] = found[3]
            first.setdefault(name, line)
    for name, said in repos.items():
        where = _pg_place(said, machine)
        yield Job("pgbackrest", where.place if where else name, where, True, first[name])


def _pg_place(said: Mapping[str, str], machine: str) -> Destination | None:
    path, kind = said.get("path", "/var/lib/pgbackrest"), said.get("type", "posix")
    if kind == "s3" and "s3-bucket" in said:
        inside = f"{said['s3-bucket']}{path}"
        return destinations.amazon(said.get("s3-endpoint", ""), inside, said.get("s3-region", ""))
    if kind == "gcs" and "gcs-bucket" in said:
        return Destination(f"gs:{said['gcs-bucket']}{path}", "gcs")
    if kind in ("posix", "cifs", "sftp"):
        return Destination(f"host:{said.get('host', machine)}:{path}", "disk")
    return None
