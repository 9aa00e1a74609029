"""``troth history``: the runs, how promises stood, and the care of the store."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.history.world import FAIL, NOT_APPLICABLE, PASS, World
from tests.history_commands.conftest import Said, Troth
from tests.report.accounts import HOSTILE
from troth.report.words import harmless

Passes = Callable[[], Said]


def test_the_runs_are_listed_the_last_one_first(troth: Troth, week: None) -> None:
    said = troth("history")
    assert said.code == 0
    assert said.lines == [
        "run      judged at          exit  broken  waived  unknown  kept  n/a  changes",
        "run-007  2026-01-07 03:00Z  1          1                      1",
        "run-006  2026-01-06 03:00Z  1          1                      1       1 regressed",
        "run-005  2026-01-05 03:00Z  0                                 2       1 fixed, "
        "2 coverage-regained",
        "run-004  2026-01-04 03:00Z  3                           2             3 coverage-lost",
        "run-003  2026-01-03 03:00Z  1          1                      1",
        "run-002  2026-01-02 03:00Z  1          1                      1       1 new",
        "run-001  2026-01-01 03:00Z  0                                 2",
    ]


def test_a_clause_over_time(troth: Troth, week: None) -> None:
    said = troth("history", "acme/1")
    assert said.code == 0
    *head, finding = said.lines
    assert head == [
        "acme/1  Promise 1.",
        "Now      broken since 2026-01-06 (24 hours), for the 2nd time",
        "In all   broke twice, mended once, after 3 days on average; the longest breach: 3 days",
        "",
        "from 2026-01-06 03:00Z and still  broken, 24 hours",
        "from 2026-01-05 03:00Z to 2026-01-06 03:00Z  kept, 24 hours",
        "from 2026-01-04 03:00Z to 2026-01-05 03:00Z  unknown, 24 hours",
        "from 2026-01-02 03:00Z to 2026-01-04 03:00Z  broken, 2 days",
        "from 2026-01-01 03:00Z to 2026-01-02 03:00Z  kept, 24 hours",
        "",
        "Broken now: 1",
    ]
    assert re.fullmatch(
        r"  f-[0-9a-f]{20} since 2026-01-06  present: hr staff/bob: .*everybody is here.*", finding
    )
    assert troth("history", "show", "acme/1") == said


def test_times_are_told_in_utc(troth: Troth, week: None) -> None:
    database = sqlite3.connect("history.db")
    with database:
        database.execute(
            "UPDATE troth_run SET as_of = '2026-01-07T12:30:00+09:00' WHERE id = 'run-007'"
        )
    database.close()
    assert troth("history").lines[1].startswith("run-007  2026-01-07 03:30Z")


def test_a_finding_over_time(troth: Troth, week: None) -> None:
    (name,) = re.findall(r"f-[0-9a-f]{20}", troth("history", "acme/1").out)
    assert troth("history", name).lines == [
        "acme/1  present",
        "hr staff/bob",
        "",
        "from 2026-01-06 03:00Z and still  broken (high), 24 hours",
        "from 2026-01-05 03:00Z to 2026-01-06 03:00Z  kept, 24 hours",
        "from 2026-01-04 03:00Z to 2026-01-05 03:00Z  unknown (no-data), nobody could look, "
        "24 hours",
        "from 2026-01-02 03:00Z to 2026-01-04 03:00Z  broken (high), 2 days",
        "from 2026-01-01 03:00Z to 2026-01-02 03:00Z  kept, 24 hours",
    ]


def test_a_document_over_time(troth: Troth, week: None) -> None:
    said = troth("history", "acme")
    assert said.lines == [
        "acme  What acme promises",
        "judged at          broken  waived  unknown  kept  n/a",
        "2026-01-07 03:00Z       1                      1",
        "2026-01-06 03:00Z       1                      1",
        "2026-01-05 03:00Z                              2",
        "2026-01-04 03:00Z                        2",
        "2026-01-03 03:00Z       1                      1",
        "2026-01-02 03:00Z       1                      1",
        "2026-01-01 03:00Z                              2",
        "",
        "acme/1  broken since 2026-01-06 (24 hours), for the 2nd time",
    ]
    assert troth("history", "acme", "--all").lines[-1] == "acme/2  kept since 2026-01-05 (2 days)"
    assert troth("history", "--all", "acme").lines[-1] == "acme/2  kept since 2026-01-05 (2 days)"


def test_a_waiver_is_told_with_the_breach_that_it_covers(
    world: World, troth: Troth, passes: Passes
) -> None:
    world.people["hr"]["bob"] = FAIL
    passes()
    world.waive("w-9", "bob", "2026-12-31")
    passes()
    said = troth("history", "acme/1").lines
    assert (
        said[1] == "Now      broken since 2026-01-01 or earlier (24 hours); waived since 2026-01-02"
    )
    assert said[-1].endswith("(waived by w-9)")


def test_much_is_cut_and_counted_unless_all_is_wanted(
    world: World, troth: Troth, passes: Passes
) -> None:
    world.people["hr"] = {f"p{number:02}": FAIL for number in range(25)}
    passes()
    said = troth("history", "acme/1")
    assert "Broken now: 25" in said.lines
    assert said.lines[-1] == "  … and 5 more: --all"
    assert len(re.findall("f-[0-9a-f]{20}", said.out)) == 20
    assert len(re.findall("f-[0-9a-f]{20}", troth("history", "acme/1", "--all").out)) == 25


def test_more_than_twenty_runs_are_cut(world: World, troth: Troth, passes: Passes) -> None:
    for _ in range(22):
        world.people["hr"]["bob"] = FAIL if world.nights % 2 else PASS
        passes()
    said = troth("history")
    assert len(re.findall("run-0", said.out)) == 20
    assert said.lines[-1] == "… and earlier ones: troth history --all"
    whole = troth("history", "--all")
    assert len(re.findall("run-0", whole.out)) == 22
    assert "earlier" not in whole.out
    clause = troth("history", "acme/1")
    assert clause.lines[-4] == "… and 2 earlier: --all"
    assert len(re.findall("^from ", clause.out, re.MULTILINE)) == 20


def test_hostile_names_are_only_text(world: World, troth: Troth, passes: Passes) -> None:
    names = [name for key, name in HOSTILE.items() if key not in ("nul", "line-breaks", "long")]
    world.people["hr"] = dict.fromkeys([*names, "x" * 3000], FAIL)
    passes()
    said = troth("history", "acme/1", "--all")
    assert said.code == 0
    for line in said.out.splitlines():
        assert harmless(line) == line
    assert "\u202e" not in said.out
    assert "\x1b" not in said.out
    assert max(map(len, said.lines)) < 2000
    told = troth("diff", "latest", "latest", "--all")
    assert told.code == 0
    assert all(harmless(line) == line for line in told.out.splitlines())


# Recording


def test_recording_tells_the_exit_code_and_the_head(world: World, troth: Troth) -> None:
    run = world.night().folder
    said = troth("history", "record", str(run))
    found = re.fullmatch(r"run-001: recorded, exit 0, head (sha256:[0-9a-f]{64})\n", said.out)
    assert (said.code, said.err) == (0, "")
    assert found
    assert troth("history", "verify").out == f"1 link, and everything fits\n{found[1]}\n"
    assert troth("history", "record", "run-001").out == "run-001: recorded already\n"
    assert Path("history.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("status", "code"), [(PASS, 0), (FAIL, 1), (NOT_APPLICABLE, 0)], ids=["kept", "broken", "none"]
)
def test_the_exit_code_is_that_of_the_default_gate(
    world: World, troth: Troth, status: str, code: int
) -> None:
    world.people["hr"]["bob"] = status
    world.night()
    assert f"exit {code}," in troth("history", "record", "run-001").out


def test_what_is_unknown_gives_3(world: World, troth: Troth) -> None:
    world.shut.add("hr")
    world.night()
    assert "exit 3," in troth("history", "record", "run-001").out


def test_runs_are_recorded_in_the_order_of_their_times(world: World, troth: Troth) -> None:
    for _ in range(3):
        world.night()
    said = troth("history", "record", "run-003", "run-001", "runs/run-002")
    assert [line.partition(":")[0] for line in said.lines] == ["run-001", "run-002", "run-003"]
    assert troth("history", "record", "run-002", "run-003").out == (
        "run-002: recorded already\nrun-003: recorded already\n"
    )


def test_a_history_goes_forward(world: World, troth: Troth) -> None:
    for _ in range(3):
        world.night()
    troth("history", "record", "run-002")
    said = troth("history", "record", "run-003", "run-001")
    assert said == Said(
        2, "",
        f"troth: {Path.cwd()}/runs/run-001 was judged before run-002, the last recorded run; "
        "a history goes forward: record it in another scope with --scope\n",
    )  # fmt: skip
    assert "run-003" not in troth("history").out, "nothing was recorded"
    assert troth("history", "record", "run-001", "--scope", "old").code == 0


def test_a_run_over_some_clauses_is_not_recorded(world: World, troth: Troth) -> None:
    run = world.night(only=["acme/1"]).folder
    said = troth("history", "record", str(run))
    assert said == Said(
        2, "",
        f"troth: {run}: this run judged only some clauses of acme; recorded, the others would look "
        "lost: record a whole run\n",
    )  # fmt: skip


def test_a_run_that_was_changed_is_not_recorded(world: World, troth: Troth) -> None:
    run = world.night().folder
    path = run / "findings.jsonl"
    path.write_text(path.read_text().replace("pass", "fail", 1))
    said = troth("history", "record", str(run))
    assert (said.code, said.out) == (4, "")
    assert "findings.jsonl" in said.err


@pytest.mark.parametrize("old", ["2026-01-01T03:00:00+00:00", "run-001"])
def test_an_envelope_that_no_run_wrote_is_told(world: World, troth: Troth, old: str) -> None:
    run = world.night().folder
    path = run / "run.json"
    path.write_text(path.read_text().replace(f'"{old}"', "7"))
    for command in (("history", "record", str(run)), ("diff", str(run), str(run))):
        said = troth(*command)
        assert said == Said(
            4, "",
            f"troth: {path}: its id or its as_of is not what a run writes; the run was changed\n",
        )  # fmt: skip


# Verifying and pruning


def test_an_edited_store_is_found(troth: Troth, week: None) -> None:
    database = sqlite3.connect("history.db")
    with database:
        database.execute("UPDATE troth_clause_span SET state = 'kept' WHERE state = 'broken'")
    database.close()
    said = troth("history", "verify")
    assert (said.code, said.out) == (4, "")
    assert "run-002" in said.err


def test_the_head_that_was_kept_elsewhere_has_to_be_there(troth: Troth, week: None) -> None:
    head = troth("history", "verify").lines[-1]
    assert troth("history", "verify", "--head", head).code == 0
    said = troth("history", "verify", "--head", "sha256:" + "0" * 64)
    assert (said.code, said.out) == (4, "")
    assert "sha256:" + "0" * 64 in said.err


def test_pruning_says_what_it_took_and_the_history_still_fits(troth: Troth, week: None) -> None:
    before = troth("history", "acme/1").lines[:3]
    said = troth("history", "prune", "--keep", "P1D")
    assert said.code == 0, said.err
    assert re.fullmatch(
        r"taken out: \d+ spans?, \d+ events?, \d+ subjects?, \d+ contents?", said.lines[0]
    )
    assert said.lines[1] == "whole from the run run-007 on; every run is still in the chain"
    verified = troth("history", "verify")
    assert (verified.code, verified.lines[-1]) == (0, said.lines[2])
    assert troth("history", "acme/1").lines[:3] == before
    assert "run-001" in troth("history").out


def test_nothing_is_old_enough_to_be_taken_out(troth: Troth, week: None) -> None:
    head = troth("history", "verify").lines[-1]
    said = troth("history", "prune", "--keep", "P900Y")
    assert said == Said(0, f"nothing is older than that: nothing was taken out\n{head}\n", "")


@pytest.mark.parametrize(
    ("keep", "text"),
    [
        ("1Y", "'1Y' is not an ISO 8601 duration; write P90D, P6M, P1Y or PT26H"),
        ("P9999Y", "'P9999Y' is longer than 1000 years; write a shorter one"),
    ],
)
def test_what_is_kept_is_a_duration(troth: Troth, week: None, keep: str, text: str) -> None:
    assert troth("history", "prune", "--keep", keep) == Said(2, "", f"troth: --keep: {text}\n")


# What is not there


def test_nothing_is_recorded_yet(world: World, troth: Troth, base: Path) -> None:
    world.night()
    missing = (
        f"troth: {base}/history.db: there is no history; troth history record RUN begins one\n"
    )
    for command in ("show acme/1", "verify", "prune --keep P1Y"):
        assert troth("history", *command.split()) == Said(2, "", missing)
    assert troth("history") == Said(2, "", missing)
    assert troth("diff") == Said(2, "", missing)
    assert not Path("history.db").exists()


LISTS = (
    "troth history shows the runs, and troth list clauses the clauses, and troth diff the findings"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acme/7", f"the history knows no clause or document 'acme/7'; {LISTS}"),
        ("nobody", f"the history knows no clause or document 'nobody'; {LISTS}"),
        ("f-" + "0" * 20, f"the history has no finding 'f-{'0' * 20}'; troth diff shows their ids"),
        ("f-secure", f"the history knows no clause or document 'f-secure'; {LISTS}"),
        ("recrod", "there is no command 'recrod'; did you mean 'record'? "
         "A document: troth history show recrod"),
        ("a\udcff", f"the history knows no clause or document 'a\ufffd'; {LISTS}"),
    ],
    ids=["clause", "document", "finding", "like a finding", "command", "no text"],
)  # fmt: skip
def test_a_name_that_is_not_there(troth: Troth, week: None, name: str, text: str) -> None:
    assert troth("history", name) == Said(2, "", f"troth: {text}\n")


def test_a_scope_that_is_not_there(troth: Troth, week: None) -> None:
    said = troth("history", "--scope", "stage")
    assert said == Said(2, "", "troth: the history has no scope 'stage'; it has main\n")


def test_a_damaged_store(troth: Troth, week: None, base: Path) -> None:
    Path("history.db").write_bytes(b"no database" * 1000)
    for command in (("history",), ("diff",), ("history", "verify")):
        said = troth(*command)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"troth: {base}/history.db ")
        assert said.err.count("\n") == 1
