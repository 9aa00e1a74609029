"""Content by its hash: what was seen and found, once each, compressed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from troth import canonical
from troth.errors import IntegrityError
from troth.history import schema, spans


class Blobs:
    """Collects content that a run needs, and writes what the store does not hold yet."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._waiting: dict[bytes, bytes] = {}

    def add(self, value: Any) -> bytes:
        """Take a JSON value and return its digest, 32 bytes."""
        body = canonical.dumps(value)
        digest = hashlib.sha256(body).digest()
        self._waiting.setdefault(digest, body)
        return digest

    def write(self, connection: sa.Connection) -> None:
        """Write what is not there yet."""
        known: set[bytes] = set()
        column = schema.blob.c.digest
        for some in spans.chunks(self._waiting):
            found = connection.execute(sa.select(column).where(column.in_(some)))
            known.update(found.scalars())
        rows = (
            {"digest": digest, "body": zlib.compress(body)}
            for digest, body in self._waiting.items()
            if digest not in known
        )
        spans.insert(connection, schema.blob, rows)


def read(connection: sa.Connection, digests: Iterable[bytes]) -> Mapping[bytes, Any]:
    """Return the JSON values of digests.

    Raises :class:`~troth.errors.IntegrityError` naming one that is missing or not what its digest
    says.
    """
    wanted = set(digests)
    found: dict[bytes, Any] = {}
    for some in spans.chunks(wanted):
        rows = connection.execute(sa.select(schema.blob).where(schema.blob.c.digest.in_(some)))
        for digest, body in rows:
            found[digest] = canonical.parse(checked(digest, body))
    missing = wanted - found.keys()
    if missing:
        name = min(missing).hex()
        raise IntegrityError(f"the history lacks the content sha256:{name}; restore a copy of it")
    return found


def checked(digest: bytes, body: bytes) -> bytes:
    """Return the bytes of a blob; raises :class:`~troth.errors.IntegrityError`."""
    try:
        plain = zlib.decompress(body)
    except zlib.error:
        plain = b""
    if hashlib.sha256(plain).digest() != digest:
        text = f"the content sha256:{digest.hex()} was changed in the history; restore a copy of it"
        raise IntegrityError(text)
    return plain
