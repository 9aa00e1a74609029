"""What people and other programs read of a run, written into the bag beside the record itself."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from troth import record
from troth.evidence import bag, facts
from troth.report.account import Account

if TYPE_CHECKING:  # formats are imported when a bag is packed
    from troth.report import oscal

#: File below ``data`` → module of ``troth.report`` whose ``write`` makes it.
FILES = {"report.html": "html", "findings.csv": "csv"}
OSCAL = "oscal"


def write(account: Account, data: Path) -> None:
    """Write the report, the table and the OSCAL documents of a run below ``data``.

    The run's own files have to be there already: OSCAL names them with their digests.
    """
    for name, module in FILES.items():
        writer = importlib.import_module(f"troth.report.{module}").write
        with io.TextIOWrapper(bag.new(data / name), encoding="utf-8", newline="") as out:
            writer(account, out)
    from troth.report import oscal

    oscal.write_set(account, data / OSCAL, layout=_layout(account, data))


def _layout(account: Account, data: Path) -> oscal.Layout:
    """Return where the run's files lie for a reader in ``data/oscal``: facts have files here."""
    from troth.report import oscal

    own = account.envelope["files"]
    shards = (name for name in own if name.startswith(f"{record.OBSERVATIONS}/"))
    digests = {**own, **{name: f"sha256:{bag.sha256(data / name)}" for name in shards}}
    named = f"{facts.FACTS}/{{start}}/{{digest}}{facts.SUFFIX}"
    return oscal.Layout("../", digests, named)
