"""What the pages say of six nights that are written down by hand in tests/serve/nights.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Never
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from tests.history.world import FAIL, UNKNOWN, World
from tests.report.accounts import account
from tests.report.html.pages import Read
from tests.serve import nights
from troth.history import schema
from troth.history.store import Store
from troth.serve import app
from troth.serve.source import Source

Page = Callable[[str], Read]

#: The evening after the last of the six nights; their runs ended when this test made them.
EVENING = datetime(2026, 1, 6, 18, tzinfo=UTC)


def body(url: str, path: str, clock: datetime = EVENING, scope: str = "main") -> str:
    """Return a page of a store as of a moment."""
    made = app.make(Source(url, scope), frozenset({"localhost"}), lambda: clock)
    answer = made.test_client().get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def page(url: str, path: str, clock: datetime = EVENING) -> Read:
    """Return a page of a store, read."""
    return Read(body(url, path, clock))


def _rows(text: str) -> list[str]:
    """Return the words of every row of every table's body."""
    found = re.findall(r"<tr[ >].*?</tr>", text, re.DOTALL)
    return [Read(f"<table>{row}</table>").words for row in found]


def _tiles(text: str) -> list[str]:
    (tiles,) = re.findall(r'<ul class="tiles.*?</ul>', text, re.DOTALL)
    return [Read(one).words for one in re.findall(r"<li.*?</li>", tiles, re.DOTALL)]


def _links(text: str) -> set[str]:
    return {one["href"] for one in Read(text).all("a")}


# The first page


def test_the_first_page_says_how_the_promises_stand(story: str) -> None:
    text = body(story, "/")
    said = Read(text).words
    assert "1 of 2 promises is broken The last run, run-006, was judged as of " in said
    assert "2026-01-06 03:00 UTC and ended" in said
    assert "complete, exit code 1 (a promise is broken)." in said
    assert _tiles(text) == ["1 broken", "0 waived", "1 unknown", "0 kept", "0 not applicable"]


def test_the_first_page_says_what_changed_last_night(story: str) -> None:
    said = page(story, "/").words
    start, end = said.index("What changed last night"), said.index("Documents The documents")
    assert said[start:end].strip() == (
        "What changed last night Since run-005 of 2026-01-05 03:00 UTC."
        " Newly broken 1"
        " acme 1 staff/ann at hr high · expected everybody is here; found row.status = leave"
        " Coverage lost 2"
        " acme 1 staff/cid at shop high · shop/staff.csv:5:37 status: '?' is not one of"
        " active, leave, ended"
        " acme 2 staff/cid at shop high · shop/staff.csv:5:37 status: '?' is not one of"
        " active, leave, ended"
        " Waived 1"
        " acme 1 staff/dan at hr high · expected everybody is here; found row.status = leave"
        " Resources added 1 staff/dan at hr is new"
    )


def test_the_first_page_draws_the_nights(story: str) -> None:
    text = body(story, "/")
    tall = text[text.index('class="nights tall"') :].partition("</svg>")[0]
    assert re.findall(r"<title>(.*?)</title>", tall) == [
        "2026-01-01: 2 kept",
        "2026-01-02: 1 broken", "2026-01-02: 1 kept",
        "2026-01-03: 1 broken", "2026-01-03: 1 kept",
        "2026-01-04: 2 kept",
        "2026-01-05: 1 broken", "2026-01-05: 1 kept",
        "2026-01-06: 1 broken", "2026-01-06: 1 unknown",
    ]  # fmt: skip
    # Six of at least twenty places: the first begins at 70 %, broken ones stand at the bottom.
    blocks = re.findall(r'<rect class="(\w+)" x="([\d.]+)%" y="([\d.]+)"', tall)
    assert blocks[0] == ("pass", "70.0", "0.0")
    assert blocks[1:3] == [("fail", "75.0", "48.0"), ("pass", "75.0", "0.0")]
    assert "2026-01-01: 2 kept; 2026-01-06: 1 broken, 1 unknown." in Read(text).words


