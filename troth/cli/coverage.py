"""``troth coverage``: which sentences of a document are decided by what, and which changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import click

from troth.cli import common, fail
from troth.cli.known import known
from troth.definitions import Clause, Policy
from troth.errors import Exit, UsageError
from troth.model import Assess
from troth.report.words import harmless, plural


@click.command("coverage")
@common.config_option
@click.argument("policy")
@click.option(
    "--source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The document's text: tells which clauses rest on lines that changed.",
)
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], policy: str, source: Path | None,
) -> None:  # fmt: skip
    """Show how every clause of POLICY is assessed and by which controls.

    With --source, exit 1 if the text of a clause has changed since the policy was written.
    """
    folders = common.folders(controls, policies, kinds)
    books = known(config_path, folders, [policy], as_needed=True).books
    document = next(iter(books.policies.values()))
    for clause in document.clauses:
        click.echo(harmless(f"{clause.id:<16} {clause.assess.value:<12} {_decided_by(clause)}"))
    click.echo(_totals(document))
    if source:
        changed = changes(document, source)
        for text in changed:
            click.echo(text)
        fail(Exit.BROKEN if changed else Exit.OK)


def _decided_by(clause: Clause) -> str:
    if clause.assess is Assess.INFORMATIVE:
        return "no promise to check"
    bound = [binding.control for binding in clause.bindings]
    waiting = [f"{name} (not written yet)" for name in clause.awaits]
    return ", ".join(bound + waiting)


def _totals(document: Policy) -> str:
    counts = Counter(clause.assess for clause in document.clauses)
    decided = sum(
        bool(clause.bindings) and not clause.awaits
        for clause in document.clauses
        if clause.assess is not Assess.INFORMATIVE
    )
    checkable = len(document.clauses) - counts[Assess.INFORMATIVE]
    kinds = ", ".join(f"{counts[assess]} {assess.value}" for assess in Assess)
    return (
        f"{plural(len(document.clauses), 'clause')}: {kinds}; "
        f"{decided} of {checkable} decided by written controls"
    )


def changes(document: Policy, source: Path) -> list[str]:
    """Return a sentence for every clause whose source lines are not what they were."""
    body = source.read_bytes()
    if document.digest == f"sha256:{hashlib.sha256(body).hexdigest()}":
        return []
    try:
        text = body.decode().splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not UTF-8; save it as UTF-8") from None
    changed = []
    for clause in document.clauses:
        lines = [text[at - 1].rstrip() if at <= len(text) else "" for at in clause.lines]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        if clause.digest and clause.digest != f"sha256:{digest}":
            at = ", ".join(str(number) for number in clause.lines)
            changed.append(f"clause {clause.id}: its text (line {at}) changed; read it again")
    return changed or ["the document changed, but no line that a clause rests on"]
