"""Which runs are recorded, and which are only compared: some clauses, scopes, offline."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.history.world import FAIL
from tests.nightly.conftest import Nightly, steps, told
from tests.notify.receiver import Receiver
from tests.unattended.conftest import Nursery

NEW = ("--fail-on", "new")


def test_a_run_over_some_clauses_is_compared_and_not_recorded(
    nightly: Nightly, hook: Receiver
) -> None:
    nightly.world.people["hr"]["ann"] = FAIL
    nightly.world.others["bob"] = "contractor"
    assert nightly.night().code == 1
    del hook.requests[:]
    some = ("--clause", "acme/1", *NEW)
    assert nightly.night(*some).code == 0
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night(*some)
    assert said.code == 1
    assert said.events("not recorded")
    assert len(nightly.recorded()) == 1
    assert hook.requests == []
    assert nightly.noted() == []
    # Bob is new all the same for the night that looks at everything.
    assert nightly.night(*NEW).code == 1
    assert told(hook) == [[("new", "1", "staff/bob")]]
    nightly.verified()


def test_a_run_without_history_is_neither_recorded_nor_told(
    nightly: Nightly, hook: Receiver
) -> None:
    nightly.night()
    nightly.world.people["hr"]["bob"] = FAIL
    assert nightly.night("--no-history").code == 1
    assert len(nightly.recorded()) == 1
    assert hook.requests == []
    assert nightly.noted() == []
    nightly.night()
    assert told(hook) == [[("new", "1", "staff/bob")]]


def test_offline_nobody_is_told_and_no_switch_is_pinged(
    nightly: Nightly, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROTH_PING", hook.url("/ping"))
    nightly.world.more["ping"] = "TROTH_PING"
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night("--offline")
    assert said.code == 1
    assert hook.requests == []
    assert not said.events("not told")
    assert [name for name, _ in nightly.recorded()] == [said.run]


def test_a_scope_of_the_command_line_is_another_history(nightly: Nightly) -> None:
    nightly.world.people["hr"]["bob"] = FAIL
    nightly.night()
    assert nightly.night(*NEW).code == 0
    assert nightly.night(*NEW, "--scope", "other").code == 1
    assert (len(nightly.recorded()), len(nightly.recorded("other"))) == (2, 1)
    assert nightly.night("--scope", "No such!").code == 2


def test_the_option_goes_before_the_environment_and_that_before_the_file(
    nightly: Nightly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, meant = tmp_path / "named.db", tmp_path / "meant.db"
    monkeypatch.setenv("TROTH_HISTORY", str(named))
    one = nightly.night()
    two = nightly.night("--history", str(meant))
    assert not (nightly.base / "history.db").exists()
    assert [name for name, _ in nightly.recorded(url=f"sqlite:///{named}")] == [one.run]
    assert [name for name, _ in nightly.recorded(url=f"sqlite:///{meant}")] == [two.run]
    monkeypatch.delenv("TROTH_HISTORY")
    three = nightly.night()
    assert [name for name, _ in nightly.recorded()] == [three.run]


def test_a_history_of_the_environment_alone_suffices(
    nightly: Nightly, hook: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del nightly.world.more["history"]
    refused = nightly.night()
    assert refused.code == 2
    (error,) = refused.events("error")
    assert "notify: tells what changed since the last run on record" in error["message"]
    monkeypatch.setenv("TROTH_HISTORY", str(tmp_path / "named.db"))
    nightly.world.people["hr"]["bob"] = FAIL
    assert nightly.night(*NEW).code == 1
    assert nightly.night(*NEW).code == 0
    assert len(hook.requests) == 1


def test_a_run_elsewhere_is_recorded(nightly: Nightly, tmp_path: Path) -> None:
    said = nightly.night("--run", str(tmp_path / "elsewhere"))
    assert nightly.recorded() == [("elsewhere", 0)]
    assert said.run == "elsewhere"
    assert nightly.noted() == []


def test_where_there_can_be_no_folder_of_runs_a_run_elsewhere_is_recorded(
    nightly: Nightly, tmp_path: Path
) -> None:
    nightly.world.more["runs"] = "kept"
    (nightly.base / "kept").write_text("in the way")
    said = nightly.night("--run", str(tmp_path / "elsewhere"))
    assert said.code == 0, said.err
    assert nightly.recorded() == [("elsewhere", 0)]


def test_of_two_checks_at_once_the_second_leaves_the_history_alone(
    nightly: Nightly, while_looking: Callable[..., Receiver], nursery: Nursery
) -> None:
    nightly.night()
    before = (nightly.base / "history.db").read_bytes()
    seen: list[tuple[int, str, bool]] = []

    def second() -> None:
        other = nursery.start(nightly.base, "check", "-q")
        code = other.wait()
        seen.append((code, other.err, (nightly.base / "history.db").read_bytes() == before))

    to = while_looking(second)
    assert nightly.night().code == 0
    ((code, err, untouched),) = seen
    assert code == 2
    assert untouched
    assert err.startswith("troth: another run holds ")
    assert f"process {os.getpid()} on " in err
    assert steps(to) == ["start", "0"]
    assert len(nightly.recorded()) == 2
    nightly.verified()


def outputs(folder: Path) -> list[str]:
    """Return the options that write a run in several forms into a folder."""
    forms = ("html", "json", "openmetrics", "junit")
    return [part for form in forms for part in ("-o", f"{form}={folder / form}")]


def test_a_report_of_the_night_has_the_trend_and_the_other_forms_are_as_ever(
    nightly: Nightly, tmp_path: Path
) -> None:
    nightly.night()
    nightly.world.people["hr"]["bob"] = FAIL
    said = nightly.night(*outputs(tmp_path))
    assert said.code == 1, said.err
    html = (tmp_path / "html").read_text()
    assert "2026-01-01" in html
    assert "2026-01-02" in html
    assert (tmp_path / "openmetrics").read_text().endswith("# EOF\n")
    # The same run without any history: only the page may be another one.
    again = tmp_path / "again"
    again.mkdir()
    (nightly.base / "history.db").unlink()
    nightly.world.more.pop("history")
    nightly.world._write()
    assert nightly.troth("report", str(nightly.runs / said.run), *outputs(again)).code == 0
    for form in ("json", "openmetrics", "junit"):
        assert (again / form).read_bytes() == (tmp_path / form).read_bytes()
    assert (again / "html").read_bytes() != (tmp_path / "html").read_bytes()
