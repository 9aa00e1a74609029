"""Keep a run as a check leaves it: first whatever could not be recorded before, then this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from troth.errors import TrothError
from troth.events import ERROR, tell
from troth.history import arrears, diff
from troth.history.changes import Digest, Event
from troth.history.reading import History
from troth.history.recording import compared, record
from troth.history.store import Store
from troth.report.account import Account


def keep(
    store: Store, scope: str, runs: Path, account: Account,
    exit_code: Callable[[Sequence[Event]], int], at: datetime,
) -> Digest:  # fmt: skip
    """Record a run and return what changed with it.

    ``runs`` is the folder of the runs, whose lock the caller holds; ``at`` is now, aware. A run
    that cannot be recorded is noted there and recorded with the next one. Raises
    :class:`~troth.history.store.StoreError`.
    """
    arrears.note(runs, account.folder, exit_code(()))
    _catch_up(store, scope, runs, account.folder, at)
    record(store, scope, account, exit_code, at)
    arrears.strike(runs, account.folder)
    with store.reading() as connection:
        history = History(connection, scope)
        night = history.night(account.envelope["id"])
        return diff.since(history, history.before(night), night)


def _catch_up(store: Store, scope: str, runs: Path, but: Path, at: datetime) -> None:
    """Record what earlier checks could not, oldest first; what is damaged is told and given up."""
    for folder, code in arrears.owed(runs):
        if folder.absolute() == but.absolute():
            continue
        try:
            account = Account.of_run(folder)
        except TrothError as error:
            said = f"{error}; it will be missing in the history"
            tell("not recorded", ERROR, said=said, run=folder.name)
        else:
            record(store, scope, account, code, at)
            tell("recorded late", run=folder.name)
        arrears.strike(runs, folder)


def against(earlier: Account, account: Account, at: datetime) -> list[Event]:
    """Return what is other in a run than in an earlier one, without any history."""
    with Store.in_memory() as store:
        record(store, "baseline", earlier, 0, at)
        return compared(store, "baseline", account, at)
