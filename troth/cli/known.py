"""What can be listed, explained and tested: what troth ships, and what troth.yaml adds to it.

Unlike a check, this needs no sound troth.yaml: whoever writes one looks things up meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from troth import config
from troth.catalogue import content
from troth.cli.common import Folders, merged
from troth.config import Config, policy_id
from troth.errors import InputError, UsageError


@dataclass(frozen=True)
class Known:
    """The library, and the configuration that added to it, if there is one."""

    books: content.Library
    config: Config | None


def known(
    path: Path | None,
    extra: Folders,
    policies: Iterable[str] | None = None,
    *,
    as_needed: bool = False,
) -> Known:
    """Return what is known here.

    ``policies`` are ids, or paths relative to the current folder; None is all that are shipped, in
    the folders, and named in troth.yaml. With ``as_needed`` only those shipped controls are read
    that the policies bind, and their kinds. ``path`` is the file of ``--config``; without it the
    nearest troth.yaml counts, or none. Raises :class:`~troth.errors.InputError`.
    """
    settings = _settings(path)
    folders = merged(settings.extend if settings else {}, extra)
    if policies is not None:
        wanted = _located(policies, settings)
        return Known(content.load(folders, policies=wanted, as_needed=as_needed), settings)
    ids = content.policy_ids(folders)
    named = [row.policy for row in settings.selections] if settings else []
    paths = [name for name in named if policy_id(name) not in ids and name != policy_id(name)]
    base = settings.base_dir if settings else None
    return Known(content.load(folders, policies=[*ids, *paths], base=base), settings)


def _located(policies: Iterable[str], settings: Config | None) -> list[str]:
    """Return the policies with the path of each id that troth.yaml names by its path."""
    rows = settings.selections if settings else ()
    paths = {policy_id(row.policy): row.policy for row in rows if row.policy.endswith(".yaml")}
    base = settings.base_dir if settings else Path()
    return [str(base / paths[name]) if name in paths else name for name in policies]


def _settings(path: Path | None) -> Config | None:
    if path:
        return config.load(path, None)
    try:
        found = config.find(Path.cwd())
    except UsageError:
        return None
    try:
        return config.load(found, None)
    except InputError:
        click.echo(f"troth: {found} has faults and is left out here; see troth validate", err=True)
        return None
