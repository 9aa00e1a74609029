"""troth.yaml: which policies, which targets, which classes; the user's own values.

Credentials never stand here, only the names of profiles and roles. Paths are relative to the
file's folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from troth.catalogue.schemas import read, sentence, unknown
from troth.errors import InputError, Place, Problem, UsageError
from troth.rules.tree import Node, Unreadable
from troth.rules.tree import read as read_tree
from troth.yamlfile import Document

if TYPE_CHECKING:
    from troth.checker import Checker

NAME = "troth.yaml"
SUFFIX = ".yaml"
_TARGET_KEYS = {"id", "type", "tags", "allow", "checkers"}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
#: The name of a scope, as troth/schemas/config.json has it.
_SCOPE = re.compile(r"[a-z0-9]+([-._][a-z0-9]+)*")
_STORES = ("postgresql://", "postgresql+psycopg://")
#: A password where a database's URL has one, in its authority or among its options.
_PASSWORD = re.compile(r"://[^/@:]*:[^@]*@|[?&]\w*password=", re.IGNORECASE)
_ADVICE = "name a profile or a role, or let the environment or the platform's own chain give it"


class Absent(NamedTuple):
    """The user's word that nothing of a kind exists, with who says so and why."""

    kind: str
    owner: str
    reason: str


class Selection(NamedTuple):
    """One policy as the user applies it: to which targets, which resources, with which values.

    ``set`` maps clause id to binding name to parameter to raw value.
    """

    policy: str
    targets: tuple[str, ...]
    where: str = ""
    set: Mapping[str, Mapping[str, Mapping[str, Any]]] = _NOTHING
    absent: Mapping[str, Absent] = _NOTHING
    at: Place = Place("")


class Store(NamedTuple):
    """Where the history of runs is kept: a SQLAlchemy URL without a password, and the scope."""

    url: str
    scope: str


class Channel(NamedTuple):
    """Whom to tell of changes; ``variable`` names the environment variable that holds the URL.

    ``through`` is ``webhook`` or ``apprise``; ``changes`` are those it is told of, empty for
    the usual ones.
    """

    variable: str
    through: str
    changes: frozenset[str]


@dataclass(frozen=True)
class Config:
    """A validated troth.yaml; ``targets`` hold their own keys and ``base_dir``."""

    path: str
    base_dir: Path
    selections: tuple[Selection, ...]
    targets: Mapping[str, Mapping[str, Any]]
    classes: Mapping[str, str] = field(default_factory=dict)
    waivers: Path | None = None
    runs: Path = Path("runs")
    history: Store | None = None
    notify: tuple[Channel, ...] = ()
    ping: str = ""
    extend: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    document: Document | None = None

    @property
    def tags_read(self) -> frozenset[str]:
        """Return the names of the tags that its conditions read: no others are recorded."""
        conditions = [*self.classes.values(), *(one.where for one in self.selections if one.where)]
        return frozenset(name for text in conditions for name in _tags(read_tree(text)))


def policy_id(named: str) -> str:
    """Return the id of a policy that is selected by its id or by the path of its file."""
    return Path(named).stem if named.endswith(SUFFIX) else named


def is_scope(text: str) -> bool:
    """Tell whether a text may be the name of a scope."""
    return _SCOPE.fullmatch(text) is not None


def find(start: Path) -> Path:
    """Return the nearest troth.yaml from ``start`` upwards, not beyond a version control root.

    Raises :class:`~troth.errors.UsageError` when there is none.
    """
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        if (folder / ".git").exists():
            break
    text = f"there is no {NAME} here or above; write one, name one with --config, or run troth demo"
    raise UsageError(text)


def load(path: Path, checkers: Mapping[str, type[Checker]] | None) -> Config:
    """Return the configuration in a file; raises :class:`~troth.errors.InputError`.

    ``checkers`` are the installed ones: they say which keys a target of their type may have. With
    None the targets' own keys are not looked at: a replay looks at nothing.
    """
    document = read(path, "config")
    return _Reader(document, path.resolve().parent, checkers).config()


