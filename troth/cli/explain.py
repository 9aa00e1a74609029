"""``troth explain``: a clause, a control or an exit code, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from troth import params, record
from troth.catalogue import library
from troth.cli import common
from troth.cli.check import MEANING
from troth.cli.report import stored
from troth.definitions import Binding, Clause, Control, Policy
from troth.errors import Exit, UsageError
from troth.report.console import clause_text
from troth.report.words import harmless


@click.command("explain")
@common.config_option
@click.argument("name")
@click.option("--run", help="A run's folder: also what it found.")
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], name: str, run: str | None,
) -> None:  # fmt: skip
    """Explain NAME: POLICY/CLAUSE, a control's id, or exit:N."""
    if name.startswith("exit:"):
        click.echo(_exit(name.removeprefix("exit:")))
        return
    books = library.load(common.folders(controls, policies, kinds))
    policy, _, number = name.partition("/")
    if policy in books.policies and number in books.policies[policy].by_id:
        document = books.policies[policy]
        lines = [*_clause(document, document.by_id[number], books), *_found(document, number, run)]
    elif name in books.controls:
        lines = list(_control(books.controls[name]))
    else:
        raise UsageError(
            f"there is no clause or control '{name}'; try troth list clauses, troth list controls"
        )
    for line in lines:
        click.echo(harmless(line))


def _exit(text: str) -> str:
    if not text.isdigit() or int(text) not in list(Exit):
        raise UsageError(f"there is no exit code '{text}'; troth --help lists them")
    return f"{text}: {MEANING[Exit(int(text))]}"


def _clause(policy: Policy, clause: Clause, books: library.Library) -> Iterator[str]:
    yield f"{policy.id}/{clause.id}  ({policy.title})"
    yield f"Promise         {clause.promise}"
    lines = ", ".join(str(line) for line in clause.lines)
    yield f"Source          line {lines} of the {policy.language} text, {policy.timezone}"
    yield f"Assessed        {clause.assess.value}"
    for key in clause.interpretation:
        yield f"Interpretation  {key} (docs/interpretations.md)"
    for binding in clause.bindings:
        yield from _binding(binding, books.controls[binding.control])
    for name in clause.awaits:
        yield f"Awaits          {name}: no control of that id is written yet"
    for figure in clause.unbound:
        kind = "assumed" if figure.assumed else "stated"
        yield f"Not bound       {figure.name} = {figure.value} ({kind}): {figure.reason}"


def _binding(binding: Binding, control: Control) -> Iterator[str]:
    values = binding.values
    yield f"Control         {control.id}: {params.fill(control.title, values)}"
    for name, setting in binding.settings.items():
        yield f"                {name} = {params.plain(setting.value)} ({setting.source})"
    if binding.classes:
        yield f"                resources of class {', '.join(binding.classes)}"
    for part in control.parts:
        for rule in part.rules:
            expected = params.fill(rule.expected, values)
            yield f"Expected        {part.kind}: {expected} (proves: {rule.proves.value})"
    for place, text in control.fix.items():
        yield f"Fix             {place}: {text}"


def _control(control: Control) -> Iterator[str]:
    yield f"{control.id}  ({control.domain}, {control.severity.name.lower()})"
    yield f"Requires        {control.title}"
    for parameter in control.parameters.values():
        default = f", default {parameter.default}" if parameter.has_default else ""
        stricter = f"stricter: {parameter.stricter}{default}"
        yield f"Parameter       {parameter.name}: {parameter.type}, {stricter}"
    for part in control.parts:
        yield f"Part            {part.name}: every {part.kind}, facets {', '.join(part.reads)}"
        for rule in part.rules:
            yield f"  {rule.name}: {rule.expected} (proves: {rule.proves.value})"
            if rule.when:
                yield f"    when   {rule.when}"
            yield f"    expect {rule.expect}"
    for place, text in control.fix.items():
        yield f"Fix             {place}: {text}"
    for name, ids in control.frameworks.items():
        if ids:
            yield f"Framework       {name}: {', '.join(ids)}"


def _found(policy: Policy, number: str, run: str | None) -> Iterator[str]:
    if run is None:
        return
    folder = common.run_folder(run)
    outcome = stored(folder)
    envelope = record.get_json(folder / record.ENVELOPE)
    yield f"Run             {folder.name}, as of {envelope['as_of']}"
    for row in outcome.summary["clauses"]:
        if (row["policy"], row["clause"]) == (policy.id, number):
            yield f"Verdict         {row['verdict']} (proof: {row['proof']})"
            yield from (f"Found           {line}" for line in clause_text(outcome, row))
