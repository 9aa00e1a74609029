"""What a run says is what its OSCAL results say."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.report.oscal import documents, runs
from troth.report.account import Account
from troth.report.findings import kept
from troth.report.oscal import ids


def told(row: dict[str, Any], name: str) -> list[str]:
    return [one["value"] for one in row["props"] if one["name"] == name]


def of(rows: list[dict[str, Any]], target: str) -> dict[str, Any]:
    (found,) = [row for row in rows if row["target"]["target-id"] == target]
    return found


def observed(result: dict[str, Any], clause: str) -> list[dict[str, Any]]:
    finding = of(result["findings"], f"{clause}_obj")
    by_id = {row["uuid"]: row for row in result["observations"]}
    return [by_id[one["observation-uuid"]] for one in finding["related-observations"]]


def test_every_finding_is_an_observation_of_its_clause(
    run: Account, result: dict[str, Any]
) -> None:
    rows = list(run.findings)
    assert [told(one, "finding") for one in result["observations"]] == [[row["id"]] for row in rows]
    assert [told(one, "verdict") for one in result["observations"]] == [
        [row["verdict"]] for row in rows
    ]
    of_first = [row["id"] for row in rows if row["clause"] == "1.1"]
    assert [told(one, "finding") for one in observed(result, "acme_1.1")] == [
        [one] for one in of_first
    ]


def test_a_verdict_is_a_state_with_its_reason(result: dict[str, Any]) -> None:
    states = {
        row["target"]["target-id"]: (row["target"]["status"]["state"],
                                     row["target"]["status"]["reason"])
        for row in result["findings"]
    }  # fmt: skip
    assert states == {
        "acme_1.1_obj": ("not-satisfied", "fail"),
        "acme_2__1_obj": ("satisfied", "pass"),
        "acme_2__1__obj_obj": ("not-satisfied", "other"),
        "acme_3_obj": ("satisfied", "other"),
        "acme_4_obj": ("not-satisfied", "other"),
    }
    absent = of(result["findings"], "acme_3_obj")["target"]
    assert absent["implementation-status"] == {"state": "not-applicable"}
    assert absent["status"]["remarks"].startswith("Not applicable")


def test_methods_follow_the_proof(result: dict[str, Any]) -> None:
    methods = Counter(
        (*told(one, "proof"), *told(one, "kind"), *one["methods"]) for one in result["observations"]
    )
    assert methods == {
        ("outcome", "box", "TEST"): 2,
        ("box", "TEST"): 2,
        ("statement", "attestation", "INTERVIEW"): 1,
        ("attestation", "INTERVIEW"): 3,
        ("UNKNOWN",): 1,
    }


def test_a_waiver_is_an_accepted_risk_and_the_finding_stays(result: dict[str, Any]) -> None:
    (risk,) = result["risks"]
    finding = of(result["findings"], "acme_1.1_obj")
    assert finding["related-risks"] == [{"risk-uuid": risk["uuid"]}]
    assert (finding["target"]["status"]["state"], told(finding, "waived")) == (
        "not-satisfied",
        ["true"],
    )
    assert (risk["status"], risk["deadline"]) == ("deviation-approved", "2026-12-31T23:59:59+00:00")
    assert risk["statement"] == r"It is on its way to the \*smith\*."
    assert (told(risk, "waiver"), told(risk, "ticket")) == (["w-1"], ["SEC-1"])
    (response,) = risk["remediations"]
    assert response["lifecycle"] == "planned"
    assert response["props"] == [{"name": "type", "value": "accept"}]
    (approval,) = risk["risk-log"]["entries"]
    assert (approval["start"], approval["status-change"]) == (
        "2026-01-01T00:00:00+00:00",
        "deviation-approved",
    )
    (seen,) = risk["related-observations"]
    (waived,) = [one for one in result["observations"] if told(one, "waiver") == ["w-1"]]
    assert seen["observation-uuid"] == waived["uuid"]
    assert told(waived, "verdict") == ["fail"]


def test_owner_and_approver_are_parties(written: dict[str, Any], result: dict[str, Any]) -> None:
    metadata = written["assessment-results.json"]["assessment-results"]["metadata"]
    names = {one["uuid"]: one["name"] for one in metadata["parties"]}
    assert sorted(names.values()) == ["Kei", "Kei Example (CISO)", "Rin"]
    (risk,) = result["risks"]
    (actor,) = risk["origins"][0]["actors"]
    assert (names[actor["actor-uuid"]], actor["role-id"]) == ("Rin", "risk-owner")
    (by,) = risk["risk-log"]["entries"][0]["logged-by"]
    assert (names[by["party-uuid"]], by["role-id"]) == ("Kei", "risk-approver")


def test_the_plan_of_action_holds_the_accepted_risk(
    written: dict[str, Any], result: dict[str, Any]
) -> None:
    body = written["poam.json"]["plan-of-action-and-milestones"]
    assert body["risks"] == result["risks"]
    (item,) = body["poam-items"]
    assert item["related-risks"] == [{"risk-uuid": result["risks"][0]["uuid"]}]
    (seen,) = body["observations"]
    assert seen in result["observations"]
    assert item["related-observations"] == [{"observation-uuid": seen["uuid"]}]


def test_a_statement_is_an_attestation_and_lends_its_expiry(
    written: dict[str, Any], result: dict[str, Any]
) -> None:
    (attested,) = result["attestations"]
    (part,) = attested["parts"]
    assert part["prose"] == r"The guards are \[trustworthy\](http://evil.example/)."
    assert told(part, "expires-on") == ["2027-01-31"]
    body = written["assessment-results.json"]["assessment-results"]
    files = {one["uuid"]: one["title"] for one in body["back-matter"]["resources"]}
    linked = [files[one["href"].removeprefix("#")] for one in part["links"]]
    assert "inputs/attestations/statements/guards.dsse.json" in linked
    (seen,) = observed(result, "acme_2__1")
    # The statement holds to the end of the day in the document's own zone, nine hours ahead.
    assert seen["expires"] == "2027-01-31T14:59:59+00:00"
    assert [one for one in result["observations"] if "expires" in one] == [seen]


def test_unknown_is_in_the_log_with_its_reason(result: dict[str, Any]) -> None:
    entries = {one["title"]: one for one in result["assessment-log"]["entries"]}
    assert set(entries) == {
        "The run",
        "List not whole: dark toy.box dark",
        "acme 1.1: 1 finding unknown, throttled",
        "acme 1.1: 1 finding unknown, permission-denied",
        "acme 2_1_obj: 1 finding unknown, no-control",
        "acme 4: 1 finding unknown, not-attested",
        "Waiver w-2",
    }
    denied = entries["acme 1.1: 1 finding unknown, permission-denied"]
    assert denied["description"] == "the guard said no"
    failed = entries["List not whole: dark toy.box dark"]
    assert (failed["description"], told(failed, "reason")) == ("too many questions", ["throttled"])


def test_a_list_is_no_resource_but_its_target(result: dict[str, Any]) -> None:
    local = result["local-definitions"]
    names = {one["uuid"]: one["title"] for one in local["components"]}
    assets = {one["uuid"]: told(one, "asset-id")[0] for one in local["inventory-items"]}
    assert sorted(assets.values()) == ["box-1", "box-2", "box-3", "guards"]
    places = names | assets
    seen = [places[one["subjects"][0]["subject-uuid"]] for one in observed(result, "acme_1.1")]
    assert seen == ["box-1", "box-2", "box-3", "dark"]
    assert "subjects" not in observed(result, "acme_2__1")[0]


def test_evidence_names_the_file_and_the_digest(
    run: Account, written: dict[str, Any], result: dict[str, Any]
) -> None:
    body = written["assessment-results.json"]["assessment-results"]
    files = {one["uuid"]: one["rlinks"][0] for one in body["back-matter"]["resources"]}
    for row, seen in zip(run.findings, result["observations"], strict=True):
        evidence = seen.get("relevant-evidence", [])
        assert [told(one, "observation-digest")[0] for one in evidence] == row["observations"]
        for one, digest in zip(evidence, row["observations"], strict=True):
            link = files[one["href"].removeprefix("#")]
            assert digest in (run.folder / link["href"]).read_text()
            assert link["hashes"][0]["value"] in run.envelope["files"][link["href"]]


def test_the_catalog_is_the_document_and_the_profile_what_was_judged(
    written: dict[str, Any],
) -> None:
    (group,) = written["catalog.json"]["catalog"]["groups"]
    assert (group["id"], group["title"]) == ("acme", r"What \<Acme\> promises")
    first, second = group["controls"][:2]
    assert [part["name"] for part in first["parts"]] == ["statement", "assessment-objective"]
    assert [part["name"] for part in second["parts"]] == ["statement"]
    params = {one["id"]: one.get("values") for one in first["params"]}
    assert params == {
        "acme_1.1_prm.box-locked.max_open": ["P90D"],
        "acme_1.1_prm.box-locked.min_bits": None,
        "acme_1.1_prm.box-locked.min_model": ["1.2"],
    }
    assert first["parts"][1]["prose"] == (
        "Boxes are locked with {{ insert: param, acme_1.1_prm.box-locked.min_bits }} bits and "
        "opened once in {{ insert: param, acme_1.1_prm.box-locked.max_open }}"
    )
    modified = written["profile.json"]["profile"]["modify"]["set-parameters"]
    values = {one["param-id"]: (one["values"], told(one, "source")) for one in modified}
    assert values["acme_1.1_prm.box-locked.min_bits"] == (["192"], ["yours"])
    assert values["acme_1.1_prm.box-locked.max_open"] == (["P90D"], ["stated"])


def test_results_written_alone_hold_the_objectives_with_their_values(run: Account) -> None:
    body = documents.alone(run)["assessment-results"]
    objectives = {
        one["control-id"]: one["parts"][0]["prose"]
        for one in body["local-definitions"]["objectives-and-methods"]
    }
    assert objectives["acme_1.1"] == "Boxes are locked with 192 bits and opened once in P90D"
    assert "acme_1.2" not in objectives


def test_ids_of_clauses_never_meet(written: dict[str, Any]) -> None:
    (group,) = written["catalog.json"]["catalog"]["groups"]
    ids = [one["id"] for one in group["controls"]]
    ids += [part["id"] for one in group["controls"] for part in one["parts"]]
    assert len(ids) == len(set(ids))


def test_components_say_which_control_decides(written: dict[str, Any]) -> None:
    body = written["component-definition.json"]["component-definition"]
    (component,) = body["components"]
    assert component["type"] == "validation"
    assert told(component, "Rule_Id") == ["box-locked", "golden", "vouched"]
    (implemented,) = component["control-implementations"]
    assert implemented["source"] == "profile.json"
    rules = {
        one["control-id"]: told(one, "Rule_Id") for one in implemented["implemented-requirements"]
    }
    assert rules == {
        "acme_1.1": ["box-locked"],
        "acme_2__1": ["vouched"],
        "acme_3": ["golden"],
        "acme_4": ["vouched"],
    }


def test_the_plan_names_what_is_read(written: dict[str, Any]) -> None:
    body = written["assessment-plan.json"]["assessment-plan"]
    activities = {one["title"]: told(one, "operation") for one in
                  body["local-definitions"]["activities"]}  # fmt: skip
    assert activities["toy.box"] == ["toy:GetLock", "toy:ListBoxes"]
    (task,) = body["tasks"]
    assert len(task["associated-activities"]) == len(activities)


def test_writing_again_gives_the_same_bytes(run: Account, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    documents.together(run, first)
    documents.together(Account.of_run(run.folder), second)
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {
        p.name: p.read_bytes() for p in second.iterdir()
    }
    assert json.dumps(documents.alone(run)) == json.dumps(documents.alone(run))
    assert {p.stat().st_mode & 0o777 for p in first.iterdir()} == {0o600}
    assert first.stat().st_mode & 0o777 == 0o700


def test_another_run_says_other_things_of_the_same_resources(
    run: Account, result: dict[str, Any]
) -> None:
    envelope = dict(run.envelope) | {"id": "20261122T000000Z-0002"}
    other = documents.alone(replace(run, envelope=envelope))["assessment-results"]["results"][0]
    items = [one["uuid"] for one in result["local-definitions"]["inventory-items"]]
    assert [one["uuid"] for one in other["local-definitions"]["inventory-items"]] == items
    seen = {one["uuid"] for one in result["observations"]}
    assert not seen & {one["uuid"] for one in other["observations"]}
    assert [one["uuid"] for one in other["risks"]] == [one["uuid"] for one in result["risks"]]


def test_other_results_of_the_same_run_are_told_apart(run: Account, result: dict[str, Any]) -> None:
    summary = json.loads(json.dumps(run.summary))
    summary["findings"]["digest"] = "sha256:" + "1" * 64
    changed = replace(run, summary=summary, findings=kept(list(run.findings)))
    other = documents.alone(changed)["assessment-results"]["results"][0]
    assert told(other, "findings-digest") == ["sha256:" + "1" * 64]
    seen = {one["uuid"] for one in result["observations"]}
    assert not seen & {one["uuid"] for one in other["observations"]}


def test_every_uuid_is_of_version_five(written: dict[str, Any]) -> None:
    texts = [one["uuid"] for one in written["assessment-results.json"]["assessment-results"]
             ["results"][0]["observations"]]  # fmt: skip
    assert {uuid.UUID(text).version for text in texts} == {5}


def test_a_run_without_waived_fails_has_no_risk(tmp_path: Path) -> None:
    made = documents.alone(runs.run(tmp_path, waived="nobody"))
    result = made["assessment-results"]["results"][0]
    assert "risks" not in result
    assert not any("related-risks" in one for one in result["findings"])


def test_uuids_are_those_of_the_standard_library() -> None:
    space = uuid.uuid5(uuid.NAMESPACE_URL, ids.NAMESPACE)
    for names in (("a",), ("a", "b"), ("\u00e9\n", ""), ("x" * 1000,)):
        name = json.dumps(names, ensure_ascii=False, separators=(",", ":"))
        assert ids.lasting(*names) == str(uuid.uuid5(space, name))