class _Reader:
    """Builds the configuration and gathers everything that is wrong with it."""

    def __init__(
        self, document: Document, base: Path, checkers: Mapping[str, type[Checker]] | None
    ) -> None:
        self.document = document
        self.base = base
        self.checkers = checkers
        self.problems: list[Problem] = []

    def config(self) -> Config:
        data = self.document.data
        history = self._history()
        told = {problem.place.line for problem in self.problems}  # once is enough
        targets = self._targets(data["targets"])
        if self.checkers is not None:
            # Only where a run would keep the file: the forms of credentials take time to import.
            from troth.catalogue.verbatim import problems as credentials_in

            self.problems += [
                problem
                for problem in credentials_in(self.document.text, self.document.path, _ADVICE)
                if problem.place.line not in told
            ]
            self._files()
        for name, expression in data.get("classes", {}).items():
            self._scope(["classes", name], expression)
        selections = tuple(
            self._selection(index, row, targets) for index, row in enumerate(data["policies"])
        )
        for index, row in enumerate(data["policies"]):
            earlier = [policy_id(other["policy"]) for other in data["policies"][:index]]
            if policy_id(row["policy"]) in earlier:
                text = f"policy '{policy_id(row['policy'])}' is selected twice; keep one"
                self._problem(["policies", index, "policy"], text)
        if self.problems:
            raise InputError(self.problems)
        extend = {
            what: tuple(self.base / folder for folder in folders)
            for what, folders in data.get("extend", {}).items()
        }
        return Config(
            path=self.document.path,
            base_dir=self.base,
            selections=selections,
            targets=targets,
            classes=data.get("classes", {}),
            waivers=self.base / data["waivers"] if "waivers" in data else None,
            runs=self.base / data.get("runs", "runs"),
            history=history,
            notify=tuple(
                Channel(
                    row["url"], row.get("through", "webhook"), frozenset(row.get("changes", ()))
                )
                for row in data.get("notify", ())
            ),
            ping=data.get("ping", ""),
            extend=extend,
            document=self.document,
        )

    def _history(self) -> Store | None:
        """Return the store of the history; a path is one of SQLite, relative to this file."""
        said = self.document.data.get("history")
        if said is None:
            return None
        where, scope = said["store"], said.get("scope", "main")
        if "://" not in where:
            return Store(f"sqlite:///{self.base / where}", scope)
        if _PASSWORD.search(where):
            text = "a password stands here, and every run keeps a copy of this file; take it out"
            ways = "let ~/.pgpass, PGPASSWORD or the whole URL in TROTH_HISTORY give it"
            self._problem(["history", "store"], f"{text}, and {ways}")
        elif not where.startswith(_STORES):
            text = "a history is kept in a file or in PostgreSQL"
            self._problem(["history", "store"], f"{text}; write a path or postgresql://HOST/NAME")
        return Store(where, scope)

    def _problem(self, path: list[str | int], text: str, *, key: bool = False) -> None:
        self.problems.append(self.document.error(path, text, key=key))

    def _files(self) -> None:
        """Find out whether the files and folders are there that this file names."""
        data = self.document.data
        files: list[tuple[list[str | int], str]] = [
            (["policies", index, "policy"], row["policy"])
            for index, row in enumerate(data["policies"])
            if row["policy"].endswith(SUFFIX)
        ]
        files += [(["waivers"], data["waivers"])] if "waivers" in data else []
        for path, name in files:
            if not (self.base / name).exists():
                self._problem(path, f"there is no file '{name}'; correct the path, or write it")
        for what, folders in data.get("extend", {}).items():
            for at, name in enumerate(folders):
                if not (self.base / name).is_dir():
                    text = f"there is no folder '{name}'; correct the path, or make it"
                    self._problem(["extend", what, at], text)

    def _targets(self, rows: list[dict[str, Any]]) -> dict[str, Mapping[str, Any]]:
        made: dict[str, Mapping[str, Any]] = {}
        for index, row in enumerate(rows):
            if row["id"] in made:
                self._problem(
                    ["targets", index, "id"], f"target '{row['id']}' stands twice; rename one"
                )
            if self.checkers is not None:
                self._target(["targets", index], row, self.checkers)
            made[row["id"]] = row | {"base_dir": str(self.base)}
        return made

    def _target(
        self,
        path: list[str | int],
        row: Mapping[str, Any],
        checkers: Mapping[str, type[Checker]],
    ) -> None:
        family = {name: cls for name, cls in checkers.items() if cls.target_type == row["type"]}
        if not family:
            known = sorted({cls.target_type for cls in checkers.values()})
            self._problem([*path, "type"], unknown("target type", row["type"], known))
            return
        for at, name in enumerate(row.get("checkers", ())):
            if name not in family:
                self._problem([*path, "checkers", at], unknown("checker", name, sorted(family)))
        options = {key: schema for cls in family.values() for key, schema in cls.options.items()}
        required = {key for cls in family.values() for key in cls.required_options}
        for key in row.keys() - _TARGET_KEYS - options.keys():
            known = sorted(_TARGET_KEYS | options.keys())
            text = f"target {row['id']}: {unknown('key', key, known)}"
            self._problem([*path, key], text, key=True)
        for key in sorted(required - row.keys()):
            self._problem(path, f"target {row['id']}: key '{key}' is missing; add it")
        for key in row.keys() & options.keys():
            self._option([*path, key], row["id"], options[key], row[key])

    def _option(self, path: list[str | int], target: str, schema: Any, value: Any) -> None:
        import jsonschema_rs

        for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(value):
            where = [*path, *error.instance_path]
            self._problem(where, f"target {target}: {sentence(error, where)}")

    def _selection(
        self, index: int, row: Mapping[str, Any], targets: Mapping[str, Any]
    ) -> Selection:
        path: list[str | int] = ["policies", index]
        for at, name in enumerate(row.get("targets", ())):
            if name not in targets:
                self._problem([*path, "targets", at], unknown("target", name, sorted(targets)))
        if "where" in row:
            self._scope([*path, "where"], row["where"])
        return Selection(
            policy=row["policy"],
            targets=tuple(row.get("targets", targets)),
            where=row.get("where", ""),
            set=row.get("set", {}),
            absent={item["kind"]: Absent(**item) for item in row.get("absent", ())},
            at=self.document.place([*path, "policy"]),
        )

    def _scope(self, path: list[str | int], expression: str) -> None:
        for text in scope_problems(expression):
            self._problem(path, text)


