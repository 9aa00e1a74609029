"""The collector run by the shells that are here, and host checkers read through the real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from troth import plugins
from troth.catalogue.kinds import load_kind
from troth.checker import Checker, Failure
from troth.checkers.host import script
from troth.checkers.host.batch import Batch
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.transport.base import Answer
from troth.checkers.host.transport.local import talk
from troth.collect.runner import Budget, Collected, collect
from troth.plan import Plan, Unit

HERE = Path(script.__file__).parent
SHELLS = {
    "dash": ["dash", "-s"],
    "busybox": ["busybox", "ash", "-s"],
    "bash": ["bash", "-s"],
    "alone": ["sh", "-s"],
}
#: Commands under nobody's account, with no more rights than that.
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-s"]


def checkers() -> dict[str, type[HostChecker]]:
    """Return every host checker that is installed, by id."""
    found = (plugins.load(one) for one in plugins.plugins() if one.id.startswith("host."))
    return {cls.id: cls for cls in found if issubclass(cls, HostChecker)}


def brought(
    *functions: str,
    shell: Sequence[str] = ("sh", "-s"),
    lists: Mapping[str, Iterable[tuple[str, ...]]] | None = None,
) -> Batch:
    """Return what a shell brings for lines of a section.

    The commands of a shell outside of the system's folders are those beside it.
    """
    if not shutil.which(shell[0]):
        pytest.skip(f"missing: {shell[0]}")
    asked = script.assembled(functions, lists or {})
    path = os.path.dirname(shell[0]) or "/usr/sbin:/usr/bin:/sbin:/bin"
    ours = b"PATH=/usr/sbin:/usr/bin:/sbin:/bin"
    done = talk(shell, asked.text.replace(ours, b"PATH=" + path.encode(), 1), 60.0)
    assert not done.err.replace("Killed", "").strip(), done.err
    return Batch(done.out, asked.mark)


class Shell:
    """A way to this machine through any command that reads a script."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)

    def ask(self, text: bytes) -> Answer:
        """Run the script."""
        return Answer(talk(self.command, text, 60.0).out)


def unit(target: str, cls: type[Checker], partition: Any) -> Unit:
    """Return the unit in which a checker reads everything that it can."""
    return Unit(target, cls.id, partition, cls.kind, tuple(sorted(cls.facets())), ())


def look(
    folder: Path, target: Mapping[str, Any], *classes: type[Checker]
) -> tuple[dict[str, Any], Collected]:
    """Read a target with checkers in one run; return the facets by checker, resource and name."""
    target = {"id": "h", "type": "host"} | dict(target)
    units = [unit("h", cls, part) for cls in classes for part in cls.partitions(target)]
    kinds = {cls.kind: load_kind(cls.kind) for cls in classes}
    by_id = {cls.id: cls for cls in classes}
    folder.mkdir()
    made = collect(
        Plan((), tuple(units), ()), {"h": target}, by_id, kinds, folder, Budget(),
        threading.Event(),
    )  # fmt: skip
    return dict(_read(path) for path in sorted(folder.glob("*.jsonl"))), made


def _read(path: Path) -> tuple[str, Any]:
    head, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    rows = {line["id"]: {n: _seen(f) for n, f in line["facets"].items()} for line in lines}
    return path.stem, {"": head["listing"].get("failure")} | rows


def _seen(facet: dict[str, Any]) -> Any:
    return {name: facet[name] for name in ("facts", "missing", "failure") if name in facet}


def results(batch: Batch | Failure, cls: type[HostChecker]) -> dict[str, Any]:
    """Return what every call of a checker makes of a batch: an answer, or what it raised."""

    class Read:
        """Answers the one call that brings the batch."""

        def __call__(self, checker: Checker, name: str, *key: Any) -> Any:
            if name == "batch":
                return batch
            return type(checker).calls()[name].function(checker, *key)

    target = {"id": "h", "name": "m"}
    checker = cls(target, next(cls.partitions(target)), Read(), {})
    found: dict[str, Any] = {}
    for name, made in cls.calls().items():
        if made.per == "partition" and name != "batch":
            try:
                found[name] = made.function(checker)
            except Exception as error:
                found[name] = error
    return found


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this machine."""
    return subprocess.run(command, capture_output=True, text=True, check=False)
