"""``troth explain``: a clause, a control, a kind or an exit code, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from troth import params
from troth.catalogue import content
from troth.cli import common
from troth.cli.check import MEANING
from troth.cli.known import Known, known
from troth.config import policy_id
from troth.definitions import Binding, Clause, Control, Policy
from troth.errors import Exit, UsageError
from troth.kinds import Kind, is_list
from troth.plan import choose
from troth.report.account import Account
from troth.report.console import clause_text
from troth.report.words import LABELS, harmless


@click.command("explain")
@common.config_option
@click.argument("name")
@click.option("--run", help="Folder or id of a run: also what it found.")
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], name: str, run: str | None,
) -> None:  # fmt: skip
    """Explain NAME: POLICY/CLAUSE, a control's or a kind's id, or exit:N."""
    if name.startswith("exit:"):
        click.echo(_exit(name.removeprefix("exit:")))
        return
    there = known(config_path, common.folders(controls, policies, kinds))
    books = there.books
    policy, _, number = name.partition("/")
    if policy in books.policies and number in books.policies[policy].by_id:
        document = books.policies[policy]
        lines = [*_clause(document, _yours(there, policy, number), books)]
        lines += _found(document, number, run)
    elif name in books.controls:
        lines = list(_control(books.controls[name]))
    elif name in books.kinds:
        lines = list(_kind(books.kinds[name]))
    else:
        raise UsageError(f"there is no clause or control '{name}'; {_hint(name, books)}")
    for line in lines:
        click.echo(harmless(line))


def _hint(name: str, books: content.Library) -> str:
    """Return what may have been meant: clauses of that number, or a name that is spelt alike."""
    if name in books.policies:
        return f"it is a policy; troth coverage {name} shows its clauses"
    full = [f"{policy.id}/{name}" for policy in books.policies.values() if name in policy.by_id]
    near = full or get_close_matches(name, [*books.controls, *books.kinds], n=1)
    if near and "/" not in name:
        return f"did you mean {' or '.join(near)}?"
    return "try troth list clauses, troth list controls"


def _yours(there: Known, policy: str, number: str) -> Clause:
    """Return a clause with the values of troth.yaml, if that selects the policy."""
    books, settings = there.books, there.config
    rows = settings.selections if settings else ()
    if settings and all(policy_id(row.policy) in books.policies for row in rows):
        for chosen in choose(settings, books.policies, books.controls, [f"{policy}/{number}"]):
            for clause in chosen.clauses:
                return clause
    return books.policies[policy].by_id[number]


def _exit(text: str) -> str:
    if not text.isdigit() or int(text) not in list(Exit):
        raise UsageError(f"there is no exit code '{text}'; troth --help lists them")
    return f"{text}: {MEANING[Exit(int(text))]}"


def _clause(policy: Policy, clause: Clause, books: content.Library) -> Iterator[str]:
    yield f"{policy.id}/{clause.id}  ({policy.title})"
    yield f"Promise         {clause.promise}"
    lines = ", ".join(str(line) for line in clause.lines)
    where = f"line {lines} of the" if lines else "the"
    yield f"Source          {where} {policy.language} text; days and hours of {policy.timezone}"
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
        yield f"                {name} = {params.worded(setting.value)} ({setting.source})"
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


def _kind(kind: Kind) -> Iterator[str]:
    yield f"{kind.id}  ({kind.title})"
    yield f"Describes       {kind.describes}"
    if kind.key:
        yield f"Key             {', '.join(kind.key)}"
    for facet in kind.facets.values():
        yield f"Facet           {facet.name}: {facet.title} (stale after {facet.max_age})"
        for name, schema in facet.facts.items():
            told = schema.get("description", "")
            yield f"  {name}: {_sort(schema)}{' - ' if told else ''}{told}"


def _sort(schema: Mapping[str, Any]) -> str:
    """Return of what sort a fact is: its choices, its type, or what its list holds."""
    if is_list(schema):
        return f"list of {_sort(schema['properties']['items']['items'])}"
    if "enum" in schema:
        return " | ".join(str(choice) for choice in schema["enum"])
    kinds = schema.get("type", "value")
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    detail = schema.get("format") or schema.get("unit")
    members = f" of {', '.join(schema['properties'])}" if "properties" in schema else ""
    return words + members + (f" ({detail})" if detail else "")


def _found(policy: Policy, number: str, run: str | None) -> Iterator[str]:
    if run is None:
        return
    account = Account.of_run(common.run_folder(run))
    yield f"Run             {account.folder.name}, as of {account.envelope['as_of']}"
    for row in account.clauses:
        if (row["policy"], row["clause"]) == (policy.id, number):
            proof = f" (proof: {row['proof']})" if row["proof"] else ""
            yield f"Verdict         {LABELS[row['verdict']]}{proof}"
            yield from (f"Found           {line}" for line in clause_text(account, row))