def scope_problems(expression: str) -> Iterable[str]:
    """Yield what is wrong with an expression over ``tag("name")``, ``resource`` and ``target``."""
    try:
        tree = read_tree(expression)
    except Unreadable as error:
        yield f"not CEL: {error}"
        return
    try:
        problems = list(_scope_names(tree))
    except RecursionError:
        problems = ["not CEL: nested too deeply; make it flatter"]
    yield from problems
    if not problems:
        from troth.judge.scope import NotACondition, holds  # only where a class is written

        try:
            holds(expression, dict.fromkeys(_tags(tree), "text"))
        except NotACondition as error:
            yield str(error)


def reads_resource(expression: str) -> bool:
    """Tell whether a condition looks at the id of a resource."""
    queue = [read_tree(expression)]
    for node in queue:
        queue += node.args
    return any(node.chain[:1] == ("resource",) for node in queue)


def _tags(node: Node) -> Iterable[str]:
    """Yield the names of the tags that an expression asks for."""
    if node.kind == "call" and node.name == "tag":
        yield node.args[0].name[1:-1]
    for arg in node.args:
        yield from _tags(arg)


def _scope_names(node: Node) -> Iterable[str]:
    if node.chain:
        if node.chain[0] not in ("resource", "target") or len(node.chain) > 1:
            name = ".".join(node.chain)
            yield f"'{name}' is not known here; use tag(\"name\"), resource or target"
        return
    if node.kind == "call" and node.name == "tag" and not node.on_target:
        if len(node.args) != 1 or node.args[0].name[:1] not in ("'", '"'):
            yield 'tag() takes one name in quotes, as tag("tier")'
        elif "\\" in node.args[0].name:  # CEL would read another tag than the one that is recorded
            told = f"tag({node.args[0].name}) writes its name with a backslash"
            yield f"{told}; write every character itself"
        return
    if node.kind == "call" and node.name not in ("matches", "startsWith", "endsWith", "contains"):
        known = "tag, matches, startsWith, endsWith or contains"
        yield f"function '{node.name}' is not known here; use {known}"
    for arg in node.args:
        yield from _scope_names(arg)
