"""What the history knows of the runs before one, for the report of that run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from troth.cli import store
from troth.errors import TrothError
from troth.report.account import Account
from troth.report.trend import Night, Trend

if TYPE_CHECKING:  # a report without a history pays for no database
    from troth.history.reading import History

#: How many runs the picture shows.
NIGHTS = 90


def known(account: Account, asked: store.Asked) -> Account:
    """Return a run with what the history knows of the runs up to it.

    Without a history, or one that does not hold the run, it is returned as it is. A history that
    is named but cannot be used is told on stderr: the report of the run is whole without it.
    """
    try:
        if asked.place() is None:
            return account
        with asked.reading() as history:
            found = trend(history, account.envelope["id"])
    except TrothError as error:
        from troth.report.words import harmless

        click.echo(f"troth: without earlier runs: {harmless(str(error))}", err=True)
        return account
    return dataclasses.replace(account, trend=found) if found else account


def trend(history: History, run: str) -> Trend | None:
    """Return the last nights up to a recorded run and how its clauses went, None for another."""
    from troth.history import trend as spans_of

    if not history.has(run):
        return None
    last = history.night(run)
    nights = [last, *history.nights(NIGHTS - 1, before=last)]
    first, judged = history.first, history.clauses(last)
    return Trend(
        [Night(night.as_of, night.counts) for night in reversed(nights)],
        {
            clause: spans_of.course(spans_of.until(held, last.seq), last.as_of, first)
            for clause, held in history.clause_spans().items()
            if clause in judged
        },
    )
