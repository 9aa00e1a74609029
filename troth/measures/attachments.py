"""Files that customers sent to support, joined to the matters that they were sent for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from troth.measures.base import Inputs, Item, Measured, measure
from troth.measures.coverage import listed
from troth.measures.outcomes import told
from troth.measures.reading import rows
from troth.model import Failure, Reason


@measure("kept-past-close", per="resource", args=("within",), yields=("overdue",))
def kept_past_close(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``overdue`` per place: files there whose matter was closed longer ago than ``within``.

    The register of attachments says which matter a file belongs to, and when that was closed. A
    file that it does not name may belong to any: then it is not known that none is overdue.
    """
    read = rows(inputs.needs["register.attachments"], "row.key", "row.closed_at")
    closed: dict[str, datetime | None] = {
        row["row.key"]: row["row.closed_at"] for row in read.known
    }
    since = inputs.args["within"].before(inputs.as_of, inputs.zone)
    for item in inputs.population.items:
        yield _overdue(item, closed, since, read.failure)


def _overdue(
    item: Item, closed: dict[str, datetime | None], since: datetime, failure: Failure | None
) -> Measured:
    files, unread = listed(item, "files.kept")
    keys = sorted(one["key"] for one in files)
    overdue = [key for key in keys if (at := closed.get(key)) is not None and at < since]
    strange = [key for key in keys if key not in closed]
    if strange:
        words = f"{strange[0]} is in no row of the register of attachments"
        more = f", nor are {len(strange) - 1} others" if len(strange) > 1 else ""
        unread = (
            failure or unread or Failure(Reason.NO_DATA, f"{words}{more}; enter it or delete it")
        )
    return told({"overdue": overdue if overdue or unread is None else unread}, item.id)
