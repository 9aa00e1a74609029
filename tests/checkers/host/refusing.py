"""A checker one of whose calls is refused, as for somebody who is not root."""

from __future__ import annotations

from typing import Any

from troth.checker import Checker, call


def refusing(checker: type[Checker], name: str) -> type[Checker]:
    """Return the checker with one call that may not look."""
    declared = checker.calls()[name]

    def refused(self: Checker, *key: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    refused.__name__ = name
    again = call(
        declared.operation,
        actions=list(declared.actions),
        per=declared.per,
        absent_on=list(declared.absent_on),
    )
    return type("Refusing", (checker,), {name: again(refused)})
