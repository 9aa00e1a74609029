"""After a run: into the history with it, and what is new about it.

None of this changes what was found. Where the history could not be written the run is incomplete,
because tomorrow's comparison would be wrong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from troth import config
from troth.cli.fail_on import FailOn
from troth.cli.store import Asked, store_at, stores
from troth.cli.stored import exit_code
from troth.errors import Exit, NotSaved, TrothError, UsageError
from troth.events import ERROR, INFO, WARNING, tell
from troth.history.changes import NEWLY_BROKEN, Digest, Event
from troth.model import Verdict
from troth.report.account import Account
from troth.verdicts import first

#: Why a run over some clauses is not recorded.
_SOME = "is over some clauses only"

#: What makes the exit code of a run of the events that came with it.
CodeOf = Callable[[Sequence[Event]], Exit]


class Changed(NamedTuple):
    """What a run changed: the exit code with it, the events, and the digest if it was recorded.

    ``failed`` tells that the history could not be asked: what is new is not known.
    """

    code: Exit
    events: Sequence[Event]
    digest: Digest | None = None
    failed: bool = False


@dataclass(frozen=True)
class Memory:
    """Where the history of a check is, what it is compared with, and what it fails for.

    ``whole`` is false for a run over some clauses only: that is compared and never recorded.
    ``runs`` is the folder of the runs, ``place`` what ``asked`` came to.
    """

    runs: Path
    asked: Asked
    place: config.Store | None
    baseline: Path | None
    fail_on: FailOn
    whole: bool

    @classmethod
    def of(
        cls, asked: Asked, settings: config.Config, baseline: Path | None, fail_on: FailOn,
        *, whole: bool, off: bool,
    ) -> Memory:  # fmt: skip
        """Return where a check remembers; raises :class:`UsageError` for what cannot be.

        The store is opened once: better now than after hours of looking. One that is away is told.
        """
        place = None if off else asked.place()
        if fail_on.newly and not (place or baseline):
            text = "--fail-on new compares with an earlier run; name a history, or a --baseline"
            raise UsageError(text)
        if settings.notify and not (place or off):
            text = "notify: tells what changed since the last run on record; name one by history:"
            raise UsageError(f"{settings.path}: {text}")
        if place:
            _try(place.url)
        if baseline:
            Account.of_run(baseline)
        return cls(settings.runs, asked, place, baseline, fail_on, whole)

    def begins(self, folder: Path) -> None:
        """Note that a run begins: whatever ends this process, once saved it will be recorded."""
        with contextlib.suppress(TrothError):  # told at the end, when it matters
            self._noted(folder, None)

    def changed(self, account: Account, codes: Iterable[Exit]) -> Changed:
        """Record a run, or only compare it, and return what it changed.

        ``codes`` are the exit codes that it asks for, but for what ``--fail-on new`` adds.
        """
        given, events = list(codes), list[Event]()
        now = datetime.now(UTC)

        def code_of(some: Sequence[Event]) -> Exit:
            return first([*given, *([] if self.baseline else self._newly(some, account))])

        try:
            if self.baseline:
                from troth.history.keeping import against

                events = against(Account.of_run(self.baseline), account, now)
                given += self._newly(events, account)
            if self.place is None:
                return Changed(first(given), events)
            found = self._recorded(self.place, account, code_of, now)
        except TrothError as error:
            code = first([*given, Exit.INCOMPLETE])
            kept = "the run is kept" + self._later(account.folder, code)
            tell("not recorded", ERROR, said=f"{error}; {kept}", run=account.folder.name)
            return Changed(code, events, failed=True)
        return found._replace(events=events) if self.baseline else found

    def shown(self, changed: Changed, account: Account) -> Account:
        """Return a run with what the history knows of earlier ones, for its report."""
        if changed.digest is None:
            return account
        from troth.cli.earlier import known

        return known(account, self.asked)

    def _recorded(
        self, place: config.Store, account: Account, code_of: CodeOf, now: datetime
    ) -> Changed:
        self._noted(account.folder, code_of(()))
        with store_at(place.url, writes=True, create=True) as store:
            from troth.history.keeping import keep, whatif

            why = whatif(store, place.scope, self.runs, account, now) if self.whole else _SOME
            if not why:
                digest = keep(store, place.scope, self.runs, account, code_of, exit_code, now)
                tell("recorded", run=digest.run, head=digest.head, changes=len(digest.events))
                return Changed(Exit(digest.exit_code), digest.events, digest)
            from troth.history.recording import compared

            level = WARNING if self.whole else INFO
            tell("not recorded", level, said=f"this run {why}: it is compared and not recorded")
            events = compared(store, place.scope, account, now)
            return Changed(code_of(events), events)

    def _noted(self, folder: Path, code: Exit | None) -> None:
        """Note a run that is to be recorded; where no note can be written it is done without."""
        if self.place and self.whole:
            from troth.history import arrears

            with contextlib.suppress(NotSaved):
                arrears.note(self.runs, folder, code)

    def _later(self, folder: Path, code: Exit) -> str:
        """Note the exit code of a run that could not be recorded; say when it will be, if it is."""
        from troth.history import arrears

        with contextlib.suppress(TrothError):
            self._noted(folder, code)
            if any(one.folder.resolve() == folder.resolve() for one in arrears.owed(self.runs)):
                return " and is recorded with the next one"
        return ""

    def _newly(self, events: Iterable[Event], account: Account) -> list[Exit]:
        """Return the exit code of what is newly broken, if that is asked for and there is any.

        What broke in an earlier run, which is recorded with this one, and is mended since does not
        count.
        """
        if not self.fail_on.newly:
            return []
        newly = {
            event.finding
            for event in events
            if event.change in NEWLY_BROKEN and self.fail_on.counts(event.severity)
        }
        found = newly and any(
            row["id"] in newly and row["verdict"] == Verdict.FAIL and "waiver" not in row
            for row in account.findings
        )
        return [Exit.BROKEN] if found else []


def _try(url: str) -> None:
    """Open a store, and make it if there is none; one that is away is only told of.

    It may be back when the run ends, and a night in which nothing was looked at is lost for good.
    Raises :class:`UsageError` for what another day does not cure.
    """
    stores()
    from troth.history.store import StoreAway

    try:
        store_at(url, writes=True, create=True).close()
    except StoreAway as error:
        tell("history not reachable", WARNING, said=str(error))
