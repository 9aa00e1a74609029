"""Reports: a module per format, each with a ``write(account, out)`` that streams a run."""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from troth.errors import UsageError

if TYPE_CHECKING:  # to name a format is not to judge
    from troth.report.account import Account

    Writer = Callable[..., None]


class _Where(NamedTuple):
    module: str
    function: str = "write"


class Format(enum.StrEnum):
    """The formats that a run can be written in."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"
    SARIF_ALL = "sarif-all"
    GITHUB_SUMMARY = "github-summary"
    GITHUB_ANNOTATIONS = "github-annotations"
    GITLAB = "gitlab"
    OCSF = "ocsf"
    OSCAL = "oscal"
    OPENMETRICS = "openmetrics"

    def writer(self) -> Writer:
        """Return the function that writes a run in this format; imported only now."""
        where = _WHERE.get(self, _Where(self.value))
        writer: Writer = getattr(self._module(), where.function)
        return writer

    def versions(self) -> tuple[str, ...]:
        """Return the versions that this format can be written in; none where there is only one."""
        return tuple(getattr(self._module(), "VERSIONS", ())) if self is Format.OSCAL else ()

    def write_set(self, account: Account, folder: Path, version: str) -> None:
        """Write all documents of a format that has several into a folder, which is made."""
        self._module().write_set(account, folder, **({"version": version} if version else {}))

    def _module(self) -> Any:
        where = _WHERE.get(self, _Where(self.value))
        return importlib.import_module(f"troth.report.{where.module}")


#: Where a format stands whose module or function is not called as the format is.
_WHERE = {
    Format.TEXT: _Where("console"),
    Format.SARIF_ALL: _Where("sarif", "write_all"),
    Format.GITHUB_SUMMARY: _Where("github", "write_summary"),
    Format.GITHUB_ANNOTATIONS: _Where("github", "write_annotations"),
}


class Wanted(NamedTuple):
    """One output: a format, perhaps in a version of it, and a path; empty is standard output."""

    form: Format
    path: str
    version: str = ""

    @property
    def is_set(self) -> bool:
        """Tell whether the path is a folder, for all documents that the format has."""
        return self.form is Format.OSCAL and (self.path.endswith("/") or Path(self.path).is_dir())

    def write(self, account: Account, out: TextIO) -> None:
        """Write the run."""
        more = {"version": self.version} if self.version else {}
        self.form.writer()(account, out, **more)


def parse_output(text: str) -> Wanted:
    """Return the output that ``FORMAT[@VERSION][=PATH]`` asks for.

    Raises :class:`~troth.errors.UsageError` for a format, or version of it, that there is not.
    """
    from troth.catalogue.schemas import unknown

    named, _, path = text.partition("=")
    name, _, version = named.partition("@")
    if name not in list(Format):
        raise UsageError(unknown("output format", name, list(Format)))
    form = Format(name)
    if version and version not in form.versions():
        known = ", ".join(form.versions()) or "no version but the one"
        raise UsageError(f"{name} cannot be written as {version}; it knows {known}")
    return Wanted(form, path, version)
