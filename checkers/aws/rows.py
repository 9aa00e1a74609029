"""What a listing returned, row by row, and what of an answer can be used at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from troth.checker import ObservationFailed, Reason
from troth.model import Failure


@dataclass(frozen=True)
class Rows:
    """What a paged operation listed: the rows, and why there may be more of them.

    ``failure`` is set when a later page could not be read or a row could not be used; the rows
    before and after it stand.
    """

    items: tuple[Mapping[str, Any], ...]
    failure: Failure | None = None
    _groups: dict[str, dict[Any, list[Mapping[str, Any]]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def where(self, name: str, value: Any) -> Sequence[Mapping[str, Any]]:
        """Return every row whose ``name`` is ``value``; the first use makes an index."""
        if name not in self._groups:
            groups: dict[Any, list[Mapping[str, Any]]] = {}
            for row in self.items:
                if name in row:
                    groups.setdefault(row[name], []).append(row)
            self._groups[name] = groups
        return self._groups[name].get(value, ())

    def one(self, name: str, value: Any) -> Mapping[str, Any]:
        """Return the first row whose ``name`` is ``value``.

        Raises :class:`ObservationFailed` with the listing's failure, or with ``no-data`` when the
        listing is complete: the thing vanished between two reads.
        """
        found = self.where(name, value)
        if found:
            return found[0]
        failure = self.failure or Failure(Reason.NO_DATA, f"{value} is not listed any more")
        raise ObservationFailed(failure.reason, failure.message, failure.permission)


def parsed(operation: str, ask: Callable[[], Any]) -> Any:
    """Return what ``ask`` returns; a parser's stumble over a hostile body is ``malformed``."""
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    try:
        return ask()
    except (BotoCoreError, ClientError, ObservationFailed):
        raise
    except (ArithmeticError, AttributeError, LookupError, SyntaxError, TypeError, ValueError) as e:
        raise _stumbled(operation, e) from e
    except Exception as e:
        # botocore lets urllib3's own exceptions through while it reads a body.
        if type(e).__module__.startswith(("urllib3.", "botocore.parsers", "http.client")):
            raise _stumbled(operation, e) from e
        raise


def _stumbled(operation: str, error: Exception) -> ObservationFailed:
    return ObservationFailed(
        Reason.MALFORMED_RESPONSE,
        f"{operation}: the answer cannot be read ({type(error).__name__})",
    )


def usable(
    operation: str, rows: Any, require: Sequence[str], scalar: str
) -> tuple[list[Mapping[str, Any]], Failure | None]:
    """Return the rows that are mappings with every key of ``require``, and why some are not."""
    if not isinstance(rows, list):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, f"{operation}: the answer has no list")
    if scalar:
        rows = [{scalar: row} if isinstance(row, str) else None for row in rows]
    good = [r for r in rows if isinstance(r, Mapping) and all(name in r for name in require)]
    if len(good) == len(rows):
        return good, None
    lacking = Failure(
        Reason.MALFORMED_RESPONSE,
        f"{operation}: {len(rows) - len(good)} of {len(rows)} rows lack {' or '.join(require)}",
    )
    return good, lacking
