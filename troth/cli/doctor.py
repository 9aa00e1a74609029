"""``troth doctor``: is this machine ready, is troth.yaml, are the client libraries there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from troth import config, plugins
from troth.cli import common, fail
from troth.cli.prepare import Ready, prepare
from troth.errors import Exit, InputError, TrothError
from troth.report.words import plural


@click.command("doctor")
@common.config_option
def command(
    config_path: Path | None, controls: tuple[Path, ...], policies: tuple[Path, ...],
    kinds: tuple[Path, ...],
) -> None:  # fmt: skip
    """Tell whether everything is ready for a check; exit 2 if something is not."""
    extra = common.folders(controls, policies, kinds)
    sound = True
    for well, text in _examined(config_path, extra):
        sound = sound and well
        click.echo(f"{'ok  ' if well else 'BAD '} {text}")
    fail(Exit.OK if sound else Exit.USAGE)


def _examined(path: Path | None, extra: common.Folders) -> Iterator[tuple[bool, str]]:
    version = ".".join(str(number) for number in sys.version_info[:3])
    yield sys.version_info >= (3, 11), f"Python {version} (3.11 or later)"
    yield True, f"{plural(len(plugins.plugins()), 'checker')} installed"
    try:
        path = path or config.find(Path.cwd())
        ready = prepare(path, extra)
    except InputError as error:
        for problem in error.problems:
            yield False, str(problem)
        return
    except TrothError as error:
        yield False, str(error)
        return
    yield True, f"{path}: {plural(len(ready.setup.chosen), 'policy', 'policies')}"
    yield from _targets(ready)
    yield from _nightly(path, ready.setup.config)


def _targets(ready: Ready) -> Iterator[tuple[bool, str]]:
    plan = ready.plan()
    for name, target in ready.setup.config.targets.items():
        reads = [read for read in plan.reads if read.target == name]
        permissions = {permission for read in reads for permission in read.permissions}
        told = f"{plural(len(reads), 'operation')}, {plural(len(permissions), 'permission')}"
        yield True, f"target {name} ({target['type']}): {told}; troth plan shows them"


def _nightly(path: Path, settings: config.Config) -> Iterator[tuple[bool, str]]:
    """Tell whether the history can be used and whoever is to be told can be; sends nothing."""
    from troth.cli.store import Asked

    try:
        place = Asked(path).place()
        if place:
            yield _history(place)
        elif settings.notify:
            yield False, "notify: tells what changed since the last run on record; add history:"
    except TrothError as error:
        yield False, f"history: {error}"
    from troth.notify import check_channels, ping_of

    for problem in check_channels(settings.notify, os.environ):
        yield False, f"notify: {problem}"
    _, problem = ping_of(settings.ping, os.environ)
    if problem:
        yield False, f"ping: {problem}"


def _history(place: config.Store) -> tuple[bool, str]:
    """Tell how it is with the store, which nothing is written into."""
    from troth.cli.store import stores

    made = stores()
    from troth.history.store import NoHistory, shown

    about = f"history: {shown(place.url)}, scope {place.scope}"
    try:
        made.open(place.url).close()
    except NoHistory:
        if not place.url.startswith("sqlite:"):
            return True, f"{about}: the first run makes its tables"
        return _can_be_made(Path(shown(place.url)), about)
    return True, about


def _can_be_made(path: Path, about: str) -> tuple[bool, str]:
    """Tell whether the first run can make a file."""
    there = next(one for one in path.parents if os.path.lexists(one))
    free = not os.path.lexists(path) or (path.is_file() and os.access(path, os.W_OK))
    if free and there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return True, f"{about}: the first run makes it"
    return False, f"{about}: it cannot be made there; name another place in history:"
