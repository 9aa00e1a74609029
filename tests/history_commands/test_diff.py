"""``troth diff``: two nights side by side, for people, programs and pull requests."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.history.world import FAIL, PASS, World
from tests.history_commands.conftest import Said, Troth
from tests.report.accounts import HOSTILE
from tests.report.rendered import RENDERERS, Page
from troth.catalogue.formats import bundled
from troth.report.words import harmless

Passes = Callable[[], Said]
ID = re.compile(r"f-[0-9a-f]{20}")
HEAD = [
    "from run-001, judged at 2026-01-01 03:00:00 UTC",
    "to   run-002, judged at 2026-01-02 03:00:00 UTC",
]
WHY = "expected everybody is here; found row.status = leave"


def test_one_new_failure(world: World, troth: Troth, passes: Passes) -> None:
    passes()
    world.people["hr"]["bob"] = FAIL
    passes()
    said = troth("diff")
    assert (said.code, said.err) == (1, "")
    assert [ID.sub("f-…", line) for line in said.lines] == [
        *HEAD,
        "",
        "Newly broken: 1",
        f"  acme/1 high present: hr staff/bob: {WHY}  f-…",
        "",
        "1 newly broken.",
    ]


def test_identical_nights(world: World, troth: Troth, passes: Passes) -> None:
    passes()
    passes()
    said = troth("diff")
    assert said == Said(0, "\n".join([*HEAD, "", "Nothing changed.", ""]), "")


def test_every_sort_has_its_section_in_the_order_of_the_words(
    world: World, troth: Troth, passes: Passes
) -> None:
    world.people["hr"] = {
        "ann": FAIL, "bob": PASS, "cat": FAIL, "dan": FAIL, "eve": FAIL, "fay": PASS, "gus": FAIL,
    }  # fmt: skip
    world.waive("w-dan", "dan", "2026-01-01")
    passes()
    del world.people["hr"]["cat"], world.people["hr"]["fay"]
    world.people["hr"] |= {"bob": FAIL, "eve": PASS, "new": PASS}
    world.waive("w-gus", "gus", "2026-12-31")
    world.shut.add("shop")
    world.document = "sha256:" + "2" * 64
    world.title = "all are here"
    world.more = {**world.more, "runs": "runs"}
    passes()
    said = troth("diff")
    assert said.code == 1
    titles = [line for line in said.lines if re.fullmatch(r"\D+: \d+", line)]
    assert titles == [
        "Newly broken: 1",
        "Waivers expired: 1",
        "Coverage lost: 2",
        "Fixed: 1",
        "Waived: 1",
        "Not asked any more: 1",
        "Resources gone: 2",
        "Resources added: 1",
        "Documents changed: 1",
        "Policies changed: 1",
        "Controls changed: 1",
        "Changes of scope: 1",
        "Still broken: 1",
    ]
    told = ID.sub("f-…", said.out)
    assert "Nothing of this counts as fixed: it could not be looked at." in said.lines
    assert "  acme/1 high present: hr staff/eve: passes now  f-…" in told
    assert "  staff/new at hr is new" in said.lines
    assert "  the document behind policy acme is another than before" in said.lines
    assert said.lines[-1].endswith(
        "1 change of scope. 1 finding is still broken. 1 clause is unknown."
    )


def _exit(troth: Troth, *options: str) -> int:
    return troth("diff", *options).code


def test_what_ends_the_pipeline(world: World, troth: Troth, passes: Passes) -> None:
    world.people["hr"]["ann"] = FAIL
    passes()
    world.people["hr"]["bob"] = FAIL
    passes()
    world.shut.add("shop")
    passes()
    assert _exit(troth, "run-001", "run-002") == 1
    assert _exit(troth, "run-001", "run-002", "--fail-on", "new,high") == 1
    assert _exit(troth, "run-001", "run-002", "--fail-on", "new,critical") == 0
    assert _exit(troth, "run-001", "run-002", "--fail-on", "none") == 0
    assert _exit(troth, "run-002", "run-003") == 3
    assert _exit(troth, "run-002", "run-003", "--fail-on", "none") == 3
    assert _exit(troth, "run-001", "run-003") == 1, "broken goes before lost"
    assert _exit(troth, "run-002", "run-002") == 0, "a backlog alone ends nothing"
    assert _exit(troth, "run-001", "run-002", "-o", "json") == 1


def test_broken_again_and_a_waiver_that_expired_end_it_too(
    world: World, troth: Troth, passes: Passes
) -> None:
    world.people["hr"] |= {"ann": FAIL, "bob": FAIL}
    world.waive("w-1", "ann", "2026-01-02")
    passes()
    world.people["hr"]["bob"] = PASS
    passes()
    assert _exit(troth) == 0
    passes()
    assert "Waivers expired: 1" in troth("diff").lines
    assert _exit(troth) == 1
    world.people["hr"]["bob"] = FAIL
    passes()
    assert "Broken again: 1" in troth("diff").lines
    assert _exit(troth) == 1


@pytest.mark.parametrize("text", ["old", "new,", "new,hgh", "new,none", "", "none,high"])
def test_what_fails_is_new_or_none(troth: Troth, text: str) -> None:
    said = troth("diff", "--fail-on", text)
    assert said == Said(
        2, "",
        f"troth: --fail-on: '{text}' is neither new nor none; write new, or new with one of "
        "low, medium, high, critical, as new,high\n",
    )  # fmt: skip


def test_the_first_of_each_sort_and_the_rest_counted(
    world: World, troth: Troth, passes: Passes
) -> None:
    passes()
    world.people["hr"] |= {f"p{number:02}": FAIL for number in range(13)}
    passes()
    said = troth("diff")
    assert "Newly broken: 13" in said.lines
    assert "  … and 3 more: troth diff --all" in said.lines
    assert len(ID.findall(said.out)) == 10
    whole = troth("diff", "--all")
    assert len(ID.findall(whole.out)) == 13
    assert "more" not in whole.out
    assert len(json.loads(troth("diff", "-o", "json").out)["events"]) == 26, "all, always"
    marked = troth("diff", "-o", "markdown").out
    assert "- … and 3 more: `troth diff --all`\n" in marked


def _json(said: Said) -> Any:
    body = json.loads(said.out)
    jsonschema_rs.Draft202012Validator(bundled("diff"), validate_formats=True).validate(body)
    return body


def test_json_for_programs(world: World, troth: Troth, passes: Passes) -> None:
    passes()
    world.people["hr"]["bob"] = FAIL
    passes()
    body = _json(troth("diff", "-o", "json"))
    (event,) = body.pop("events")
    counts = {"broken": 0, "waived": 0, "unknown": 0, "kept": 2, "not-applicable": 0}
    assert body == {
        "schema": 1,
        "scope": "main",
        "old": {
            "run": "run-001", "as_of": "2026-01-01T03:00:00+00:00", "state": "complete",
            "exit_code": 0, "counts": counts,
        },
        "new": {
            "run": "run-002", "as_of": "2026-01-02T03:00:00+00:00", "state": "complete",
            "exit_code": 1, "counts": counts | {"kept": 1, "broken": 1},
        },
        "counts": {"new": 1},
    }  # fmt: skip
    assert ID.fullmatch(event.pop("finding"))
    assert event == {
        "change": "new", "text": WHY, "policy": "acme", "clause": "1", "control": "present",
        "target": "hr", "kind": "register.staff", "resource": "staff/bob", "severity": "high",
        "before": "pass", "now": "fail",
    }  # fmt: skip
    assert troth("schema", "diff").code == 0


@pytest.fixture
def hostile(world: World, troth: Troth, passes: Passes) -> list[str]:
    """Return hostile names of people who are broken since the second night."""
    passes()
    names = [name for key, name in HOSTILE.items() if key not in ("nul", "line-breaks", "escape")]
    world.people["hr"] |= dict.fromkeys(names, FAIL)
    passes()
    return names


def test_hostile_names_are_obeyed_by_nothing(troth: Troth, hostile: list[str]) -> None:
    said = troth("diff", "--all")
    assert said.code == 1
    assert all(harmless(line) == line for line in said.out.splitlines())
    assert max(map(len, said.lines)) < 2000
    text = troth("diff", "-o", "json").out
    assert "\u202e" not in text, "an escape, for whoever looks at it"
    events = _json(Said(0, text, ""))["events"]
    told = {row["resource"] for row in events}
    assert {f"staff/{name}" for name in hostile} <= told, "exactly as they are, for programs"
    marked = troth("diff", "-o", "markdown", "--all").out
    assert harmless(marked.replace("\n", "")) == marked.replace("\n", "")
    for render in RENDERERS.values():
        page = Page(render(marked))
        assert set(page.tags) == {"h1", "h2", "p", "ul", "li", "code", "strong"}
        assert (page.attributes, page.others) == (set(), [])
        assert {f"staff/{name}" for name in hostile if name.isprintable() and len(name) < 99} <= {
            code.strip() for code in page.codes
        }


def test_markdown_for_a_pull_request(world: World, troth: Troth, passes: Passes) -> None:
    passes()
    world.people["hr"]["bob"] = FAIL
    world.document = "sha256:" + "2" * 64
    passes()
    said = troth("diff", "-o", "markdown")
    assert said.code == 1
    assert said.out == (
        "# What changed\n\n"
        "From run `run-001` to run `run-002`: 1 newly broken, 1 document changed, "
        "1 policy changed.\n"
        "\n## Newly broken (1)\n\n"
        "- `acme/1` **high** `present` `hr` `staff/bob`: expected everybody is here; found "
        "`row.status =` leave\n"
        "\n## Documents changed (1)\n\n"
        "- `acme` the document behind policy acme is another than before\n"
        "\n## Policies changed (1)\n\n"
        "- `acme` the file of policy acme is another than before\n"
    )


# Which runs


def test_two_folders_are_compared_without_a_history(
    world: World, troth: Troth, base: Path, tmp_path: Path
) -> None:
    old = world.night().folder
    world.people["hr"]["bob"] = FAIL
    new = world.night().folder
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(new, elsewhere)
    said = troth("diff", str(old), str(elsewhere))
    assert (said.code, said.err) == (1, "")
    assert said.lines[3] == "Newly broken: 1"
    assert not (base / "history.db").exists(), "nothing is recorded anywhere"
    assert _json(troth("diff", str(old), str(elsewhere), "-o", "json"))["old"]["run"] == "run-001"


def test_folders_and_recorded_runs_come_to_the_same(
    world: World, troth: Troth, passes: Passes
) -> None:
    world.people["hr"]["ann"] = FAIL
    passes()
    world.people["hr"] |= {"bob": FAIL, "ann": PASS}
    passes()
    recorded = troth("diff", "latest~1", "latest").out
    assert troth("diff", "runs/run-001", "runs/run-002").out == recorded
    assert troth("diff", "runs/run-001", "latest").out == recorded
    assert troth("diff", "run-001", "runs/run-002").out == recorded
    assert troth("diff").out == recorded


def test_without_a_history_runs_are_found_by_their_ids(world: World, troth: Troth) -> None:
    world.more = {}
    world.night()
    world.night()
    assert troth("diff", "run-001", "run-002").lines[-1] == "Nothing changed."
    said = troth("diff")
    assert said == Said(
        2, "",
        "troth: 'latest~1' is not a run folder, and no history is named; "
        "name two folders, or the history with --history\n",
    )  # fmt: skip


def test_a_recorded_run_whose_folder_is_gone_is_compared_with_no_folder(
    world: World, troth: Troth, passes: Passes, base: Path
) -> None:
    passes()
    passes()
    shutil.rmtree(base / "runs" / "run-001")
    said = troth("diff", "run-001", "runs/run-002")
    assert said == Said(
        2, "",
        f"troth: a folder is compared with a folder, and {base}/runs/run-001 is not there; "
        "record the other run too (troth history record), or name a folder\n",
    )  # fmt: skip
    assert troth("diff", "run-001", "run-002").code == 0


def test_the_older_run_comes_first(world: World, troth: Troth, passes: Passes) -> None:
    passes()
    passes()
    told = "the older run comes first"
    assert troth("diff", "latest", "latest~1") == Said(
        2, "",
        f"troth: run-002 was recorded after run-001; {told}: troth diff run-001 run-002\n",
    )  # fmt: skip
    said = troth("diff", "runs/run-002", "runs/run-001")
    assert (said.code, said.err) == (0, f"troth: run-002 was judged after run-001; {told}\n")


def test_one_run_with_other_results_is_no_second_run(
    world: World, troth: Troth, tmp_path: Path
) -> None:
    first = world.night().folder
    shutil.move(first, tmp_path / "first")
    world.nights = 0
    world.people["hr"]["bob"] = FAIL
    second = world.night().folder
    said = troth("diff", str(tmp_path / "first"), str(second))
    assert said == Said(
        2, "",
        f"troth: {tmp_path}/first and {second} are both the run run-001, with other results; "
        "one was changed: compare the runs themselves\n",
    )  # fmt: skip


def test_a_changed_folder_is_not_compared(world: World, troth: Troth) -> None:
    run = world.night().folder
    path = run / "results.json"
    path.write_text(path.read_text().replace("kept", "sold"))
    path.write_text(path.read_text() + " ")
    said = troth("diff", str(run), str(run))
    assert (said.code, said.out) == (4, "")
    assert "results.json" in said.err


@pytest.mark.parametrize(
    "name", ["run-9", "latest~", "latest~9", "latest~99999999999", "nul\udc80"]
)
def test_a_run_that_is_not_there(world: World, troth: Troth, passes: Passes, name: str) -> None:
    passes()
    said = troth("diff", name, "latest")
    assert (said.code, said.out) == (2, "")
    shown = name.replace("\udc80", "\ufffd")
    assert said.err == (
        f"troth: the history has no run '{shown}'; scope 'main' has one run only; "
        "troth history record RUN adds one\n"
    )
