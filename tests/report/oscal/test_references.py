"""Every reference resolves: in the set, in results written alone, and to files of the run."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.report import accounts
from tests.report.oscal import documents, references, runs
from troth.report import oscal
from troth.report.account import Account

BAG = oscal.Layout(base="../", facts="facts/{start}/{digest}.json")


def test_nothing_dangles_in_the_set(run: Account, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "data")
    for digest in {digest for row in run.findings for digest in row["observations"]}:
        bare = digest.removeprefix("sha256:")
        facts = tmp_path / "data" / "facts" / bare[:2] / f"{bare}.json"
        facts.parent.mkdir(parents=True, exist_ok=True)
        facts.touch()
    folder = tmp_path / "data" / "oscal"
    made = documents.together(run, folder, layout=BAG)
    assert references.dangling(made, folder) == []
    shutil.rmtree(tmp_path / "data" / "facts")
    assert len(references.dangling(made, folder)) >= 2


def test_nothing_dangles_in_results_written_alone(run: Account) -> None:
    assert references.dangling({"x": documents.alone(run)}, run.folder) == []


def test_nothing_dangles_in_a_run_over_hostile_names(tmp_path: Path) -> None:
    run = accounts.hostile(tmp_path / "hostile")
    made = documents.together(run, tmp_path / "set", layout=oscal.Layout(base="../run/"))
    (tmp_path / "run").symlink_to(run.folder)
    assert references.dangling(made, tmp_path / "set") == []


def test_nothing_dangles_where_few_clauses_were_selected(tmp_path: Path) -> None:
    run = runs.run(tmp_path / "few", clauses=["acme/2_1"])
    (tmp_path / "run").symlink_to(run.folder)
    made = documents.together(run, tmp_path / "set", layout=oscal.Layout(base="../run/"))
    assert references.dangling(made, tmp_path / "set") == []
    chosen = made["profile.json"]["profile"]["imports"][0]["include-controls"]
    assert chosen == [{"with-ids": ["acme_2__1"]}]
    assert len(made["catalog.json"]["catalog"]["groups"][0]["controls"]) == 6


def test_digests_of_another_layout_are_told(run: Account, tmp_path: Path) -> None:
    layout = oscal.Layout(base="../", digests={"plan.json": "sha256:" + "0" * 64})
    made = documents.together(run, tmp_path / "set", layout=layout)
    resources = made["assessment-plan.json"]["assessment-plan"]["back-matter"]["resources"]
    links = {one["rlinks"][0]["href"]: one["rlinks"][0].get("hashes") for one in resources}
    assert links == {
        "../inputs/troth.yaml": None,
        "../plan.json": [{"algorithm": "SHA-256", "value": "0" * 64}],
    }


NOBODY = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (("observations", 0, "subjects", 0), "subject-uuid", NOBODY),
        (("observations", 0, "origins", 0, "actors", 0), "actor-uuid", NOBODY),
        (("observations", 0, "relevant-evidence", 0), "href", f"#{NOBODY}"),
        (("findings", 0, "related-observations", 0), "observation-uuid", NOBODY),
        (("findings", 0, "related-risks", 0), "risk-uuid", NOBODY),
        (("findings", 0, "target"), "target-id", "acme_9_obj"),
        (("findings", 0), "uuid", "same"),
        (("risks", 0, "origins", 0, "actors", 0), "role-id", "king"),
        (("attestations", 0, "responsible-parties", 0), "party-uuids", [NOBODY]),
        (("local-definitions", "inventory-items", 0, "implemented-components", 0),
         "component-uuid", NOBODY),
        (("reviewed-controls", "control-selections", 0, "include-controls", 0),
         "control-id", "acme_9"),
    ],
)  # fmt: skip
def test_what_dangles_is_found(run: Account, where: tuple[Any, ...], name: str, value: Any) -> None:
    document = copy.deepcopy(documents.alone(run))
    row = result = document["assessment-results"]["results"][0]
    for step in where:
        row = row[step]
    assert name in row
    row[name] = result["observations"][0]["uuid"] if value == "same" else value
    assert references.dangling({"x": document}, run.folder) != []