def test_a_document_of_the_first_page(story: str) -> None:
    text = body(story, "/")
    assert "/documents/acme" in _links(text)
    picture = "What acme promises: broken in each night: 0, 1, 1, 0, 1, 1"
    assert [svg["aria-label"] for svg in Read(text).all("svg") if "low" in svg["class"]] == [
        picture
    ]


def test_what_ends_soon_is_counted_from_today(story: str) -> None:
    assert "2026-01-20 in 14 days waiver, used leave-dan, for acme/1" in page(story, "/").words
    eve = page(story, "/", datetime(2026, 1, 20, 23, 59, tzinfo=UTC)).words
    assert "2026-01-20 today waiver, used" in eve
    after = page(story, "/", datetime(2026, 1, 21, tzinfo=UTC)).words
    assert "Nothing that was seen ends within 30 days. 1 thing has ended already." in after
    month = page(story, "/", datetime(2025, 12, 21, tzinfo=UTC)).words
    assert "2026-01-20 in 30 days" in month
    assert "Nothing that was seen ends within 30 days." in (
        page(story, "/", datetime(2025, 12, 20, tzinfo=UTC)).words
    )


def _ended(url: str) -> datetime:
    with Store.open(url) as store, store.reading() as connection:
        text = connection.execute(
            sa.select(schema.run.c.body).order_by(schema.run.c.seq.desc()).limit(1)
        ).scalar_one()
    (ended,) = re.findall(r'"finished_at":"([^"]+)"', text)
    return datetime.fromisoformat(ended)


@pytest.mark.parametrize(
    ("later", "age", "stale"),
    [
        (3 * 3600, "3 hours", False),
        (36 * 3600, "36 hours", False),
        (36 * 3600 + 1, "36 hours", True),
        (5 * 86400, "5 days", True),
        (-600, "less than a minute", False),
    ],
)
def test_a_last_run_of_long_ago_is_a_warning(story: str, later: int, age: str, stale: bool) -> None:
    clock = datetime.fromtimestamp(_ended(story).timestamp() + later, UTC)
    said = page(story, "/", clock).words
    assert f"and ended {age} ago" in said
    assert (f"No run for {age}. What stands here may have changed." in said) is stale


def test_the_first_night_has_none_to_be_compared_with(tmp_path: Path) -> None:
    url = nights.told(nights.at(tmp_path), World(tmp_path), nights.STORY[0])
    said = page(url, "/").words
    assert "This is the first recorded run; there is none to compare it with." in said
    assert "Every promise is kept" in said
    assert "the first run" in page(url, "/runs").words
    assert "This is the first recorded run" in page(url, "/runs/run-001").words


def test_a_quiet_night_says_so(tmp_path: Path) -> None:
    url = nights.told(nights.at(tmp_path), World(tmp_path), *[nights.STORY[0]] * 2)
    assert "Since run-001 of 2026-01-01 03:00 UTC. Nothing changed." in page(url, "/").words
    assert "Nothing changed since the night before." in page(url, "/runs/run-002").words


def test_a_stopped_run_says_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    nights.put(nights.at(tmp_path), world.night(), world.night(stopped=True), exit_code=143)
    said = page(nights.at(tmp_path), "/").words
    assert "The last run was interrupted. What it did not read is unknown." in said
    assert "partial, exit code 143 (terminated)" in said
    assert "This run was interrupted." in page(nights.at(tmp_path), "/runs/run-002").words


# Documents and clauses


def test_a_document_shows_its_clauses_with_since_when(story: str) -> None:
    text = body(story, "/documents/acme")
    assert _tiles(text) == ["1 broken", "0 waived", "1 unknown", "0 kept", "0 not applicable"]
    rows = _rows(text)
    assert "broken 1 Promise 1. broken since 2026-01-05 (24 hours), for the 2nd time" in rows[1]
    assert rows[2].startswith("unknown 2 Promise 2. unknown since 2026-01-06")
    labels = [svg["aria-label"] for svg in Read(text).all("svg")]
    assert labels == [
        "1: kept for 1 night, then broken for 2 nights, then kept for 1 night, then broken for "
        "2 nights",
        "2: kept for 5 nights, then unknown for 1 night",
    ]


