"""After a run: into the history with it, and what is new about it.

None of this changes what was found. Where the history could not be written the run is incomplete,
because tomorrow's comparison would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from troth import config
from troth.cli.fail_on import FailOn
from troth.cli.store import Asked, store_at
from troth.errors import Exit, TrothError, UsageError
from troth.events import ERROR, tell
from troth.history.changes import NEWLY_BROKEN, Digest, Event
from troth.model import Severity
from troth.report.account import Account
from troth.verdicts import first

#: What makes the exit code of a run of the events that came with it.
CodeOf = Callable[[Sequence[Event]], Exit]


class Changed(NamedTuple):
    """What a run changed: the exit code with it, the events, and the digest if it was recorded."""

    code: Exit
    events: Sequence[Event]
    digest: Digest | None = None


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

        The store is opened once: better now than after hours of looking.
        """
        place = None if off else asked.place()
        if fail_on.newly and not (place or baseline):
            text = "--fail-on new compares with an earlier run; name a history, or a --baseline"
            raise UsageError(text)
        if settings.notify and not (place or off):
            text = "notify: tells what changed since the last run on record; name one by history:"
            raise UsageError(f"{settings.path}: {text}")
        if place:
            store_at(place.url, writes=True, create=True).close()
        if baseline:
            Account.of_run(baseline)
        return cls(settings.runs, asked, place, baseline, fail_on, whole)

    def changed(self, account: Account, codes: Iterable[Exit]) -> Changed:
        """Record a run, or only compare it, and return what it changed.

        ``codes`` are the exit codes that it asks for, but for what ``--fail-on new`` adds.
        """
        given = list(codes)

        def code_of(events: Sequence[Event]) -> Exit:
            return first([*given, *self._newly(events)])

        try:
            return self._compared(account, code_of)
        except TrothError as error:
            said = f"{error}; the run is kept and is recorded with the next one"
            tell("not recorded", ERROR, said=said, run=account.folder.name)
            return Changed(first([*given, Exit.INCOMPLETE]), ())

    def shown(self, changed: Changed, account: Account) -> Account:
        """Return a run with what the history knows of earlier ones, for its report."""
        if changed.digest is None:
            return account
        from troth.cli.earlier import known

        return known(account, self.asked)

    def _compared(self, account: Account, code_of: CodeOf) -> Changed:
        now = datetime.now(UTC)
        events: Sequence[Event] | None = None
        if self.baseline:
            from troth.history.keeping import against

            events = against(Account.of_run(self.baseline), account, now)
            code = code_of(events)
            code_of = lambda _: code  # noqa: E731  (what is recorded later does not gate)
        if self.place is None:
            return Changed(code_of(events or ()), events or ())
        recorded = self._recorded(self.place, account, code_of, now)
        return recorded if events is None else recorded._replace(events=events)

    def _recorded(
        self, place: config.Store, account: Account, code_of: CodeOf, now: datetime
    ) -> Changed:
        with store_at(place.url, writes=True, create=True) as store:
            if self.whole:
                from troth.history.keeping import keep

                digest = keep(store, place.scope, self.runs, account, code_of, now)
                tell("recorded", run=digest.run, head=digest.head, changes=len(digest.events))
                return Changed(Exit(digest.exit_code), digest.events, digest)
            from troth.history.recording import compared

            tell("not recorded", said="a run over some clauses is compared and not recorded")
            events = compared(store, place.scope, account, now)
            return Changed(code_of(events), events)

    def _newly(self, events: Iterable[Event]) -> list[Exit]:
        """Return the exit code of what is newly broken, if that is asked for and there is any."""
        if not self.fail_on.newly:
            return []
        least = Severity[self.fail_on.severity.upper()]
        found = any(
            event.change in NEWLY_BROKEN and Severity[event.severity.upper()] >= least
            for event in events
        )
        return [Exit.BROKEN] if found else []
