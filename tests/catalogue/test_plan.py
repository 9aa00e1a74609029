"""The plan: what several clauses ask of one facet becomes one request that serves them all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.toy import WORKSPACE
from troth import config
from troth.catalogue import content
from troth.checker import Checker, facet
from troth.plan import choose, make


class Boxes(Checker):
    """Boxes that nobody looks at."""

    id = "toy.box"
    kind = "box"
    target_type = "toy"

    @facet("lock", uses=())
    def lock(self, resource: object) -> Any:
        raise NotImplementedError


ASKS = "    request: {lock: {since: params.max_open}}\n"
SECOND = """\
  - id: "1.3"
    promise: Again.
    assess: observed
    controls:
      - {control: box-locked, set: {min_bits: 1, max_open: %s, min_model: "1.0"}}
"""


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [("P90D", "P30D", "P90D"), ("P30D", "P1Y", "P1Y"), ("P90D", "P90D", "P90D")],
)
def test_the_longest_look_back_serves_all(
    first: str, second: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(WORKSPACE, tmp_path / "own"))
    control = Path("controls/box-locked.yaml")
    control.write_text(control.read_text().replace("    rules:\n", f"{ASKS}    rules:\n", 1))
    policy = Path("policies/acme.yaml")
    policy.write_text(policy.read_text().replace("P90D", first) + SECOND % second)
    checkers = {"toy.box": Boxes}
    text = Path("troth.yaml").read_text()
    start, end = text.index("  - id: lists"), text.index("extend:")
    Path("troth.yaml").write_text(text[:start] + text[end:])
    settings = config.load(Path("troth.yaml"), checkers)
    extra = {name: [Path(name)] for name in ("kinds", "controls", "policies")}
    books = content.load(extra, policies=["acme"])
    chosen = choose(settings, books.policies, books.controls)
    (unit,) = make(settings, chosen, books.controls, books.kinds, checkers).units
    assert unit.requests == {"lock": {"since": wanted}}
    (only,) = choose(settings, books.policies, books.controls, ["acme/1.1"])
    (unit,) = make(settings, (only,), books.controls, books.kinds, checkers).units
    assert unit.requests == {"lock": {"since": first}}
