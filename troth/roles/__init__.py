"""The role that a check needs and nothing more: made from the same declarations as its calls.

What is granted are the permissions of the planned reads that the targets allow. What it takes to
obtain credentials is asked of whoever runs troth, not of the role, and is left out.
"""

from __future__ import annotations

import enum
import importlib
import re
from collections.abc import Callable, Iterable

from troth.errors import UsageError
from troth.plan import Read

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_PERMISSION = re.compile(r"[a-z]+(\.[A-Za-z]+){2,}")


class Form(enum.StrEnum):
    """What a role can be written as."""

    IAM = "iam"
    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"
    GCP_ROLE = "gcp-role"

    def render(self, reads: Iterable[Read]) -> str:
        """Return the role for these reads; raises :class:`UsageError` if they need none."""
        provider = "gcp" if self is Form.GCP_ROLE else "aws"
        wanted = permissions(reads, _PERMISSION if provider == "gcp" else _ACTION)
        if not wanted:
            text = f"nothing that is selected reads {provider}; there is no role to write"
            raise UsageError(f"{text} (troth plan shows what is read)")
        module = importlib.import_module(f"troth.roles.{self.name.lower()}")
        renderer: Callable[[list[str]], str] = module.render
        return renderer(wanted)


def permissions(reads: Iterable[Read], form: re.Pattern[str]) -> list[str]:
    """Return what the allowed reads need of one provider, sorted, each once."""
    return sorted(
        {
            permission
            for read in reads
            if read.allowed and read.per != "run"
            for permission in read.permissions
            if form.fullmatch(permission)
        }
    )
