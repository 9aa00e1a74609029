"""``--fail-on``: from which severity on a broken promise counts, and whether only new ones do."""

from __future__ import annotations

from typing import Any, NamedTuple

import click

from troth.model import FAIL_ON, Severity

NEW = "new"


class FailOn(NamedTuple):
    """What gives exit code 1: broken promises of a severity (``none`` for never), or new ones."""

    newly: bool
    severity: str

    @property
    def plain(self) -> str:
        """Return the severity from which on any broken promise counts, whether new or not."""
        return "none" if self.newly else self.severity

    @classmethod
    def read(cls, text: str) -> FailOn | None:
        """Return what a text asks for, None if that is nothing there is."""
        head, _, rest = text.partition(",")
        if head == NEW and (not rest or rest in FAIL_ON[1:]) and not text.endswith(","):
            return cls(newly=True, severity=rest or FAIL_ON[1])
        return cls(newly=False, severity=text) if text in FAIL_ON else None

    def counts(self, severity: str) -> bool:
        """Tell whether something broken of a severity is grave enough."""
        if self.severity == "none":
            return False
        return Severity[severity.upper()] >= Severity[self.severity.upper()]


class FailOnType(click.ParamType[FailOn]):
    """Reads ``none``, a severity, ``new``, or ``new,SEVERITY``."""

    name = "fail-on"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> FailOn:
        """Return what a text asks for; fails with the values that there are."""
        if isinstance(value, FailOn):
            return value
        if found := FailOn.read(str(value)):
            return found
        known = ", ".join(FAIL_ON)
        return self.fail(f"'{value}' is not one of {known}, new, or new,SEVERITY", param, ctx)
