"""Answers and files of Alpine's package manager: pure functions.

Alpine's stable branches receive fixes only, and none is marked as one of security: every update
counts. Each package has the time at which the vendor built it, which stands for its issue.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: Most bytes of one unpacked index.
LIMIT = 64 * 1024 * 1024
_OLDER = re.compile(r"(\S+)-(\d[^-\s]*-r\d+)\s+< (\S+)(?: @\S+)?\s*")


def older(text: str) -> list[tuple[str, str]] | None:
    """Return name and offered version in ``apk version -l '<'``; None for another answer."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("Installed:"):
        return None
    found = []
    for line in lines[1:]:
        read = _OLDER.fullmatch(line)
        if read is None:
            return None
        found.append((read[1], read[3]))
    return found


def unpacked(index: bytes) -> str:
    """Return the text of an ``APKINDEX.tar.gz``; raises ValueError for anything else."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(index)) as packed:
            body = packed.read(LIMIT + 1)
        if len(body) > LIMIT:
            raise ValueError("the index is too long")
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:", ignore_zeros=True) as archive:
            held = archive.extractfile("APKINDEX")
            return held.read().decode("utf-8", "replace") if held else ""
    except (OSError, EOFError, KeyError, tarfile.TarError) as error:
        raise ValueError("no index of packages") from error


def built(index: str) -> dict[tuple[str, str], int]:
    """Return name and version of each package in an index or database to its build time."""
    found: dict[tuple[str, str], int] = {}
    for block in index.split("\n\n"):
        fields = dict(line.split(":", 1) for line in block.splitlines() if line[1:2] == ":")
        if fields.get("t", "").isdigit() and len(fields["t"]) <= 11:
            found[fields.get("P", ""), fields.get("V", "")] = int(fields["t"])
    return found


def pending(older: list[tuple[str, str]], times: Mapping[tuple[str, str], int]) -> list[Any]:
    """Return the updates as facts; one that no index has is without an issue date."""
    rows = []
    for name, version in older:
        row: dict[str, Any] = {"package": name, "version": version}
        if (name, version) in times:
            row["issued_at"] = instant(times[name, version])
        rows.append(row)
    return rows


def instant(seconds: int) -> str:
    """Return Unix seconds as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
