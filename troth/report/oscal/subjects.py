"""What was looked at: targets as components, resources as inventory items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from troth.model import POPULATION
from troth.report.account import Account
from troth.report.oscal import ids
from troth.report.oscal.source import Row
from troth.report.oscal.text import plain, prop, prose


@dataclass(frozen=True)
class Subjects:
    """The targets that a run looked at, and which findings are about a list, not a resource."""

    targets: tuple[str, ...]
    lists: frozenset[tuple[str, str]]

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.targets)

    @classmethod
    def of(cls, account: Account) -> Subjects:
        """Return the subjects of a run."""
        listed = account.listings
        return cls(
            tuple(sorted({one.target for one in listed})),
            frozenset((one.target, f"listing {one.checker} {one.partition}") for one in listed),
        )

    def components(self, account: Account) -> list[dict[str, Any]]:
        """Return a component per target."""
        settings = account.setup.config.targets
        return [_component(name, str(settings[name]["type"])) for name in self.targets]

    def inventory(self, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
        """Yield each resource of some findings once."""
        told = set()
        for row in rows:
            if not self.is_resource(row):
                continue
            made = resource_id(row)
            if made not in told:
                told.add(made)
                yield _item(row, made)

    def is_resource(self, row: Row) -> bool:
        """Tell whether a finding is about one resource."""
        where = row["target"], row["resource"]
        return where[0] in self._known and where[1] != POPULATION and where not in self.lists

    def of_finding(self, row: Row) -> list[dict[str, Any]]:
        """Return what a finding is about: its resource, else its target, else nothing."""
        if self.is_resource(row):
            return [{"subject-uuid": resource_id(row), "type": "inventory-item"}]
        if row["target"] in self._known:
            return [{"subject-uuid": target_id(row["target"]), "type": "component"}]
        return []

    def everything(self) -> list[dict[str, Any]]:
        """Return the selection of all targets, as a plan names its subjects."""
        chosen = [{"subject-uuid": target_id(one), "type": "component"} for one in self.targets]
        if not chosen:
            return [{"type": "component", "include-all": {}}]
        return [{"type": "component", "include-subjects": chosen}]


@lru_cache(maxsize=1024)
def target_id(target: str) -> str:
    """Return the UUID of a target's component."""
    return ids.lasting("target", target)


def resource_id(row: Row) -> str:
    """Return the UUID of a finding's resource: an id is unique inside its kind and target."""
    return ids.lasting("resource", row["kind"], row["target"], row["resource"])


def _component(target: str, kind: str) -> dict[str, Any]:
    return {
        "uuid": target_id(target),
        "type": "system",
        "title": prose(target),
        "description": prose(f"The target {target} of type {kind}, as troth.yaml configures it."),
        "props": [prop("target", target), prop("target-type", kind)],
        "status": {"state": "operational"},
    }


def _item(row: Row, made: str) -> dict[str, Any]:
    return {
        "uuid": made,
        "description": prose(f"{row['resource']} at {row['target']}"),
        "props": [
            {"name": "asset-id", "value": plain(row["resource"])},
            prop("kind", row["kind"]),
            prop("target", row["target"]),
        ],
        "implemented-components": [{"component-uuid": target_id(row["target"])}],
    }
