"""Keep a run as a check leaves it: first whatever could not be recorded before, then this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from troth import record as folders
from troth.errors import IntegrityError
from troth.events import ERROR, tell
from troth.history import arrears, diff, order
from troth.history.arrears import Owed
from troth.history.changes import Digest, Event
from troth.history.reading import History
from troth.history.recording import SAID, Recorded, compared, record
from troth.history.store import Store
from troth.report.account import Account


def keep(
    store: Store, scope: str, runs: Path, account: Account,
    exit_code: Callable[[Sequence[Event]], int], late_code: Callable[[Account], int], at: datetime,
) -> Digest:  # fmt: skip
    """Record a run and return what changed with it.

    ``runs`` is the folder of the runs, whose lock the caller holds; ``at`` is now, aware. What was
    noted there and not recorded is recorded first, and what changed with that is part of what is
    returned and of what ``exit_code`` is asked about: nobody was told of it. ``late_code`` gives
    the exit code of a run that nobody saw the end of. Raises
    :class:`~troth.history.store.StoreError`, and :class:`~troth.errors.IntegrityError` for a run
    or a note that was changed.
    """
    late = _catch_up(store, scope, runs, account.folder, late_code, at)
    told = _events(store, scope, late)
    made = record(store, scope, account, lambda events: exit_code([*told, *events]), at)
    arrears.strike(runs, account.folder)
    with store.reading() as connection:
        history = History(connection, scope)
        night = history.night(account.envelope["id"])
        first = night._replace(seq=min(one.seq for one in (made, *late)))
        return diff.since(history, history.before(first), night)


def whatif(store: Store, scope: str, runs: Path, account: Account, at: datetime) -> str:
    """Return why a run is none of the history (what if it were that day), empty if it is one.

    What is noted of it in ``runs`` is struck out: it is never recorded late either. ``at`` is now.
    """
    why = _misplaced(store, scope, account, at)
    if why:
        arrears.strike(runs, account.folder)
    return why


def _misplaced(store: Store, scope: str, account: Account, at: datetime) -> str:
    judged = datetime.fromisoformat(account.envelope["as_of"])
    started = datetime.fromisoformat(account.envelope["started_at"])
    if abs(started - judged) <= order.AHEAD and judged <= at + order.AHEAD:
        return ""  # judged as it was made: two machines that look at once are both recorded
    return order.misplaced(store, scope, account.envelope["id"], judged, at)


def _events(store: Store, scope: str, late: Sequence[Recorded]) -> list[Event]:
    """Return what changed with the runs that were recorded late."""
    if not late:
        return []
    with store.reading() as connection:
        history = History(connection, scope)
        return [event for one in late for event in history.events(one.seq - 1, one.seq)]


def _catch_up(
    store: Store, scope: str, runs: Path, but: Path, code: Callable[[Account], int], at: datetime
) -> list[Recorded]:
    """Record what earlier checks could not, oldest first; what is damaged is told and given up."""
    made = []
    for one in arrears.owed(runs):
        if one.folder.resolve() == but.resolve():
            continue
        try:
            made += _late(store, scope, one, code, at)
        except IntegrityError as error:
            said = f"{error}; it will be missing in the history"
            tell("not recorded", ERROR, said=said, run=one.folder.name)
        arrears.strike(runs, one.folder)
    return made


def _late(
    store: Store, scope: str, one: Owed, code: Callable[[Account], int], at: datetime
) -> list[Recorded]:
    """Record a run that was noted; one that was cut off before it was saved is none."""
    if one.exit_code is None and not (one.folder / folders.ENVELOPE).exists():
        return []
    account = Account.of_run(one.folder)
    if lacking := [name for name in SAID if name not in account.envelope]:
        text = f"there is no '{lacking[0]}'; the run was changed or cut off"
        raise IntegrityError(f"{one.folder / folders.ENVELOPE}: {text}")
    if why := _misplaced(store, scope, account, at):
        raise IntegrityError(f"run {one.folder.name} {why}")
    ended = code(account) if one.exit_code is None else one.exit_code
    made = record(store, scope, account, ended, at)
    tell("recorded late", run=one.folder.name)
    return [made]


def against(earlier: Account, account: Account, at: datetime) -> list[Event]:
    """Return what is other in a run than in an earlier one, without any history."""
    with Store.in_memory() as store:
        record(store, "baseline", earlier, 0, at)
        return compared(store, "baseline", account, at)
