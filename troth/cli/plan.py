"""``troth plan``: every read that a check would make, touching nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from troth.catalogue.schemas import unknown
from troth.cli import common
from troth.cli.prepare import prepare
from troth.errors import UsageError
from troth.plan import Plan
from troth.report.words import harmless, plural
from troth.roles import Form


@click.command("plan")
@common.config_option
@common.clause_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", *(form.value for form in Form)]),
    default="text",
    show_default=True,
    help="text for people, json for programs, or the least role that the reads need.",
)
@click.option(
    "--target", "targets", multiple=True, metavar="ID", help="Only this target. May be given again."
)
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], clauses: tuple[str, ...], form: str,
    targets: tuple[str, ...],
) -> None:  # fmt: skip
    """Show every read that a check would make: operation, target, permissions, hosts."""
    ready = prepare(config_path, common.folders(controls, policies, kinds), clauses)
    plan = _only(ready.plan(), targets, ready.setup.config.targets)
    if form in list(Form):
        click.echo(Form(form).render(plan.reads), nl=False)
        return
    if form == "json":
        rows = [read.as_json() for read in plan.reads]
        click.echo(json.dumps({"schema": 1, "reads": rows}, indent=1, ensure_ascii=False))
        return
    for line in lines(plan):
        click.echo(harmless(line))


def _only(plan: Plan, targets: tuple[str, ...], known: Iterable[str]) -> Plan:
    """Return the plan with the reads of some targets; without a name it stays whole."""
    for name in targets:
        if name not in known:
            raise UsageError(unknown("target", name, sorted(known)))
    if not targets:
        return plan
    return replace(plan, reads=tuple(read for read in plan.reads if read.target in targets))


def lines(plan: Plan) -> list[str]:
    """Return the plan as lines of text, grouped by target, partition and hosts."""
    shown: list[str] = []
    place: tuple[str, str, tuple[str, ...]] = ("", "", ())
    for read in plan.reads:
        if (read.target, read.partition, read.egress) != place:
            place = (read.target, read.partition, read.egress)
            hosts = f" → {', '.join(read.egress)}" if read.egress else ""
            name = dict.fromkeys((read.target, read.partition))
            shown.append(f"{' '.join(name)}{hosts}".strip())
        note = "" if read.allowed else f"  (a {read.effect}, not allowed by the target)"
        need = ", ".join(read.permissions) or "no permission"
        shown.append(f"  {read.operation}  per {read.per}  [{need}]  {read.checker}{note}")
    targets = {read.target for read in plan.reads}
    total = f"{plural(len(plan.reads), 'operation')} at {plural(len(targets), 'target')}"
    return [*shown, "", f"{total}; nothing was touched"]
