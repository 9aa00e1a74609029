"""A check of the demo's folder, as ``troth check`` makes it."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime

from troth import config, plugins, waivers
from troth.catalogue import content
from troth.collect.runner import Budget
from troth.demo.folder import Folder
from troth.plan import choose, make
from troth.run import Run, Setup, carry_out, new_id

#: Threads, and seconds for one checker in one place.
BUDGET = Budget(jobs=8, seconds=60)


def check(folder: Folder, name: str, as_of: datetime, kinds: Collection[str] = ()) -> Run:
    """Check what the configuration ``name`` in the folder says, at ``as_of``, and record it.

    ``kinds`` limits it to the clauses of which a part looks at one of these kinds.
    """
    checkers = plugins.checkers()
    settings = config.load(folder.path / name, checkers)
    wanted = [selection.policy for selection in settings.selections]
    books = content.load({}, policies=wanted, base=settings.base_dir)
    chosen = choose(settings, books.policies, books.controls)
    if kinds:
        clauses = {
            f"{one.policy.id}/{clause.id}"
            for one in chosen
            for clause, _, part in one.parts(books.controls)
            if part.kind in kinds
        }
        chosen = choose(settings, books.policies, books.controls, sorted(clauses))
    waived = waivers.load(settings.waivers, books.policies) if settings.waivers else ()
    plan = make(settings, chosen, books.controls, books.kinds, checkers)
    folder.make(settings.runs)
    return carry_out(
        Setup(settings, books, chosen, waived), plan, checkers,
        settings.runs / new_id(as_of), as_of, BUDGET, threading.Event(),
    )  # fmt: skip
