"""Facts by their own hash: a shard split into what was seen and when, and put together again.

What an observation's digest covers becomes a file of its own, in canonical JSON, whose name is its
SHA-256: the digest that findings name. The same facts seen twice are one file. The rest of the
shard (times, calls, raw detail) stays, with the digest in the facts' place. Both together give the
shard byte for byte, because a shard is canonical JSON too (RFC 8785).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from troth import canonical
from troth.collect.observe import COVERED, covered
from troth.errors import IntegrityError
from troth.evidence import bag

FACTS = "facts"
SUFFIX = ".json"

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def path_of(digest: str) -> str:
    """Return where the facts of a digest lie, relative to the bag's ``data``.

    Raises :class:`~troth.errors.IntegrityError` if it is no digest.
    """
    match = _DIGEST.fullmatch(digest)
    if not match:
        raise IntegrityError(f"{digest!r:.80} is not a digest; the observations were changed")
    return f"{FACTS}/{match[1][:2]}/{match[1]}{SUFFIX}"


def split(shard: Path, rest: Path, data: Path) -> None:
    """Write a shard's facts below ``data`` and what is left of it to ``rest``.

    Raises :class:`~troth.errors.IntegrityError` if it is not what troth writes, byte for byte.
    """
    with shard.open("rb") as lines, bag.new(rest) as out:
        out.write(next(lines, b""))
        for number, line in enumerate(lines, 2):
            where = f"{shard.name}:{number}"
            row = _parsed(line, where)
            for name, seen in row["facets"].items():
                row["facets"][name] = _parted(name, seen, data, where)
            out.write(canonical.dumps(row) + b"\n")


def _parsed(line: bytes, where: str) -> dict[str, Any]:
    try:
        row: dict[str, Any] = canonical.parse(line)
        same = canonical.dumps(row) + b"\n" == line
        if not all(isinstance(seen["digest"], str) for seen in row["facets"].values()):
            raise TypeError("a digest is not text")
    except (canonical.CanonicalError, AttributeError, KeyError, TypeError) as error:
        raise IntegrityError(f"{where} is no line of a shard: {error!r}") from None
    if not same:
        raise IntegrityError(f"{where} is not canonical JSON, as troth writes it; check again")
    return row


def _parted(facet: str, seen: dict[str, Any], data: Path, where: str) -> dict[str, Any]:
    """Write the facts of one observation unless they are there; return the rest of it."""
    body = covered(facet, seen)
    if canonical.digest_of(body) != seen["digest"]:
        text = f"{where}: the digest of {facet} is not that of its facts; the run was changed"
        raise IntegrityError(text)
    path = data / path_of(seen["digest"])
    if not path.exists():
        bag.write(path, body)
    return {key: value for key, value in seen.items() if key not in COVERED}


def rebuilt(rest: Path, data: Path) -> Iterator[bytes]:
    """Yield the lines of the shard that was split, as they were.

    Raises :class:`~troth.errors.IntegrityError` if facts are missing, or are not what they are
    named for.
    """
    read = lru_cache(maxsize=1024)(lambda digest: _facts(data, digest))
    with rest.open("rb") as lines:
        yield next(lines, b"")
        for number, line in enumerate(lines, 2):
            where = f"{rest.name}:{number}"
            row = _parsed(line, where)
            for name, seen in row["facets"].items():
                body = read(seen["digest"])
                if body["facet"] != name or not seen.keys().isdisjoint(COVERED):
                    raise IntegrityError(f"{where}: {name} names other facts; the bag was changed")
                row["facets"][name] = {**seen, **{k: body[k] for k in body if k != "facet"}}
            yield canonical.dumps(row) + b"\n"


def _facts(data: Path, digest: str) -> dict[str, Any]:
    name = path_of(digest)
    try:
        body = (data / name).read_bytes()
    except OSError:
        raise IntegrityError(f"{name} is missing; observations name it") from None
    if canonical.digest_of(body) != digest:
        raise IntegrityError(f"{name} does not hold the facts that it is named for; it was changed")
    try:
        found: dict[str, Any] = canonical.loads(body)
    except canonical.CanonicalError as error:
        raise IntegrityError(f"{name} does not hold facts: {error}; the bag is not ours") from None
    if not isinstance(found, dict) or not {"facet"} < found.keys() <= {"facet", *COVERED}:
        raise IntegrityError(f"{name} does not hold facts; the bag is not ours")
    return found


def digest_of(rest: Path, data: Path) -> str:
    """Return the digest of the shard that :func:`rebuilt` yields."""
    whole = hashlib.sha256()
    for line in rebuilt(rest, data):
        whole.update(line)
    return "sha256:" + whole.hexdigest()


def named(rest: Path) -> Iterator[str]:
    """Yield the digests that a split shard names."""
    with rest.open("rb") as lines:
        next(lines, b"")
        for number, line in enumerate(lines, 2):
            for seen in _parsed(line, f"{rest.name}:{number}")["facets"].values():
                yield seen["digest"]


def check_names(bag_folder: Path) -> Iterator[str]:
    """Yield what is wrong with the names of facts: each is the hash of what the file holds."""
    data = bag_folder / bag.DATA
    if not (data / FACTS).is_dir():
        return
    for name in bag.files(data, FACTS):
        digest = "sha256:" + bag.sha256(data / name)
        if path_of(digest) != name:
            yield f"{bag.DATA}/{name} is not named for what it holds; it was renamed or changed"
