"""The machine that the demo runs on: shown apart, since nobody knows what is true of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import click

from troth import plugins
from troth.demo.check import check
from troth.demo.folder import Folder
from troth.model import Verdict
from troth.report.words import LABELS
from troth.run import Run

CONFIG = "this-machine.yaml"


def report(folder: Folder, as_of: datetime) -> Run:
    """Check this machine and write what was found, by control; it decides nothing."""
    kinds = {cls.kind for cls in plugins.checkers().values() if cls.target_type == "host"}
    done = check(folder, CONFIG, as_of, kinds)
    click.echo(
        "This machine by the same documents. Nobody wrote down what is true of it, so this is"
    )
    click.echo("no part of the demo's result:")
    for line in _lines(done):
        click.echo(f"  {line}")
    click.echo()
    return done


def _lines(done: Run) -> Iterator[str]:
    """Yield a line for each control: how much of this machine has which verdict."""
    counts: dict[str, Counter[str]] = {}
    seen: set[tuple[str, ...]] = set()
    for each in done.results.findings:
        key = (each["control"], each["part"], each["resource"], each["verdict"])
        if each["target"] and key not in seen:
            seen.add(key)
            counts.setdefault(each["control"], Counter())[each["verdict"]] += 1
    for control, verdicts in sorted(counts.items()):
        told = ", ".join(f"{verdicts[one]} {LABELS[one]}" for one in Verdict if one in verdicts)
        yield f"{control}: {told}"
