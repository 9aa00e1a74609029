"""What all documents of one run are written from, and what stands in each: metadata and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from troth import canonical, record
from troth.report.account import Account
from troth.report.oscal import ids
from troth.report.oscal.text import filled, plain, prop, prose

Row = Mapping[str, Any]
#: The releases of OSCAL that read what is written here, and the one that most tools read.
VERSIONS = ("1.1.2", "1.1.3", "1.2.0", "1.2.1", "1.2.2", "1.2.3")
DEFAULT = "1.1.3"
SETTINGS = f"{record.INPUTS}/troth.yaml"
_MEDIA = {".json": "application/json", ".yaml": "application/yaml", ".jsonl": "application/jsonl"}


@dataclass(frozen=True)
class Layout:
    """Where the run's files lie for whoever reads the documents.

    ``base`` stands before their names, relative to the documents' folder. ``digests`` are theirs
    (``sha256:…`` by name) where they are not those of the run's envelope: a bundle holds
    observations in another form. ``facts`` is how the file of an observation's facts is called,
    with ``{digest}`` for its hexadecimal digest and ``{start}`` for the first two digits; empty
    where there are no such files.
    """

    base: str = ""
    digests: Mapping[str, str] | None = None
    facts: str = ""


@dataclass(frozen=True)
class Source:
    """A run on its way to OSCAL ``version``; ``alone`` when only the results are written."""

    account: Account
    version: str = DEFAULT
    layout: Layout = field(default_factory=Layout)
    alone: bool = False
    _resources: dict[str, str] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def _space(self) -> bytes:
        return ids.run_space(self.run, canonical.digest(self.account.summary))

    def id(self, *names: str) -> str:
        """Return the UUID of something that this run says."""
        return ids.within(self._space, *names)

    @property
    def run(self) -> str:
        """Return the run's id."""
        return str(self.account.envelope["id"])

    @property
    def started(self) -> str:
        """Return when the run began, ISO 8601 with offset."""
        return str(self.account.envelope["started_at"])

    @property
    def ended(self) -> str:
        """Return when the run ended, ISO 8601 with offset: by then everything had been seen."""
        return str(self.account.envelope["finished_at"])

    @property
    def clauses(self) -> Sequence[Row]:
        """Return the rows of the clauses, in the documents' order."""
        return self.account.clauses

    @cached_property
    def accepted(self) -> tuple[Row, ...]:
        """Return the waivers that this run made use of."""
        return tuple(one for one in self.account.summary["waivers"] if one["state"] == "used")

    def document(self, kind: str, title: str, **members: Any) -> dict[str, Any]:
        """Return the beginning of a document: UUID and metadata, in which ``members`` may stand."""
        metadata = {
            "title": prose(f"{title}, run {self.run}"),
            "last-modified": self.ended,
            "version": plain(self.run),
            "oscal-version": self.version,
            **filled(**members),
        }
        mode = [self.version, self.layout.base, "alone" if self.alone else "set"]
        return {"uuid": self.id("document", kind, *mode), "metadata": metadata}

    def resource(self, name: str) -> str:
        """Return the reference to one of the run's files in a document's back matter."""
        if name not in self._resources:
            self._resources[name] = "#" + self.id("file", name)
        return self._resources[name]

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Return the names of the run's files, sorted."""
        listed = {one.file for one in self.account.listings}
        return tuple(sorted({*self._digests, *listed, record.PLAN, SETTINGS}))

    @cached_property
    def _digests(self) -> Mapping[str, str]:
        given = self.layout.digests
        return self.account.envelope["files"] if given is None else given

    def back_matter(self, names: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Yield a resource per file: where it lies, and its SHA-256 where that is known."""
        for name in names:
            digest = self._digests.get(name, "").removeprefix("sha256:")
            link = filled(
                href=quote(self.layout.base + name, safe="/+"),
                media_type=_MEDIA.get(name[name.rfind(".") :]),
                hashes=digest and [{"algorithm": "SHA-256", "value": digest}],
            )
            yield {"uuid": self.id("file", name), "title": prose(name), "rlinks": [link]}

    def facts(self, digest: str) -> str:
        """Return the reference to the file of an observation's facts; empty if there is none."""
        bare = digest.removeprefix("sha256:")
        if not self.layout.facts:
            return ""
        return self.layout.base + self.layout.facts.format(start=bare[:2], digest=bare)

    @property
    def tool(self) -> str:
        """Return the UUID of the version of troth that judged."""
        return ids.lasting("tool", self.account.envelope["versions"]["troth"])

    def tool_component(self) -> dict[str, Any]:
        """Return troth itself, with the versions of whatever a verdict may depend on."""
        versions = self.account.envelope["versions"]
        return {
            "uuid": self.tool,
            "type": "software",
            "title": prose(f"troth {versions['troth']}"),
            "description": "Looks at systems, judges what it saw, and records both.",
            "props": [prop("version-of", f"{name} {made}") for name, made in versions.items()],
            "status": {"state": "operational"},
        }

    def assets(self) -> dict[str, Any]:
        """Return what assesses: troth, on the machine where it ran."""
        uses = [{"component-uuid": self.tool}]
        platform = {"uuid": self.id("platform"), "title": "troth", "uses-components": uses}
        return {"components": [self.tool_component()], "assessment-platforms": [platform]}

    def origin(self) -> list[dict[str, Any]]:
        """Return the origin of what troth itself found out."""
        return [{"actors": [{"type": "tool", "actor-uuid": self.tool}]}]

    def reviewed(self) -> dict[str, Any]:
        """Return which clauses were assessed, and against which objectives.

        Results written alone define objectives only, so they name no informative clauses.
        """
        rows = self.clauses
        judged = [(row["policy"], row["clause"]) for row in rows if row["verdict"] is not None]
        named = judged if self.alone else [(row["policy"], row["clause"]) for row in rows]
        controls = [{"control-id": ids.control_id(*one)} for one in named]
        objectives = [{"objective-id": ids.objective_id(*one)} for one in judged]
        text = "The clauses that were selected; informative ones promise nothing to assess."
        return filled(
            control_selections=[filled(description=text, include_controls=controls)],
            control_objective_selections=objectives and [{"include-objectives": objectives}],
        )


def end_of(day: str, zone: str = "UTC") -> str:
    """Return the last second of an ISO date in an IANA zone, as an instant in UTC."""
    last = datetime.combine(date.fromisoformat(day), time(23, 59, 59), ZoneInfo(zone))
    return last.astimezone(UTC).isoformat()
