"""The role's policy as an IAM policy document, whole."""

from __future__ import annotations

import json

from troth.roles.statements import document


def render(actions: list[str]) -> str:
    """Return the policy document as JSON."""
    return json.dumps(document(actions), indent=2) + "\n"
