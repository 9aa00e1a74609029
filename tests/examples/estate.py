"""A small estate that is kept, broken or unknown today, and how the examples' files are read."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.house.tree import ROOT, TROTH
from troth.errors import Exit

EXAMPLES = ROOT / "examples"

#: What a run over an estate ends with.
ENDS = {"kept": Exit.OK, "broken": Exit.BROKEN, "unknown": Exit.INCOMPLETE}

_POLICY = """
schema: 1
id: shop
title: What the shop promises
source: {language: en}
timezone: UTC
clauses:
  - id: "1"
    promise: Data is deleted within five working days of a request.
    assess: recorded
    controls:
      - control: data-deletion-request
        set: {max_delay: 5 working days}
        assumed: {calendar: japan}
"""

_CONFIG = """
schema: 1
policies: [{policy: shop.yaml}]
targets: [{id: books, type: register, folder: registers}]
"""


def furnish(folder: Path, state: str, *, more: str = "") -> Path:
    """Write troth.yaml and what it names into a folder; return the folder.

    Kept is data deleted a day after it was asked for, broken is 50 days after, and unknown is
    a list that is two years old. ``more`` is text for the end of troth.yaml.
    """
    (folder / "registers").mkdir(parents=True)
    (folder / "troth.yaml").write_text(_CONFIG + more, encoding="utf-8")
    (folder / "shop.yaml").write_text(_POLICY, encoding="utf-8")
    now = datetime.now(UTC).replace(microsecond=0)
    exported = now - timedelta(days=800 if state == "unknown" else 0)
    asked = exported - timedelta(days=60)
    done = asked + timedelta(days=50 if state == "broken" else 1)
    rows = (
        "# register: deletion-requests",
        f"# exported_at: {exported.isoformat()}",
        "# source: a test",
        "id,customer,object_refs,requested_at,deleted_at",
        f"d-1,c-3,letters/3,{asked.isoformat()},{done.isoformat()}",
    )
    text = "".join(f"{row}\n" for row in rows)
    (folder / "registers" / "deletion-requests.csv").write_text(text, encoding="utf-8")
    return folder


def document(name: str) -> Any:
    """Return a YAML file of the examples as data, with a key ``on`` as text and not as true."""
    return _loaded((EXAMPLES / name).read_text(encoding="utf-8"))[0]


def documents(name: str) -> list[Any]:
    """Return all documents of a YAML file of the examples."""
    return _loaded((EXAMPLES / name).read_text(encoding="utf-8"))


def _loaded(text: str) -> list[Any]:
    return list(yaml.load_all(text, _Yaml12))


class _Yaml12(yaml.SafeLoader):
    """YAML 1.2 as the readers of these files have it: only true and false are booleans."""


_Yaml12.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def bare(**more: str) -> dict[str, str]:
    """Return an environment with troth on the path and nothing else of this process."""
    path = f"{TROTH.parent}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin"
    return {"PATH": path, "HOME": "/nonexistent", "LANG": "C.UTF-8"} | more


def tree(folder: Path) -> set[str]:
    """Return the names of all that lies below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
