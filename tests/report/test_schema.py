"""Every file of ours is as its published schema says, and a changed one is not."""

from __future__ import annotations

import base64
import copy
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from tests.notify.digests import digest, event
from tests.report.forms import faults, lines, written
from troth import yamlfile
from troth.catalogue.formats import bundled, names
from troth.catalogue.schemas import schema
from troth.cli.diff import command as diff
from troth.cli.schema import command
from troth.errors import UsageError
from troth.evidence import facts, population
from troth.history.changes import Change
from troth.model import Assess, Proof, Reason, Severity, Verdict
from troth.notify.message import message
from troth.notify.webhook import document
from troth.report import Format
from troth.report.account import Account

pytestmark = pytest.mark.xdist_group("schema")

ROOT = Path(__file__).parents[2]
#: What a file of a demo's folder holds, by the end of its path; the first one counts.
FORMATS = {
    "troth.yaml": "config",
    "this-machine.yaml": "config",
    "waivers.yaml": "waivers",
    "attestations/*.dsse.json": "envelope",
    "runs*/*/run.json": "run",
    "runs*/*/plan.json": "plan",
    "runs*/*/results.json": "results",
    "runs*/*/findings.jsonl": "finding",
    "runs*/*/observations/*.jsonl": "shard",
    "runs*/*/inputs/troth.yaml": "config",
    "runs*/*/inputs/waivers.yaml": "waivers",
    "runs*/*/inputs/policies/*.yaml": "policy",
    "runs*/*/inputs/controls/*.yaml": "control",
    "runs*/*/inputs/kinds/*.yaml": "kind",
    "runs*/*/inputs/attestations/*/*.dsse.json": "envelope",
}


