"""IAM policy documents: a statement per service, cut so that each fits a managed policy.

Sources: IAM JSON policy elements; IAM quotas (a managed policy has at most 6,144 characters without
white space, a role takes ten of them by default).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

VERSION = "2012-10-17"
#: Characters of a managed policy, white space not counted.
MOST = 6144


def document(actions: Sequence[str]) -> dict[str, Any]:
    """Return a policy document that allows the sorted actions on everything.

    Most listing actions know no resources, and a resource that is not listed would be a promise
    that nobody looks at: what limits the role is what it may do.
    """
    statements = []
    for service, group in groupby(actions, lambda action: action.partition(":")[0]):
        name = "".join(part.capitalize() for part in service.split("-"))
        statements.append(
            {"Sid": f"Troth{name}", "Effect": "Allow", "Action": list(group), "Resource": "*"}
        )
    return {"Version": VERSION, "Statement": statements}


def documents(actions: Sequence[str]) -> list[dict[str, Any]]:
    """Return as few documents as the actions fit in, in their order."""
    made: list[list[str]] = [[]]
    for action in actions:
        if size(document([*made[-1], action])) > MOST:
            made.append([])
        made[-1].append(action)
    return [document(part) for part in made]


def size(body: dict[str, Any]) -> int:
    """Return how many characters of a document count."""
    return len(json.dumps(body, separators=(",", ":")))
