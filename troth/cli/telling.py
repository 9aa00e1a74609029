"""Who is told of a run: channels of what changed, the dead man's switch of how it ended.

Nobody who cannot be reached changes a verdict; what was not told is told with the next run.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from troth import config
from troth.cli.afterwards import Changed
from troth.cli.store import store_at
from troth.errors import TrothError
from troth.events import ERROR, WARNING, tell
from troth.history.changes import NEWLY_BROKEN, Change, Digest

#: What is newly broken is named so often in a ping, then counted.
NAMED = 4


def warn(settings: config.Config) -> None:
    """Say before a run which channels cannot be told; the run goes on."""
    if settings.notify:
        from troth.notify import check_channels

        for problem in check_channels(settings.notify, os.environ):
            tell("channel not usable", WARNING, said=f"notify: {problem}")


@contextlib.contextmanager
def pinged(variable: str) -> Iterator[Ended]:
    """Tell the dead man's switch when the block begins and how it ended.

    ``variable`` names the environment variable that holds its URL; nobody is told if it is empty.
    """
    outcome = Ended()
    if not variable:
        yield outcome
        return
    from troth.notify import ping_of
    from troth.notify.ping import watched

    ping, problem = ping_of(variable, os.environ)
    if problem:
        _unreached(problem)
    with watched(ping, _unreached) as told:
        yield outcome
        told.code, told.summary = outcome.code, outcome.summary


class Ended:
    """How a run ended: its exit code, and a few lines about it."""

    code = 0
    summary = ""


def _unreached(problem: str) -> None:
    tell("not pinged", WARNING, said=f"ping: {problem}")


def told(settings: config.Config, place: config.Store | None, changed: Changed) -> None:
    """Tell every channel what it does not know yet."""
    if not settings.notify or changed.digest is None or place is None:
        return
    for channel in settings.notify:
        try:
            _told(channel, place, changed.digest.run)
        except TrothError as error:
            said = f"notify: {channel.variable}: {error}; it is told with the next run"
            tell("not told", ERROR, said=said, channel=channel.variable)


def _told(channel: config.Channel, place: config.Store, run: str) -> None:
    """Tell one channel, then note that it was told: who is killed in between tells it again."""
    from troth.history import diff, outbox
    from troth.history.reading import History
    from troth.notify import tell as send

    now = datetime.now(UTC)
    with store_at(place.url, writes=True) as store:
        with store.reading() as connection:
            new = outbox.is_new(History(connection, place.scope), channel.variable)
        if new:
            with store.writing() as connection:
                history = History(connection, place.scope)
                outbox.introduce(history, channel.variable, history.night(run), now)
        with store.reading() as connection:
            history = History(connection, place.scope)
            night = history.night(run)
            since = outbox.last_told(history, channel.variable, night)
            digest = diff.since(history, since, night)
        (became,) = send([channel], digest, os.environ)
        if became.problem:
            said = f"notify: {became.problem}; it is told with the next run"
            tell("not told", ERROR, said=said, channel=channel.variable)
            return
        tell("told" if became.sent else "nothing to tell", channel=channel.variable)
        with store.writing() as connection:
            outbox.mark(History(connection, place.scope), channel.variable, night.seq, now)


def changes(digest: Digest) -> str:
    """Return in one line what is other than in the run before."""
    counted = Counter(event.change for event in digest.events)
    told = ", ".join(f"{counted[one]} {one.value}" for one in Change if counted[one])
    since = f"since {digest.since}" if digest.since else "the first run on record"
    return f"{since}: {told or 'nothing changed'}"


def summary(changed: Changed, run: str, meaning: str) -> str:
    """Return at most ten lines: how a run ended, and what is newly broken."""
    lines = [f"exit {int(changed.code)}: {meaning}", f"run {run}"]
    if changed.digest:
        lines.append(
            ", ".join(f"{number} {name}" for name, number in changed.digest.counts.items())
        )
        lines.append(f"head {changed.digest.head}")
    worst = [event for event in changed.events if event.change in NEWLY_BROKEN]
    lines += [
        f"{one.change.value}: {one.policy}/{one.clause} {one.resource}" for one in worst[:NAMED]
    ]
    if len(worst) > NAMED:
        lines.append(f"and {len(worst) - NAMED} more")
    return "\n".join(lines)
