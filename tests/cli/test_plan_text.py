"""The plan as text: every host stands above the operations that go there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from troth.cli import main
from troth.cli.plan import lines
from troth.plan import Plan, Read


def read(checker: str, operation: str, *egress: str) -> Read:
    return Read("prod", checker, "eu-west-1", operation, "run", "read", True, (), egress)


def test_every_host_is_shown_above_what_goes_there() -> None:
    reads = (
        read("a", "one:Read"),
        read("b", "two:Read", "b.example:443"),
        read("b", "three:Read", "b.example:443"),
        read("c", "four:Read", "c.example:443"),
    )
    text = "\n".join(lines(Plan((), (), reads)))
    heads = [line for line in text.splitlines() if line.startswith("prod")]
    assert heads == [
        "prod eu-west-1",
        "prod eu-west-1 → b.example:443",
        "prod eu-west-1 → c.example:443",
    ]
    places = [text.index(word) for word in ("one", "→ b", "two", "three", "→ c", "four")]
    assert places == sorted(places)


def test_a_role_is_printed_for_one_target_only(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--target", "boxes", "--format", "iam"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [one["Action"] for one in body["Statement"]] == [["toy:List", "toy:Look"]]


def test_a_target_that_there_is_not_is_told(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--target", "boxs"]) == 2
    assert "did you mean 'boxes'" in capsys.readouterr().err
