"""Digests that the tests send, written by hand."""

from __future__ import annotations

from troth.history.changes import Change, Digest, Event

COUNTS = {"broken": 2, "waived": 1, "unknown": 3, "kept": 40, "not-applicable": 4}


def event(change: Change = Change.NEW, **more: str) -> Event:
    """Return an event about one bucket."""
    about = {
        "text": "The bucket logs is not encrypted.",
        "policy": "acme", "clause": "4.2", "control": "store-encrypted", "finding": "f-1",
        "target": "prod", "kind": "data-store", "resource": "arn:aws:s3:::logs",
        "severity": "high", "before": "pass", "now": "fail",
    }  # fmt: skip
    return Event(change, **{**about, **more})


def digest(*events: Event, **more: object) -> Digest:
    """Return a digest of the night of 22 November."""
    about: dict[str, object] = {
        "scope": "main", "run": "run-2", "since": "run-1", "as_of": "2026-11-22T02:00:00+00:00",
        "state": "complete", "exit_code": 1, "counts": COUNTS, "head": "sha256:abc",
    }  # fmt: skip
    return Digest(**{**about, **more, "events": events})  # type: ignore[arg-type]
