"""Where a copy goes, read from how tools write it: a path, host:path, or a URL; pure functions.

Source: the manuals of restic (repositories), borg (repository URLs), rclone (remotes), rsync(1),
scp(1), the AWS and Google command lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Destination(NamedTuple):
    """A place in the words of backup-set, and the kind of storage there."""

    place: str
    storage: str


_AMAZON = re.compile(r"(?:[^/]*\.)?s3[.-](?:([a-z]{2}(?:-[a-z]+)+-\d+)\.)?amazonaws\.com$")
_HOST = re.compile(r"(?:[^/@\s]*@)?(\[[0-9A-Fa-f:]+\]|[^/:@\s\[\]]+)(:\d+)?$")
_URL = re.compile(r"([a-z0-9+]+)://([^/]*)(/.*)?$")
_REMOTE = re.compile(r"((?:[^/@:\s]*@)?(?:\[[0-9A-Fa-f:]+\]|[^/:@\s\[\]]+)):(:?)(.*)$", re.DOTALL)
_BUCKETS = {"s3": "s3", "gs": "gcs", "b2": "other", "azure": "other", "swift": "other"}
#: Types of rclone's remotes, as its configuration names them, and what we call them.
_CLOUDS = {"google cloud storage": "gs", "azureblob": "azure"}


def of(
    text: str, machine: str, remotes: Mapping[str, Mapping[str, str]] | None = None
) -> Destination | None:
    """Return where ``text`` leads, or None if that cannot be told.

    ``machine`` is the name of the machine that a bare path is on. ``remotes`` are the sections of
    rclone's configuration; they are asked for what stands before a colon when they are given.
    """
    if not text or "$" in text or "`" in text:
        return None
    if text.startswith("/"):
        return Destination(f"host:{machine}:{_path(text)}", "disk")
    if text.startswith("rclone:"):
        return _rclone(text.removeprefix("rclone:"), machine, remotes or {})
    if remotes is not None:
        return _rclone(text, machine, remotes)
    for name, storage in _BUCKETS.items():
        if text.startswith(f"{name}:"):
            return _bucket(name, storage, text[len(name) + 1 :])
    if text.startswith("rest:"):
        return _by_url(text.removeprefix("rest:"), "rest")
    if text.startswith("sftp:") and "://" not in text:
        text = text.removeprefix("sftp:")
    return _by_url(text, "host") if "://" in text else _by_host(text)


def _bucket(name: str, storage: str, rest: str) -> Destination | None:
    if name != "s3" or rest.startswith("//"):
        inside = rest.removeprefix("//").replace(":/", "/").replace(":", "/").strip("/")
        return Destination(f"{name}:{inside}", storage) if inside else None
    server, _, inside = rest.removeprefix("https://").removeprefix("http://").partition("/")
    return amazon(server, inside.strip("/"))


def amazon(server: str, inside: str, region: str = "") -> Destination | None:
    """Return a bucket behind an S3 interface; only Amazon's own is storage of kind ``s3``."""
    if not inside:
        return None
    found = _AMAZON.match(server)
    if not found:
        return Destination(f"s3:{server}/{inside}", "other")
    known = found.group(1) or region
    return Destination(f"aws:{known}:{inside}" if known else f"s3:{inside}", "s3")


def _by_url(text: str, word: str) -> Destination | None:
    found = _URL.match(text)
    host = _HOST.match(found.group(2)) if found else None
    if not found or not host:
        return None
    if word == "host":
        return Destination(f"host:{_name(host)}:{_path(found.group(3) or '/')}", "disk")
    return Destination(f"{word}:{_name(host)}{_path(found.group(3) or '/')}", "other")


def _by_host(text: str) -> Destination | None:
    found = _REMOTE.match(text)
    host = _HOST.match(found.group(1)) if found else None
    if not found or not host:
        return None
    return Destination(f"host:{_name(host)}:{_path(found.group(3))}", "disk")


def _rclone(
    text: str, machine: str, remotes: Mapping[str, Mapping[str, str]]
) -> Destination | None:
    name, colon, path = text.partition(":")
    if not colon or name not in remotes:
        return None
    remote = remotes[name]
    kind = _CLOUDS.get(remote.get("type", ""), remote.get("type", ""))
    if kind in ("crypt", "alias", "compress", "chunker", "hasher"):
        inner = {n: r for n, r in remotes.items() if n != name}
        return of(remote.get("remote", ""), machine, inner)
    if kind == "local":
        return of(path, machine)
    if kind == "s3":
        amazons = remote.get("provider", "") == "AWS" and not remote.get("endpoint")
        server = "s3.amazonaws.com" if amazons else remote.get("endpoint", "")
        server = server.removeprefix("https://").removeprefix("http://").strip("/")
        return amazon(server, path.strip("/"), remote.get("region", "")) if server else None
    if kind in ("sftp", "ftp", "smb") and remote.get("host"):
        return Destination(f"host:{remote['host']}:{_path(path)}", "disk")
    return Destination(f"{kind}:{path.strip('/')}", _BUCKETS.get(kind, "other")) if kind else None


def _name(found: re.Match[str]) -> str:
    return found.group(1).strip("[]").lower()


def _path(path: str) -> str:
    kept = path.removeprefix("/.").rstrip("/") if path.startswith("/./") else path.rstrip("/")
    return kept or "/"
