"""This machine by the same documents: shown apart, since nobody knows what is true of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import click

from troth.cli import common
from troth.collect.runner import Budget
from troth.demo.folder import Folder
from troth.run import Run, Setup, carry_out, new_id
from troth.plan import Plan

CONFIG = "this-machine.yaml"


def report(folder: Folder, as_of: datetime, budget: Budget) -> None:
    """Check this machine and write what was found, by control; it decides nothing."""
    ready = common.prepare(folder.path / CONFIG, common.folders((), (), ()))
    ready = common.prepare(
        folder.path / CONFIG, common.folders((), (), ()), tuple(_decided(ready.setup, ready.plan()))
    )
    runs = ready.setup.config.runs
    folder.make(runs)
    done = carry_out(
        ready.setup, ready.plan(), ready.checkers, runs / new_id(as_of), as_of, budget,
        threading.Event(),
    )  # fmt: skip
    click.echo("This machine, by the same documents (nobody wrote down what is true of it, so this")
    click.echo("is no part of the demo's result):")
    for line in _lines(done):
        click.echo(f"  {line}")
    click.echo(f"  all of it: troth explain icp-operator/1.8d --run {runs.name}/{done.folder.name}\n")


def _decided(setup: Setup, plan: Plan) -> Iterator[str]:
    """Yield the clauses of which a host can show something."""
    kinds = {unit.kind for unit in plan.units}
    for one in setup.chosen:
        for clause, _, part in one.parts(setup.library.controls):
            if part.kind in kinds:
                yield f"{one.policy.id}/{clause.id}"


def _lines(done: Run) -> Iterator[str]:
    """Yield a line for each control: how many findings on this machine have which verdict."""
    counts: dict[str, Counter[str]] = {}
    seen: set[tuple[str, ...]] = set()
    for each in done.results.findings:
        key = (each["control"], each["part"], each["resource"], each["verdict"])
        if each["target"] and key not in seen:
            seen.add(key)
            counts.setdefault(each["control"], Counter())[each["verdict"]] += 1
    for control, verdicts in sorted(counts.items()):
        told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
        yield f"{control}: {told}"