def test_a_strip_tells_states_by_height_too(story: str) -> None:
    text = body(story, "/documents/acme")
    heights = dict(re.findall(r'<rect class="(\w+)" [^>]*height="([\d.]+)"', text))
    assert len({heights[name] for name in ("pass", "fail", "unknown")}) == 3


def test_informative_clauses_are_listed_and_have_no_history(tmp_path: Path) -> None:
    nights.put(nights.at(tmp_path), account(tmp_path))
    rows = _rows(body(nights.at(tmp_path), "/documents/acme"))
    assert "informative 1.2 Security matters to us." in rows
    assert "It promises nothing that can be judged." in (
        page(nights.at(tmp_path), "/documents/acme/1.2").words
    )


def test_what_the_last_run_did_not_ask_is_still_there(tmp_path: Path) -> None:
    def both(world: World) -> None:
        world.policies = ("acme", "other")

    def fewer(world: World) -> None:
        world.policies = ("acme",)
        world.clauses = {"1": "present"}

    url = nights.told(nights.at(tmp_path), World(tmp_path), both, fewer)
    assert "Not asked by the last run, but by earlier ones: other." in page(url, "/").words
    said = page(url, "/documents/other").words
    assert "The last run did not ask this document." in said
    assert "only earlier runs judged this not judged any more" in said
    assert "The last run did not ask this clause." in page(url, "/documents/acme/2").words
    assert "not judged 2 only earlier runs judged this" in _rows(body(url, "/documents/acme"))[2]


def test_a_clause_tells_how_it_went(story: str) -> None:
    text = body(story, "/documents/acme/1")
    said = Read(text).words
    assert "Clause 1 Promise 1. Broken since 2026-01-05 (24 hours), for the 2nd time." in said
    assert "Broke twice, mended once, after 2 days on average; the longest breach: 2 days." in said
    spans = [row for row in _rows(text) if " UTC" in row and "staff/" not in row]
    assert spans[:4] == [
        "broken 2026-01-05 03:00 UTC now",
        "kept 2026-01-04 03:00 UTC 2026-01-05 03:00 UTC",
        "broken 2026-01-02 03:00 UTC 2026-01-04 03:00 UTC",
        "kept 2026-01-01 03:00 UTC 2026-01-02 03:00 UTC",
    ]


def test_a_clause_tells_what_stands_against_it(story: str) -> None:
    text = body(story, "/documents/acme/1")
    captions = re.findall(r'<table class="f now"><caption>(.*?)</caption>', text)
    assert [Read(one).words for one in captions] == [
        "broken 2 findings", "waived 1 finding", "unknown 1 finding",
    ]  # fmt: skip
    found = "expected everybody is here found: row.status leave"
    rows = [row for row in _rows(text) if row.startswith("staff/")]
    assert rows == [
        f"staff/ann hr present/people {found} 2026-01-06 03:00 UTC high",
        f"staff/bob hr present/people {found} 2026-01-05 03:00 UTC high",
        f"staff/dan hr present/people {found} waived by leave-dan 2026-01-06 03:00 UTC high",
        "staff/cid shop present/people malformed-response expected everybody is here"
        " shop/staff.csv:5:37 status: '?' is not one of active, leave, ended"
        " 2026-01-06 03:00 UTC high",
    ]
    assert "Waivers of this clause" in text
    assert "2026-01-20 in 14 days waiver, used leave-dan, for acme/1" in _rows(text)[-1]


def test_waivers_of_another_clause_are_not_shown(story: str) -> None:
    text = body(story, "/documents/acme/2")
    assert "Waivers" not in Read(text).words
    assert "3 findings kept." in Read(text).words


# Findings and nights


def _finding(url: str, person: str) -> str:
    text = body(url, "/documents/acme/1")
    (found,) = re.findall(rf'href="(/findings/f-[0-9a-f]+)"><bdi>staff/{person}<', text)
    return str(found)


