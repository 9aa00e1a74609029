"""Acme's electronic doors: the entry log of each, a shipped kind, and its lock, a kind of our own.

The access system answers with one JSON file per question, in the target's folder. Both checkers
share the calls of their base class, so a door is asked once for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from troth.checker import (
    Call,
    Checker,
    Facts,
    Failure,
    Listed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
    partial,
)
from troth.errors import Place, Problem


class Refused(Exception):
    """The access system answered with an error; ``code`` is its word for it."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class DoorChecker(Checker):
    """What the checkers of doors share: options, calls, the listing and the words for errors."""

    target_type = "acme"
    options: ClassVar[Mapping[str, Any]] = {
        "folder": {
            "type": "string",
            "minLength": 1,
            "description": "folder of the access system's answers, relative to troth.yaml",
        },
    }
    required_options = ("folder",)
    lists: ClassVar[Sequence[str]] = ("doors",)

    @classmethod
    def problems(cls, target: Mapping[str, Any]) -> list[Problem]:
        """Return that the folder is not there, before anything is looked at."""
        if (Path(target["base_dir"]) / target["folder"]).is_dir():
            return []
        return [Problem(Place(target["folder"]), "there is no such folder; correct folder:")]

    @call("acme:ListDoors", actions=["acme:List"], per="partition")
    def doors(self) -> Any:
        """Return the list of all doors."""
        return self._answer("doors")

    @call("acme:GetDoor", actions=["acme:ReadDoor"], per="resource")
    def door(self, resource: Resource) -> Any:
        """Return one door's state and its key holders."""
        return self._answer(f"door-{resource.name}")

    @call("acme:GetLog", actions=["acme:ReadLog"], per="resource", absent_on=["no-log"])
    def log(self, resource: Resource) -> Any:
        """Return what the entry log of a door keeps; ABSENT for a door that has none."""
        return self._answer(f"log-{resource.name}")

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every door of the list."""
        for row in demand(self.read("doors"), "doors"):
            name = demand(row, "id")
            yield Resource(id=f"acme:door/{name}", name=name)

    @classmethod
    def failure_of(cls, error: BaseException, declared: Call) -> Failure | None:
        """Turn the access system's refusal into a failure that names the permission."""
        if isinstance(error, Refused) and error.code == "forbidden":
            text = f"{declared.operation} was refused"
            return Failure(Reason.PERMISSION_DENIED, text, declared.actions[0])
        return None

    @classmethod
    def error_code(cls, error: BaseException) -> str:
        """Return the access system's own word for an error."""
        return error.code if isinstance(error, Refused) else ""

    def _answer(self, name: str) -> Any:
        folder = Path(self.target["base_dir"]) / self.target["folder"]
        answer = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if "error" in answer:
            raise Refused(answer["error"])
        return answer


class EntryLogs(DoorChecker):
    """The entry log of each door as a place where log events are kept."""

    id = "acme.door"
    kind = "log-store"

    @facet("retention", uses=["log"])
    def retention(self, resource: Resource, log: Any) -> dict[str, Any]:
        """Return how long entries are kept; a door without a log keeps none."""
        if not log:
            return {"mode": "volatile", "days": 0}
        return {"mode": "days", "days": demand(log, "keep_days")}

    @facet("extent", uses=["log"])
    def extent(self, resource: Resource, log: Any) -> dict[str, Any]:
        """Return since when the log exists and what its first and last entries are."""
        names = ("created_at", "oldest_event_at", "newest_event_at")
        if not log:
            return {"has_events": False, **dict.fromkeys(names)}
        return {"has_events": True, **{name: demand(log, name) for name in names}}

    @facet("content")
    def content(self, resource: Resource) -> dict[str, Any]:
        """Return that a door's log is of entries."""
        return {"log_kinds": complete(["access"])}


class Locks(DoorChecker):
    """The lock of each door."""

    id = "acme.lock"
    kind = "door-lock"

    @facet("lock", uses=["door"])
    def lock(self, resource: Resource, door: Any) -> Facts:
        """Return the lock's strength, since when it stands open, and who holds a key."""
        held = demand(door, "holders")
        facts = {
            "key_bits": demand(door, "key_bits"),
            "open_since": demand(door, "open_since"),
            "holders": partial(held) if demand(door, "more") else complete(held),
        }
        if not door["more"]:
            return Facts(facts)
        why = Failure(Reason.LISTING_INCOMPLETE, "the access system cut the list of holders")
        return Facts(facts, missing={"holders": why})
