"""The page says all that the record says, loads nothing, and is the same for the same run."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.report.accounts import HOSTILE, account, hostile
from tests.report.html.pages import Read, written
from tests.report.large import grown
from troth import record
from troth.report.account import Account
from troth.report.html import limits
from troth.report.html.words import LONGEST
from troth.report.words import harmless


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """One box is as promised, one is not and is waived, one is not, one could not be seen."""
    rows = (
        {"id": "box-1", "bits": 256},
        {"id": "box-2", "bits": 64},
        {"id": "box-4", "bits": 32},
        {"id": "box-3", "failure": "the guard said no"},
    )
    return account(tmp_path_factory.mktemp("run"), rows, waived="box-2")


@pytest.fixture(scope="module")
def page(run: Account) -> Read:
    return Read(written(run))


def test_the_same_run_gives_the_same_bytes_at_any_time_and_in_any_process(
    run: Account, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from troth.report import html\n"
        "from troth.report.account import Account\n"
        "html.write(Account.of_run(Path(sys.argv[1])), open(sys.argv[2], 'w', encoding='utf-8'))\n"
    )
    again = tmp_path / "again.html"
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code, run.folder, again], env=environment, check=True)
    assert again.read_bytes() == written(run).encode()


def test_every_finding_is_told_whole(run: Account, page: Read) -> None:
    for row in run.findings:
        assert row["id"] in page.words
        assert row["resource"] in page.words
        for digest in row["observations"]:
            assert digest in page.words
            assert all(name in _hrefs(page) for name in run.evidence(digest))
        for said in (*row["expected"], *row["found"], *row["notes"]):
            assert said in page.words
        assert row.get("permission", "") in page.words
        assert row.get("reason", "") in page.words


def _hrefs(page: Read) -> list[str]:
    return [link["href"] for link in page.all("a")]


def test_what_was_found_stands_beside_what_was_expected(page: Read) -> None:
    assert "bits 64" in page.words
    assert "bits 32" in page.words
    assert "the guard said no" in page.words


def test_every_clause_is_a_row_with_its_verdict_number_and_promise(
    run: Account, page: Read
) -> None:
    rows = [one for one in page.all("tr") if one.get("class") == "c"]
    assert [(one["id"], one["data-v"], one["data-a"]) for one in rows] == [
        ("acme/1.1", "fail", "observed"),
        ("acme/1.2", "informative", "informative"),
    ]
    for clause in run.clauses:
        assert clause["promise"] in page.words
    assert "4 judged: 1 broken, 1 waived, 1 unknown, 1 kept." in page.words


def test_the_clause_says_how_it_was_read_where_it_stands_and_how_to_mend_it(
    run: Account, page: Read
) -> None:
    place = run.place("acme", "1.1")
    assert f"{place.path}:{place.line}" in page.words
    assert "Stated max_open P90D, min_bits 128" in page.words
    assert "Assumed min_model 1.2" in page.words
    (control,) = run.controls.values()
    for said in control.fix.values():
        assert said in page.words


def test_a_title_has_the_values_of_the_binding_filled_in(run: Account, page: Read) -> None:
    (control,) = run.controls.values()
    assert "{" not in page.words.replace("{}", "")
    assert control.title.split("{")[0] in page.words


def test_the_waiver_is_told_at_its_finding_and_among_the_endings(run: Account, page: Read) -> None:
    (waiver,) = run.summary["waivers"]
    assert waiver["state"] == "used"
    told = f"waived until {waiver['expires_on']} {waiver['reason']} (w-1: owner Rin"
    assert told in page.words
    assert "2026-12-31 40 waiver, used w-1, for acme/1.1" in page.words  # 21 November to then


def test_the_run_is_named_with_its_times_versions_and_digests(run: Account, page: Read) -> None:
    for value in (run.envelope["id"], run.envelope["results_digest"], "2026-11-21 00:00:00 UTC"):
        assert value in page.words
    assert run.summary["findings"]["digest"] in page.words
    for name, version in run.envelope["versions"].items():
        assert f"{name} {version}" in page.words


def test_the_verdict_and_the_scope_come_first(page: Read) -> None:
    start = page.words.index("1 of 1 promise is broken", page.words.index("compliance report"))
    assert start < page.words.index("1 document, 2 clauses") < page.words.index("What is broken")


def test_what_could_not_be_read_is_told_with_the_permission(page: Read) -> None:
    told = page.words[page.words.index("What could not be read", 3000) :]
    assert "permission-denied the guard said no permission toy:Look" in told


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"id": "a", "bits": 256}], "Every promise is kept"),
        ([{"id": "a", "bits": 8}], "1 of 1 promise is broken"),
        ([{"id": "box-2", "bits": 8}], "1 of 1 promise is waived"),
        (
            [{"id": "box-2", "bits": 8}, {"id": "a", "failure": "no"}],
            "1 of 1 promise is waived, but something of it is unknown",
        ),
        ([{"id": "a", "failure": "no"}], "1 of 1 promise could not be decided"),
    ],
    ids=["kept", "broken", "waived", "waived and unknown", "unknown"],
)
def test_the_headline_is_the_verdict(tmp_path: Path, rows: Any, said: str) -> None:
    text = written(account(tmp_path, rows, waived="box-2"))
    assert re.search("<h1>(.*)</h1>", text) == _matching(f"<h1>{said}</h1>", text)


class _matching:  # noqa: N801 - reads as a word of the assertion
    def __init__(self, text: str, within: str) -> None:
        self.text, self.within = text, within

    def __eq__(self, other: object) -> bool:
        return isinstance(other, re.Match) and other[0] == self.text

    def __repr__(self) -> str:
        return self.text


def test_an_interrupted_run_says_so_at_the_top(run: Account) -> None:
    cut = Account(run.folder, {**run.summary, "partial": True}, run.findings, run.envelope)
    assert "This run was interrupted." in Read(written(cut)).words
    assert "This run was interrupted." not in Read(written(run)).words


def test_nothing_on_the_page_can_load_anything(page: Read) -> None:
    loading = {"src", "srcset", "data", "action", "formaction", "poster", "background", "ping"}
    assert not [tag for tag, attributes in page.tags if loading & set(attributes)]
    assert not {"link", "img", "iframe", "object", "embed", "base", "audio", "video", "use"} & {
        tag for tag, _ in page.tags
    }
    assert not re.search(r"url\(|@import|@font-face|image-set", page.assets["style"])
    assert not re.search(r"fetch|XMLHttp|WebSocket|import\(|eval", page.assets["script"])
    assert all(
        href.startswith(("#", "observations/")) or href == "findings.csv" for href in _hrefs(page)
    )


def test_no_element_has_a_style_or_a_handler_of_its_own(page: Read) -> None:
    """A policy by hash would refuse them."""
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_the_security_policy_allows_exactly_this_style_and_this_script(page: Read) -> None:
    (policy,) = (
        meta["content"] for meta in page.all("meta") if "http-equiv" in meta
    )  # fmt: skip
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives == {
        "default-src": "'none'",
        "style-src": f"'sha256-{_sha256(page.assets['style'])}'",
        "script-src": f"'sha256-{_sha256(page.assets['script'])}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_every_link_within_the_page_leads_somewhere(page: Read) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in _hrefs(page) if href.startswith("#")} <= set(ids)


def test_hostile_names_are_text(tmp_path: Path) -> None:
    tame = [{"id": f"{name} {what}", **rest} for name in HOSTILE for what, rest in _BOXES]
    told, quiet = Read(written(hostile(tmp_path / "h"))), Read(written(account(tmp_path, tame)))
    assert {tag for tag, _ in told.tags} == {tag for tag, _ in quiet.tags}
    assert len(told.all("script")) == 1
    for name in HOSTILE.values():
        assert harmless(f"{name} broken")[:LONGEST] in told.text
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", told.text
    )


_BOXES: list[tuple[str, dict[str, Any]]] = [
    ("broken", {"bits": 64}),
    ("unknown", {"failure": "no"}),
]


def test_a_long_name_is_cut_and_its_length_told(tmp_path: Path) -> None:
    words = Read(written(hostile(tmp_path))).words
    assert "x" * LONGEST in words
    assert "x" * (LONGEST + 1) not in words
    assert f"… ({len(HOSTILE['long']) + len(' broken'):,} characters in all)" in words


def test_a_hundred_thousand_findings_still_open(run: Account, tmp_path: Path) -> None:
    many = grown(run, 100_000, tmp_path)
    text = written(many)
    assert len(text.encode()) < 5_000_000
    page = Read(text)
    assert (
        "100,000 judged: 25,000 broken, 25,000 waived, 25,000 unknown, 25,000 kept." in page.words
    )
    shown = limits.of(many.clauses)
    for label, most in (("broken", shown.bad), ("unknown", shown.bad), ("kept", shown.good)):
        assert f"{25_000 - most:,} more {label} findings are not shown on this page" in page.words
    assert "All 100,000 are in findings.csv" in page.words
    assert "findings.csv" in _hrefs(page)
    assert page.text.count("f-000000") < 5_000


def test_a_small_run_is_not_cut(page: Read) -> None:
    assert "not shown on this page" not in page.words
    assert "findings.csv" not in _hrefs(page)


def test_without_an_envelope_of_its_own_the_run_is_still_named(run: Account) -> None:
    """Results that are judged anew have no stored digest of their findings."""
    summary = {name: value for name, value in run.summary.items() if name != "findings"}
    again = Read(written(Account(run.folder, summary, run.findings, run.envelope)))
    assert run.envelope["id"] in again.words
    assert "findings.jsonl sha256:" not in again.words


def test_the_files_that_the_page_names_are_there(run: Account, page: Read) -> None:
    names = {href for href in _hrefs(page) if not href.startswith("#")}
    assert names
    assert all((run.folder / name).is_file() for name in names)
    assert (run.folder / record.FINDINGS).is_file()