def test_a_finding_tells_how_it_stood(story: str) -> None:
    text = body(story, _finding(story, "bob"))
    said = Read(text).words
    assert "staff/bob broken since 2026-01-05 03:00 UTC, high severity" in said
    assert "expected everybody is here found: row.status leave" in said
    assert [row for row in _rows(text) if " UTC" in row] == [
        "broken 2026-01-05 03:00 UTC now",
        "kept 2026-01-04 03:00 UTC 2026-01-05 03:00 UTC",
        "broken 2026-01-02 03:00 UTC 2026-01-04 03:00 UTC",
        "kept 2026-01-01 03:00 UTC 2026-01-02 03:00 UTC",
    ]
    assert {"/documents/acme", "/documents/acme/1", "/"} <= _links(text)


def test_a_finding_that_is_waived_names_the_waiver(story: str) -> None:
    text = body(story, _finding(story, "dan"))
    assert "waived by leave-dan" in Read(text).words
    assert _rows(text)[1:] == ["waived 2026-01-06 03:00 UTC now waived by leave-dan"]


def test_a_finding_that_nobody_could_look_at_keeps_what_was_known(tmp_path: Path) -> None:
    def shut(world: World) -> None:
        world.shut = {"hr"}

    url = nights.told(nights.at(tmp_path), World(tmp_path), nights.STORY[1], shut)
    text = body(url, _finding(url, "bob"))
    said = Read(text).words
    assert "staff/bob unknown since 2026-01-02" in said
    assert "Nobody could look. What was known of it before still stands below." in said
    assert "found: row.status leave" in said
    assert "nobody could look" in _rows(text)[1]


def test_a_finding_that_ended(tmp_path: Path) -> None:
    def gone(world: World) -> None:
        del world.people["hr"]["bob"]

    url = nights.told(nights.at(tmp_path), World(tmp_path), nights.STORY[1])
    path = _finding(url, "bob")
    world = World(tmp_path)
    world.nights = 1
    nights.told(url, world, gone)
    said = page(url, path).words
    assert "Nothing asks this any more." in said
    assert "broken 2026-01-01 03:00 UTC 2026-01-02 03:00 UTC" in said


def test_a_night_is_compared_with_the_one_before(story: str) -> None:
    text = body(story, "/runs/run-006")
    said = Read(text).words
    assert "2026-01-06: 1 of 2 promises is broken" in said
    assert "Newly broken 1" in said
    counts = [row for row in _rows(text) if row.split()[0] in ("broken", "unknown", "kept")]
    assert counts == ["broken 1 1 same", "unknown 1 0 +1", "kept 0 1 \N{MINUS SIGN}1"]
    assert "/runs/run-005" in _links(text)
    assert {"/runs/run-001", "/runs/run-003"} <= _links(body(story, "/runs/run-002"))


def test_the_nights_are_listed_with_what_changed(story: str) -> None:
    rows = _rows(body(story, "/runs"))[1:]
    assert [row.rsplit(" exit 1 ", 1)[1] for row in rows] == [
        "1 newly broken, 2 coverage lost, 1 waived, 1 resource added",
        "1 broken again", "1 fixed", "nothing changed", "1 newly broken", "the first run",
    ]  # fmt: skip
    assert rows[0].startswith("2026-01-06 03:00 UTC run-006 1 broken 0 waived 1 unknown 0 kept")


