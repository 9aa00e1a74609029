"""From a prepared tree to the verdict of a shipped clause, as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.checkers.host.machines import Tree
from troth.cli import main
from troth.yamlfile import parse


def judged(
    tree: Tree, clause: str, checkers: list[str], work: Path, more: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the findings of ``policy/clause`` on the machine of the tree, called web1.

    ``more`` are further lines of troth.yaml: ``targets`` beside it, and anything else as it is.
    """
    said = dict(more or {})
    host = {"id": "web1", "type": "host", "name": "web1", "root": str(tree.root)}
    targets = [host | {"checkers": checkers}, *said.pop("targets", [])]
    names = [target["id"] for target in targets]
    policy = {"policy": clause.partition("/")[0], "targets": names}
    work.mkdir(parents=True, exist_ok=True)
    config = work / "troth.yaml"
    body = {"schema": 1, "policies": [policy | said.pop("policy", {})], "targets": targets} | said
    config.write_text(json.dumps(body))
    assert parse(config.read_text(), "troth.yaml").data["schema"] == 1
    out = work / "out.json"
    asked = ["check", "-c", str(config), "--clause", clause, "-o", f"json={out}", "-q"]
    assert main([*asked, "--no-history", "--run", str(work / "run")]) in (0, 1, 3)
    found: list[dict[str, Any]] = json.loads(out.read_text())["findings"]
    return found


def verdicts(findings: list[dict[str, Any]], control: str) -> dict[str, str]:
    """Return the verdict of each resource for a control, by what is behind ``host:web1:``."""
    mine = {one["resource"]: one["verdict"] for one in findings if one["control"] == control}
    return {of.removeprefix("host:web1:"): how for of, how in mine.items() if of != "population"}
