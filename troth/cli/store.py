"""Where the history of a command is: an option, the environment, or ``history:`` of troth.yaml."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from troth import config
from troth.errors import UsageError

if TYPE_CHECKING:  # --help pays for no database
    from troth.history.reading import History
    from troth.history.store import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Value = TypeVar("_Value")

SCOPE = "main"
#: What is said where no history is named.
NONE = (
    "no history is named; write history: {store: history.db} into troth.yaml, "
    "or name one with --history or TROTH_HISTORY"
)


@dataclass(frozen=True)
class Asked:
    """What a command line says of the history: troth.yaml, store, scope; None where nothing."""

    config_path: Path | None = None
    history: str | None = None
    scope: str | None = None

    def over(self, other: Asked) -> Asked:
        """Return this, completed by what a command around it was asked."""
        return Asked(
            self.config_path or other.config_path,
            self.history or other.history,
            self.scope or other.scope,
        )

    @functools.cached_property
    def settings(self) -> config.Config | None:
        """Return troth.yaml, read without its targets, or None where there is none.

        Raises :class:`~troth.errors.InputError` for one with faults.
        """
        path = self.config_path or _variable("TROTH_CONFIG", Path)
        if path is None:
            try:
                path = config.find(Path.cwd())
            except UsageError:
                return None
        return config.load(path, None)

    @property
    def runs(self) -> Path:
        """Return the folder that keeps the runs."""
        return self.settings.runs if self.settings else Path("runs")

    def place(self) -> config.Store | None:
        """Return the store's URL and the scope, or None if nothing names a store.

        The option goes first, then the environment, then troth.yaml.

        Raises :class:`~troth.errors.UsageError` for what cannot be one.
        """
        scope = self.scope
        if scope is not None and not config.is_scope(scope):
            text = "write lower-case letters, digits and single - . _ between them"
            raise UsageError(f"--scope: '{scope}' is no name of a scope; {text}")
        named = self.settings.history if self.settings else None
        scope = scope or (named.scope if named else SCOPE)
        where = self.history or _variable("TROTH_HISTORY", str)
        if where:
            return config.Store(_url(where), scope)
        return named._replace(scope=scope) if named else None

    @contextmanager
    def opened(self, *, writes: bool = False, create: bool = False) -> Iterator[tuple[Store, str]]:
        """Yield the store and the scope's name; ``create`` makes a store that is not there yet.

        Raises :class:`~troth.errors.UsageError` when none is named or it cannot be used.
        """
        place = self.place()
        if place is None:
            raise UsageError(NONE)
        store = store_at(place.url, writes=writes, create=create)
        try:
            yield store, place.scope
        finally:
            store.close()

    @contextmanager
    def reading(self) -> Iterator[History]:
        """Yield the scope of the history, in one state of the store."""
        stores()
        from troth.history.reading import History

        with self.opened() as (store, scope), store.reading() as connection:
            yield History(connection, scope)


def store_at(url: str, *, writes: bool = False, create: bool = False) -> Store:
    """Return the open store at a URL; raises :class:`~troth.errors.UsageError`.

    Without ``create`` it has to be there already.
    """
    made = stores()
    if writes and not create:
        made.open(url).close()
    found: Store = made.open(url, create=writes or create)
    return found


def stores() -> Any:
    """Return the class of stores; raises :class:`~troth.errors.UsageError` without SQLAlchemy."""
    try:
        from troth.history.store import Store
    except ModuleNotFoundError as error:
        text = f"{error.name} is not installed; pip install 'troth[history]'"
        raise UsageError(text) from None
    return Store


def _variable(name: str, made: Callable[[str], _Value]) -> _Value | None:
    """Return what an environment variable holds, None if that is nothing."""
    said = os.environ.get(name)
    return made(said) if said else None


def _url(text: str) -> str:
    """Return the URL of a store that is named by a path or a URL."""
    return text if "://" in text else f"sqlite:///{Path(text).absolute()}"


def options(function: _Command) -> Any:
    """Add ``--config``, ``--history`` and ``--scope``; the function gets them as ``asked``.

    What the command around this one was asked counts where this one says nothing.
    """

    @functools.wraps(function)
    def called(
        *args: Any, config_path: Path | None, history: str | None, scope: str | None, **more: Any
    ) -> Any:
        context = click.get_current_context()
        asked = Asked(config_path, history, scope)
        around = context.parent.obj if context.parent else None
        if isinstance(around, Asked):
            asked = asked.over(around)
        context.obj = asked
        return function(*args, asked=asked, **more)

    wrapped: Any = called
    for decorate in (
        click.option("--scope", help=f"Part of the history; that of troth.yaml, or {SCOPE}."),
        click.option(
            "--history", metavar="STORE",
            help="A file, or postgresql://…; default: TROTH_HISTORY, or history: of troth.yaml.",
        ),
        click.option(
            "-c", "--config", "config_path", type=Path,
            help="troth.yaml; by default the nearest from here upwards.",
        ),
    ):  # fmt: skip
        wrapped = decorate(wrapped)
    return wrapped