def test_a_long_list_of_nights_is_cut_and_goes_on(
    story: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.serve.night.RUNS", 4)
    first = body(story, "/runs")
    assert len(_rows(first)) == 1 + 4
    assert "/runs?before=run-003" in _links(first)
    second = body(story, "/runs?before=run-003")
    assert re.findall(r"run-\d+</bdi>", second) == ["run-002</bdi>", "run-001</bdi>"]
    assert "/runs?before" not in "".join(_links(second))


def test_the_list_of_what_ends(story: str) -> None:
    said = page(story, "/endings").words
    assert "as the run of 2026-01-06 03:00 UTC saw them; counted from 2026-01-06." in said
    assert "The next to end Last day When What Which 2026-01-20 in 14 days" in said
    late = page(story, "/endings", datetime(2026, 2, 1, tzinfo=UTC)).words
    assert "Ended already The latest first Last day When What Which 2026-01-20 12 days ago" in late


def test_each_scope_is_a_history_of_its_own(tmp_path: Path) -> None:
    for scope, person in (("main", "bob"), ("test", "ann")):
        world = World(tmp_path / scope)
        world.people["hr"][person] = FAIL
        nights.put(nights.at(tmp_path), world.night(), scope=scope)
    assert "staff/bob" in body(nights.at(tmp_path), "/documents/acme/1", scope="main")
    assert "staff/ann" not in body(nights.at(tmp_path), "/documents/acme/1", scope="main")
    assert "staff/ann" in body(nights.at(tmp_path), "/documents/acme/1", scope="test")


def test_a_run_with_an_odd_name_has_its_page(tmp_path: Path) -> None:
    url = nights.told(nights.at(tmp_path), World(tmp_path), *[nights.STORY[0]] * 2)
    odd = "a b/../c?d=1#e%2f'\"<b>&ü" + "é" * 120
    with Store.open(url, create=True) as store, store.writing() as connection:
        connection.execute(sa.update(schema.run).where(schema.run.c.seq == 1).values(id=odd))
    (path,) = _links(body(url, "/runs/run-002")) & {"/runs/" + quote(odd, safe="")}
    said = page(url, path).words
    assert f"Run {odd} State complete" in said


def test_a_bug_is_a_page_and_its_story_is_in_the_log(
    story: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Source):
        def history(self) -> Never:
            raise RuntimeError("boom \x1b[2J")

    monkeypatch.setenv("FLASK_DEBUG", "1")
    made = app.make(Broken(story, "main"), frozenset({"localhost"}))
    answer = made.test_client().get("/")
    assert answer.status_code == 500
    assert "This is a bug in troth." in Read(answer.text).words
    assert "boom" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    err = capsys.readouterr().err
    assert "troth: Traceback" in err
    assert "troth: RuntimeError: boom \N{REPLACEMENT CHARACTER}[2J" in err


# Much of it


def test_many_findings_are_counted_and_the_first_are_shown(tmp_path: Path) -> None:
    few, lots = (nights.many(tmp_path / str(number), number) for number in (150, 600))
    for url, rest in ((few, "50 more"), (lots, "500 more")):
        text = body(url, "/documents/acme/1")
        assert text.count("<tr><td><a href=") == 100
        assert f"{rest} broken findings are not shown here" in Read(text).words
    for path in ("/documents/acme/1", "/runs/run-002", "/", "/runs", "/documents/acme"):
        small, large = len(body(few, path)), len(body(lots, path))
        assert large < small + 100, f"{path} grows with what there is"
    assert "500 more are not shown here." in page(lots, "/runs/run-002").words
    assert "592 more are not shown here." in page(lots, "/").words


def test_a_hundred_thousand_events_are_counted(tmp_path: Path) -> None:
    url = nights.told(nights.at(tmp_path), World(tmp_path), *nights.STORY[:2])
    blank = {column.name: "" for column in schema.event.c}
    rows = [
        blank | {"seq": 2, "ordinal": at, "change": "resource-added", "text": f"r{at} is new"}
        for at in range(1, 100_001)
    ]
    with Store.open(url, create=True) as store, store.writing() as connection:
        connection.execute(sa.insert(schema.event), rows)
    for path, rest in (("/", "99,992"), ("/runs/run-002", "99,900")):
        text = body(url, path)
        assert "Resources added 100,000 r1 is new r2 is new" in Read(text).words
        assert f"{rest} more are not shown here." in Read(text).words
        assert len(text) < 60_000
    assert "1 newly broken, 100,000 resources added" in page(url, "/runs").words


def test_unknown_states_of_people_are_told_apart(tmp_path: Path) -> None:
    def odd(world: World) -> None:
        world.people["hr"]["bob"] = UNKNOWN

    url = nights.told(nights.at(tmp_path), World(tmp_path), odd)
    said = page(url, "/").words
    assert "2 of 2 promises are unknown" in said