@cache
def validator(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator(bundled(name), validate_formats=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a demo leaves behind."""
    home = tmp_path_factory.mktemp("schema")
    troth = Path(sys.executable).with_name("troth")
    done = subprocess.run([troth, "demo", "f"], cwd=home, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return home / "f"


def values(path: Path, name: str) -> Iterator[tuple[str, Any]]:
    """Return what a file holds: the values, each with the name of its own schema."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yaml":
        yield name, yamlfile.parse(text, path.name).data
    elif path.suffix == ".json":
        yield name, json.loads(text)
    else:
        for number, row in enumerate(lines(text)):
            yield (name if name != "shard" else "shard-line" if number else "shard-head"), row


def of(demo: Path) -> dict[str, list[tuple[str, Any]]]:
    """Return every value of the demo's files of ours by schema, with the file's path."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for path in sorted(demo.rglob("*")):
        short = path.relative_to(demo)
        name = next((one for pattern, one in FORMATS.items() if short.match(pattern)), "")
        if name and path.is_file():
            for schema, value in values(path, name):
                found.setdefault(schema, []).append((str(short), value))
    for envelope, value in found["envelope"]:
        payload = json.loads(base64.b64decode(value["payload"]))
        found.setdefault("attestation", []).append((envelope, payload))
    return found


def bundle(demo: Path, into: Path) -> dict[str, list[tuple[str, Any]]]:
    """Return every value of the files of ours that only a bundle has."""
    run = Account.of_run(next((demo / "runs").iterdir()))
    as_of = datetime.fromisoformat(run.summary["as_of"])
    population.write(run.folder, run.setup, run.plan, as_of, into / "population")
    for shard in (run.folder / "observations").iterdir():
        facts.split(shard, into / "observations" / shard.name, into)
    found: dict[str, list[tuple[str, Any]]] = {}
    for pattern, name in (("population/*.json", "population"), ("facts/*/*.json", "facts")):
        for path in sorted(into.glob(pattern)):
            found.setdefault(name, []).append((path.name, json.loads(path.read_bytes())))
    for path in sorted(into.glob("observations/*.jsonl")):
        for row in lines(path.read_text())[1:]:
            found.setdefault("bundle-line", []).append((path.name, row))
    return found


@pytest.fixture(scope="module")
def samples(
    demo: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[tuple[str, Any]]]:
    """Return values of every format that a demo run, its reports and its bundle are written in."""
    run = Account.of_run(next((demo / "runs").iterdir()))
    found = of(demo) | bundle(demo, tmp_path_factory.mktemp("bundle"))
    found["report-json"] = [("json", json.loads(written("json", run)))]
    found["report-jsonl"] = [("jsonl", row) for row in lines(written("jsonl", run))]
    compared = CliRunner().invoke(diff, [str(run.folder), str(run.folder), "-o", "json"])
    found["diff"] = [("diff", json.loads(compared.stdout))]
    night = digest(*map(event, Change))
    found["notification"] = [("a web hook", document(night, message(night)))]
    cases = sorted((ROOT / "controls").rglob("*.cases.yaml"))
    found["cases"] = [(path.name, yamlfile.parse(path.read_text(), path.name).data)
                      for path in cases]  # fmt: skip
    return found


def test_a_demo_leaves_no_file_whose_format_is_not_known(demo: Path) -> None:
    # What a machine of the demo has on it (a scanner's reports) is not ours.
    machines = ("host", "desk-host", "forum-host", "receico-host")
    ours = [path for path in demo.rglob("*") if path.suffix in (".json", ".jsonl", ".yaml")
            and path.relative_to(demo).parts[0] not in machines]  # fmt: skip
    odd = [str(short) for path in ours if not any((short := path.relative_to(demo)).match(pattern)
                                                  for pattern in FORMATS)]  # fmt: skip
    assert odd == []
    assert len(ours) > 200


@pytest.mark.parametrize("name", names())
def test_every_value_that_a_demo_writes_is_valid(
    name: str, samples: dict[str, list[tuple[str, Any]]]
) -> None:
    assert samples[name]
    wrong = [
        (path, error.message[:200], list(error.instance_path))
        for path, value in samples[name]
        for error in validator(name).iter_errors(value)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", names())
def test_another_validator_agrees(name: str, samples: dict[str, list[tuple[str, Any]]]) -> None:
    for path, value in samples[name][:3]:
        assert (path, faults(name, value)) == (path, [])


def mutants(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the value with one thing changed: a key more, or a member of another type."""
    yield "further key", {**value, "further": 1}
    for key, member in value.items():
        other = "text" if not isinstance(member, str) else ["list"]
        yield f"type of {key}", {**value, key: other}
    if "schema" in value:
        yield "format 2", {**value, "schema": 2}


@pytest.mark.parametrize("name", names())
def test_a_changed_value_is_refused(name: str, samples: dict[str, list[tuple[str, Any]]]) -> None:
    _, value = samples[name][0]
    accepted = [what for what, body in mutants(value) if validator(name).is_valid(body)]
    assert accepted == []


#: Members that a file of ours need not have.
OPTIONAL = {
    "config": {"classes", "waivers", "runs", "extend"},
    "policy": {"numbering", "replaces"},
    "control": {"replaces", "parameters"},
    "kind": {"proof_cap", "key", "listing_max_age"},
    "finding": {"reason", "permission", "waiver"},
    "cases": {"params", "zone"},
    "plan": {"units"},
}


@pytest.mark.parametrize("name", names())
def test_a_value_that_lacks_something_is_refused(
    name: str, samples: dict[str, list[tuple[str, Any]]]
) -> None:
    _, value = samples[name][0]
    needed = value.keys() - OPTIONAL.get(name, set())
    accepted = [
        key for key in needed
        if validator(name).is_valid({k: v for k, v in value.items() if k != key})
    ]  # fmt: skip
    assert accepted == []


def changed(value: Any, path: tuple[str | int, ...], to: Any) -> Any:
    """Return a copy with another value at a path; None takes the member away."""
    made = copy.deepcopy(value)
    node = made
    for step in path[:-1]:
        node = node[step]
    if to is None:
        del node[path[-1]]
    else:
        node[path[-1]] = to
    return made


@pytest.mark.parametrize(
    ("name", "path", "to"),
    [
        ("run", ("as_of",), "2026-11-21"),
        ("run", ("results_digest",), "sha256:0"),
        ("run", ("files", "results.json"), None),
        ("run", ("places", "further"), "x"),
        ("run", ("counters", "x"), -1),
        ("plan", ("reads", 0, "effect"), "write"),
        ("plan", ("reads", 0, "permissions"), None),
        ("results", ("clauses", 0, "verdict"), "ok"),
        ("results", ("clauses", 0, "further"), 1),
        ("results", ("waivers", 0, "state"), "used up"),
        ("results", ("waivers", 0, "further"), "x"),
        ("results", ("findings", "count"), -1),
        ("finding", ("verdict",), "waived"),
        ("finding", ("severity",), "info"),
        ("finding", ("observations",), ["sha256:1"]),
        ("shard-head", ("listing", "complete"), False),
        ("shard-head", ("listing", "count"), 1.5),
        ("report-json", ("summary", "partial"), None),
        ("report-json", ("findings", 0, "id"), "f-XYZ"),
        ("envelope", ("payload",), "a-_b"),
        ("envelope", ("payloadType",), "application/json"),
        ("envelope", ("signatures",), []),
        ("attestation", ("signed_on",), "2026-02-30"),
        ("population", ("scopes", 0, "clauses"), ["acme"]),
        ("population", ("complete",), False),
    ],
    ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else None,
)
def test_what_is_wrong_deeper_down_is_refused(
    name: str,
    path: tuple[str | int, ...],
    to: Any,
    samples: dict[str, list[tuple[str, Any]]],
) -> None:
    value = next(one for _, one in samples[name] if reaches(one, path))
    assert validator(name).is_valid(value)
    assert not validator(name).is_valid(changed(value, path, to))


def reaches(value: Any, path: tuple[str | int, ...]) -> bool:
    """Tell whether there is something to change at a path."""
    for step in path[:-1]:
        if isinstance(step, int) and step >= len(value):
            return False
        value = value[step]
    return True


def test_an_unknown_gives_its_reason_and_only_a_fail_is_waived(
    samples: dict[str, list[tuple[str, Any]]],
) -> None:
    rows = [row for _, row in samples["finding"]]
    unknown = next(row for row in rows if row["verdict"] == "unknown")
    waived = next(row for row in rows if "waiver" in row)
    for row in (
        {key: unknown[key] for key in unknown if key != "reason"},
        {**unknown, "verdict": "pass"},
        {**waived, "verdict": "pass"},
        {**waived, "waiver": {**waived["waiver"], "further": 1}},
    ):
        assert not validator("finding").is_valid(row)


def test_an_observation_holds_facts_or_a_failure(
    samples: dict[str, list[tuple[str, Any]]],
) -> None:
    seen = [(row, name) for _, row in samples["shard-line"] for name in row["facets"]]
    row, name = next(one for one in seen if "facts" in one[0]["facets"][one[1]])
    failure = {"reason": "timeout", "message": "slow"}
    assert not validator("shard-line").is_valid(changed(row, ("facets", name, "facts"), None))
    assert not validator("shard-line").is_valid(changed(row, ("facets", name, "failure"), failure))


def test_the_closed_lists_are_those_of_the_code() -> None:
    finding = bundled("finding")["$defs"]
    about = finding["finding"]["properties"]
    assert finding["reason"]["enum"] == [one.value for one in Reason]
    assert about["verdict"]["enum"] == [one.value for one in Verdict]
    assert about["proof"]["enum"] == [*(one.value for one in Proof), None]
    assert about["severity"]["enum"] == [one.name.lower() for one in Severity]
    clause = bundled("results")["$defs"]["clause"]["properties"]
    assert clause["assess"]["enum"] == [one.value for one in Assess]
    item = bundled("waivers")["properties"]["waivers"]["items"]
    assert bundled("diff")["$defs"]["change"]["enum"] == [one.value for one in Change]
    assert finding["waiver"]["properties"].keys() == item["properties"].keys()
    assert finding["waiver"]["required"] == item["required"]


@pytest.mark.parametrize("name", names())
def test_a_printed_schema_is_one_by_the_standard_and_needs_no_other(name: str) -> None:
    printed = CliRunner().invoke(command, [name])
    assert printed.exit_code == 0
    body = json.loads(printed.output)
    jsonschema = importlib.import_module("jsonschema")  # it has no types of its own
    jsonschema.Draft202012Validator.check_schema(body)
    assert body["$id"] == f"urn:troth:schema:{name}:1"
    assert body["title"].endswith("format 1")
    referencing = importlib.import_module("referencing")
    alone = jsonschema.Draft202012Validator(body, registry=referencing.Registry())
    list(alone.iter_errors({}))
    jsonschema_rs.Draft202012Validator(body)


def test_the_list_has_a_line_for_each() -> None:
    printed = CliRunner().invoke(command, [])
    assert printed.exit_code == 0
    assert [line.partition("  ")[0] for line in printed.output.splitlines()] == names()
    assert all(line.partition("  ")[2] for line in printed.output.splitlines())
    assert max(map(len, printed.output.splitlines())) <= 100


def test_a_format_that_there_is_not_is_answered_with_the_nearest() -> None:
    done = CliRunner().invoke(command, ["finding-s"])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == "unknown format 'finding-s'; did you mean 'finding'?"


def test_the_docs_name_every_schema_and_every_format() -> None:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    reports, _, schemas = text.partition("\n## Schemas of our own files\n")
    told = re.findall(r"^\| (`[^|]*`) \|", schemas, re.MULTILINE)
    assert sorted(name for cell in told for name in re.findall(r"`([\w-]+)`", cell)) == names()
    table = reports.partition("\n\n## ")[0]
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == sorted(Format)


def lists(node: Any) -> Iterator[tuple[set[str], set[str]]]:
    """Return properties and required ones of every object described member by member."""
    if isinstance(node, dict):
        if "required" in node and len(node.get("properties", {})) > 1:
            yield set(node["properties"]), set(node["required"])
        node = [member for key, member in node.items() if key not in ("if", "then", "else")]
    if isinstance(node, list):
        for member in node:
            yield from lists(member)


@pytest.mark.parametrize(
    ("name", "optional"),
    [
        ("run", {"pseudonyms", "resumed"}),
        ("plan", {"units"}),
        ("results", set()),
        ("attestation", set()),
        ("envelope", set()),
        ("population", set()),
        ("report-json", set()),
        ("report-jsonl", set()),
        ("diff", set()),
        ("notification", set()),
        ("bundle-line", {"calls", "raw"}),
        ("shard-head", {"failure", "permission"}),
        ("shard-line", {"calls", "raw", "facts", "missing", "covered", "failure"}),
        ("facts", {"facts", "missing", "covered", "failure"}),
        (
            "finding",
            {"reason", "permission", "waiver", "control", "target", "resource", "ticket"},
        ),
    ],
)
def test_what_may_be_left_out_is_told_and_nothing_else(name: str, optional: set[str]) -> None:
    told = list(lists(schema(name)))
    assert told
    assert {key for known, needed in told for key in known - needed} == optional
    assert not {key for known, needed in told for key in needed - known}
