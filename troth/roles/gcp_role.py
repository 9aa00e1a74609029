"""The role as a Google Cloud custom role, as ``gcloud iam roles create --file`` takes it.

Source: IAM v1, ``Role`` (title, description, stage, includedPermissions).
"""

from __future__ import annotations


def render(permissions: list[str]) -> str:
    """Return the role as YAML."""
    head = (
        "title: troth\n"
        "description: Read-only role of troth, for exactly the clauses that are checked\n"
        "stage: GA\n"
        "includedPermissions:\n"
    )
    return head + "".join(f"- {permission}\n" for permission in permissions)
