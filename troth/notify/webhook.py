"""The generic web hook: one JSON document in one POST, tried again where that may help."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import accumulate
from typing import Any

from troth.history.changes import Digest
from troth.notify.message import COUNTS, Message, message
from troth.notify.phrases import ordered
from troth.notify.post import EXCHANGE, Answer, address, post

SCHEMA = 1
#: At most so many events stand in a document, and so many bytes of them; the others are counted.
EVENTS, BYTES = 1000, 1 << 20
#: Seconds before the second and the third attempt; and the longest wait that a receiver may ask.
PAUSES, LONGEST = (1.0, 4.0), 30.0

Pause = Callable[[float], None]


def document(digest: Digest, told: Message) -> dict[str, Any]:
    """Return the document: format 1 of ``troth schema notification``."""
    rows = [event._asdict() for event in ordered(digest.events)[:EVENTS]]
    kept = _fitting(rows)
    return {
        "schema": SCHEMA,
        "title": told.title,
        "text": told.text,
        "scope": digest.scope,
        "run": digest.run,
        "since": digest.since,
        "as_of": digest.as_of,
        "state": digest.state,
        "exit_code": int(digest.exit_code),
        "counts": {name: digest.counts.get(name, 0) for name in COUNTS},
        "events": rows[:kept],
        "left_out": len(digest.events) - kept,
        "head": digest.head,
    }


def _fitting(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return how many of the rows have at most :data:`BYTES` together."""
    sizes = accumulate(len(json.dumps(row)) for row in rows)
    return sum(size <= BYTES for size in sizes)


def key(digest: Digest) -> str:
    """Return what tells a receiver that a POST repeats another one: 64 hexadecimal digits."""
    said = json.dumps([digest.scope, digest.run, digest.since])
    return hashlib.sha256(said.encode()).hexdigest()


def send(url: str, digest: Digest, *, seconds: float = EXCHANGE, pause: Pause = time.sleep) -> str:
    """Send a digest and return what went wrong, or nothing. Never raises for the outside.

    ``seconds`` is the time for each of three attempts. What is returned has nothing of the URL.
    """
    try:
        to = address(url)
    except ValueError as error:
        return str(error)
    # Escapes for all but ASCII: a name with a reversed reading direction steers no terminal.
    body = json.dumps(document(digest, message(digest)), sort_keys=True).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key(digest)}
    return attempts(lambda: post(to, body, headers, seconds), PAUSES, pause)


def attempts(ask: Callable[[], Answer], pauses: Sequence[float], pause: Pause) -> str:
    """Ask until the answer is good or final, with a pause after each but the last attempt.

    Returns what went wrong the last time. A receiver that says when to come back is believed, but
    none is waited for longer than :data:`LONGEST` seconds.
    """
    for wait in (*pauses, None):
        try:
            answer = ask()
        except OSError as error:
            problem, asked = str(error), 0.0
        except ValueError as error:
            return str(error)
        else:
            if answer.taken:
                return ""
            problem, asked = str(answer), _asked(answer)
            if not answer.passing:
                return problem
        if wait is None:
            break
        if asked > LONGEST:
            return f"{problem}; it asks to wait {asked:.0f} s, which is longer than {LONGEST:g} s"
        pause(max(wait, asked))
    return f"{problem} ({len(pauses) + 1} attempts)"


def _asked(answer: Answer) -> float:
    """Return how many seconds the receiver asks to wait (RFC 9110, 10.2.3); 0 if it does not."""
    said = answer.retry_after.strip()
    if said.isascii() and said.isdigit():
        return min(float(said), 1e9)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
