"""Answers and files of apt: what is offered, when something was last upgraded; pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

from troth.checkers.host.log_times import written_at

_LINE = re.compile(r"([a-z0-9][a-z0-9+.-]*)/(\S+) (\S+) (\S+)(?: \[.*\])?")
_FIELD = re.compile(r"(Label|Suite|Codename|Date): ([^\r\n]{1,200})")
_STARTED = re.compile(r"Start-Date: (\d{4}-\d\d-\d\d) {1,2}(\d\d:\d\d:\d\d)")
_COMMAND = re.compile(r"^Commandline: (.*)", re.MULTILINE)
#: unattended-upgrade writes what it would have done there as well.
_REHEARSED = re.compile(r"\s(?:--dry-run|-d\b|--simulate|--just-print|--download-only|-s\b)")
_BEGIN = "Starting unattended upgrades script"
_CLEAN = ("All upgrades installed", "No packages found that can be upgraded unattended")
_NOT_ALL = ("dry-run", "kept back", "blacklisted", " ERROR ", " WARNING ", "left to upgrade")


def upgradable(text: str) -> list[dict[str, Any]] | None:
    """Return the security updates in ``apt list --upgradable --all-versions``.

    Each block lists a package's versions, newest first, down to the installed one and below. A
    version above that which a security archive has is an update, also where a newer one from
    elsewhere hides it. None if the answer is not one of that command.
    """
    lines = text.splitlines()
    if not lines or not lines[0].startswith("Listing..."):
        return None
    found: dict[tuple[str, str], str] = {}
    below: set[tuple[str, str]] = set()
    for line in lines[1:]:
        if not line.strip():
            continue
        read = _LINE.fullmatch(line)
        if read is None:
            return None
        name, archives, version, architecture = read.groups()
        key, places = (name, architecture), archives.split(",")
        if "now" in places:
            below.add(key)
        elif key not in below and any(place.endswith("-security") for place in places):
            found.setdefault(key, version)
    return [{"package": f"{name}:{built}", "version": version}
            for (name, built), version in sorted(found.items())]  # fmt: skip


def lists_at(releases: Mapping[str, str]) -> datetime | None:
    """Return the vendor's date of the security lists, the oldest of them; None without any.

    ``releases`` maps path to the first lines of each Release or InRelease file. The date is the
    vendor's own, signed with the list: neither the machine's clock nor a file's time comes in.
    """
    dates = [made for text in releases.values() if (made := _security_date(text))]
    return min(dates, default=None)


def _security_date(head: str) -> datetime | None:
    fields: dict[str, str] = {}
    for line in head.splitlines():
        if read := _FIELD.fullmatch(line):
            fields.setdefault(read[1], read[2].strip())
    names = (fields.get("Suite", ""), fields.get("Codename", ""))
    if not any(name.endswith("-security") for name in names):
        return None
    try:
        made = parsedate_to_datetime(fields["Date"])
        return (made if made.tzinfo else made.replace(tzinfo=UTC)).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def upgrades(texts: Iterable[str], zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """Return when packages were last upgraded, and when the history begins.

    ``texts`` are the history logs of apt. Only entries with an ``Upgrade:`` line and no error
    count, and no rehearsals: a new package is no patch. Their times are local, without an offset.
    """
    last, first = None, None
    for at, entry in _entries(texts, zone):
        first = min(first or at, at)
        if _is_upgrade(entry):
            last = max(last or at, at)
    return last, first


def changes(texts: Iterable[str], zone: tzinfo) -> list[tuple[datetime, str]]:
    """Return when apt changed packages and by which program it was called, oldest first.

    Runs that failed count as well: they may have changed some.
    """
    found = []
    for at, entry in _entries(texts, zone):
        if not _is_rehearsal(entry):
            words = _COMMAND.search(entry)
            program = words[1].split(" ")[0].rpartition("/")[2][:60] if words else ""
            found.append((at, program))
    return sorted(found)


def _is_rehearsal(entry: str) -> bool:
    words = _COMMAND.search(entry)
    return words is not None and _REHEARSED.search(words[1]) is not None


def _is_upgrade(entry: str) -> bool:
    rehearsed = _is_rehearsal(entry)
    ended = "\nEnd-Date: " in entry and "\nError: " not in entry
    return "\nUpgrade: " in entry and ended and not rehearsed


def _entries(texts: Iterable[str], zone: tzinfo) -> Iterator[tuple[datetime, str]]:
    for text in texts:
        for entry in re.split(r"\n\s*\n", text):
            began = _STARTED.search(entry)
            stamp = began and written_at(f"{began[1]} {began[2]}", zone, datetime.now(UTC))
            if stamp:
                yield stamp, entry


def left_nothing(log: str, zone: tzinfo) -> datetime | None:
    """Return when an unattended upgrade last began that left no security update behind.

    A run counts only if security updates were allowed, none was held back or listed as not to be
    touched, nothing went wrong, and it was no rehearsal.
    """
    last = None
    for run in log.split(_BEGIN)[1:]:
        stamps = [made for line in run.splitlines()[1:]
                  if (made := written_at(line, zone, datetime.now(UTC)))]  # fmt: skip
        if stamps and _is_clean(run):
            last = max(last or stamps[0], stamps[0])
    return last


def _is_clean(run: str) -> bool:
    allowed = re.search(r"INFO Allowed origins are: (.*)", run)
    passed_over = re.search(r"INFO Initial blacklist: ?(.*)", run)
    return (
        any(words in run for words in _CLEAN)
        and not any(words in run for words in _NOT_ALL)
        and allowed is not None
        and "security" in allowed[1].lower()
        and passed_over is not None
        and not passed_over[1].strip()
    )


def is_automatic(settings: Iterable[str]) -> bool:
    """Tell whether apt's configuration has unattended upgrades run by itself."""
    days = "0"
    for text in settings:
        for line in text.splitlines():
            found = re.match(r'\s*APT::Periodic::Unattended-Upgrade\s+"?(\w+)"?\s*;', line)
            days = found[1] if found else days
    return days not in ("0", "")
