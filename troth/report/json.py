"""Results as one JSON document: the summary with the findings inside."""

from __future__ import annotations

import json

from troth.verdicts import Results


def render(outcome: Results) -> str:
    """Return ``{"summary": …, "findings": […]}``, indented, keys sorted."""
    body = {"schema": 1, "summary": outcome.summary, "findings": list(outcome.findings)}
    return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
