"""``troth validate``: every file, every reference, every rule; offline."""

from __future__ import annotations

from pathlib import Path

import click

from troth import config
from troth.catalogue import content
from troth.catalogue.content import Library
from troth.cli import common
from troth.cli.known import known
from troth.errors import InputError, Problem, UsageError
from troth.report.words import plural


@click.command("validate")
@common.config_option
@click.argument("paths", nargs=-1, type=Path)
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...], paths: tuple[Path, ...],
) -> None:  # fmt: skip
    """Check policy files PATHS, or everything that troth.yaml names, without looking.

    With neither, the shipped files are checked: kinds, controls with their rules, policies.
    """
    extra = common.folders(controls, policies, kinds)
    for path in paths:
        if path.name == config.NAME:
            raise UsageError(f"{path} is no policy; troth validate -c {path} checks it")
    if paths:
        books = known(config_path, extra, map(str, paths), as_needed=True).books
        click.echo(f"{plural(len(books.policies), 'policy', 'policies')} valid")
        return
    if config_path or _config_here():
        from troth.cli.prepare import prepare

        ready = prepare(config_path, extra, looks=False)
        books = ready.setup.books
    else:
        books = content.load(extra)
    problems = rule_problems(books)
    if problems:
        raise InputError(problems)
    click.echo(
        f"{plural(len(books.policies), 'policy', 'policies')}, "
        f"{plural(len(books.controls), 'control')}, {plural(len(books.kinds), 'kind')} valid"
    )


def _config_here() -> bool:
    try:
        config.find(Path.cwd())
    except UsageError:
        return False
    return True


def rule_problems(books: Library) -> list[Problem]:
    """Return every rule that would pass although something it reads was taken away."""
    from troth import cases  # judging is not needed to read policy files

    return [
        problem
        for control in books.controls.values()
        for problem in cases.survivors(control, books)
    ]
