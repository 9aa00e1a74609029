"""``troth list``: what there is: clauses, controls, checkers, kinds, targets, waivers, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from troth import lock, plugins, record
from troth.catalogue import content
from troth.cli import common
from troth.cli.known import known
from troth.cli.prepare import prepare
from troth.collect import shards
from troth.collect.resume import unread
from troth.errors import IntegrityError
from troth.model import TAGS
from troth.report.words import harmless, plural

WHAT = ("clauses", "controls", "checkers", "kinds", "policies", "targets", "waivers", "runs")


@click.command("list")
@common.config_option
@click.argument("what", type=click.Choice(WHAT), metavar="WHAT")
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], what: str,
) -> None:  # fmt: skip
    """List what there is, one a line: id first, then what it is.

    WHAT is clauses, controls, checkers, kinds, policies, targets, waivers or runs.
    """
    extra = common.folders(controls, policies, kinds)
    for line in _LISTS[what](config_path, extra):
        click.echo(harmless(line))


def _books(path: Path | None, extra: common.Folders) -> content.Library:
    return known(path, extra).books


def _clauses(path: Path | None, extra: common.Folders) -> Iterator[str]:
    for policy in _books(path, extra).policies.values():
        for clause in policy.clauses:
            yield f"{policy.id}/{clause.id}  {clause.assess.value}  {clause.promise}"


def _controls(path: Path | None, extra: common.Folders) -> Iterator[str]:
    for control in _books(path, extra).controls.values():
        kinds = ", ".join(sorted({part.kind for part in control.parts}))
        yield f"{control.id}  {control.severity.name.lower()}  {control.title}  ({kinds})"


def _checkers(path: Path | None, extra: common.Folders) -> Iterator[str]:
    for plugin in plugins.plugins():
        cls = plugins.load(plugin)
        yield f"{cls.id}  {cls.target_type} → {cls.kind}  ({plugin.package})"


def _kinds(path: Path | None, extra: common.Folders) -> Iterator[str]:
    for kind in _books(path, extra).kinds.values():
        facets = ", ".join(name for name in kind.facets if name != TAGS)
        yield f"{kind.id}  {kind.title}  ({facets})"


def _policies(path: Path | None, extra: common.Folders) -> Iterator[str]:
    for policy in _books(path, extra).policies.values():
        yield f"{policy.id}  {policy.language}  {len(policy.clauses)} clauses  {policy.title}"


def _targets(path: Path | None, extra: common.Folders) -> Iterator[str]:
    for target in prepare(path, extra, looks=False).setup.config.targets.values():
        yield f"{target['id']}  {target['type']}"


def _waivers(path: Path | None, extra: common.Folders) -> Iterator[str]:
    for waiver in prepare(path, extra, looks=False).setup.waivers:
        clause = f"{waiver.policy}/{waiver.clause}"
        yield f"{waiver.id}  {clause}  until {waiver.expires_on}  {waiver.owner}  {waiver.reason}"


def _runs(path: Path | None, extra: common.Folders) -> Iterator[str]:
    return run_lines(prepare(path, extra, looks=False).setup.config.runs)


def run_lines(runs: Path) -> Iterator[str]:
    """Yield a line for each run in a folder; of what cannot be read stderr tells."""
    for folder in sorted(runs.glob("*")):
        try:
            yield from _run(folder)
        except OSError as error:
            click.echo(f"troth: {harmless(unread(folder, error))}", err=True)


def _run(folder: Path) -> Iterator[str]:
    """Yield the line of a folder if it is one of a run; raises OSError if it cannot be read."""
    if (folder / record.ENVELOPE).is_file():
        envelope = record.get_json(folder / record.ENVELOPE)
        yield f"{folder.name}  {envelope['state']}  as of {envelope['as_of']}"
    elif (folder / record.MARK).is_file():
        units = plural(shards.finished_in(folder / record.OBSERVATIONS), "unit")
        how = "going on" if lock.is_held(folder / record.MARK) else "unfinished"
        yield f"{folder.name}  {how}{_judged_at(folder)}  {units} finished"


def _judged_at(folder: Path) -> str:
    """Return what the mark of an unfinished run says of its time; a damaged one says nothing."""
    try:
        return f"  as of {record.get_json(folder / record.MARK)['as_of']}"
    except (IntegrityError, LookupError, TypeError):
        return ""


_LISTS: Mapping[str, Callable[[Path | None, common.Folders], Iterator[str]]] = {
    "clauses": _clauses, "controls": _controls, "checkers": _checkers, "kinds": _kinds,
    "policies": _policies, "targets": _targets, "waivers": _waivers, "runs": _runs,
}  # fmt: skip
