"""Scope over tags whose values were not recorded: what was not read excludes nothing."""

from __future__ import annotations

import pytest

from tests.judge.boxes import box
from troth.credentials import WITHHELD
from troth.judge.scope import Placed, Scope, place
from troth.model import Reason

TAGS = {"env": WITHHELD, "tier": "one"}


def placed(where: str, tags: dict[str, str] | None = None) -> Placed:
    return place(box("a", tags=TAGS if tags is None else tags), Scope(where=where))


@pytest.mark.parametrize("name", ["env", r"\u0065nv", r"\x65nv", r"\145nv", r"e\u006Ev"])
@pytest.mark.parametrize("rest", ["", ' || tag("tier") == "two"', ' && tag("tier") == "one"'])
def test_a_withheld_value_is_noticed_however_its_name_is_written(name: str, rest: str) -> None:
    found = placed(f'tag("{name}") == "prod"{rest}')
    assert found.inside
    assert found.failure is not None
    assert found.failure.reason is Reason.SCOPE_UNKNOWN
    assert "was not recorded; check again with this troth.yaml" in found.failure.message


def test_a_withheld_value_that_is_not_asked_for_changes_nothing() -> None:
    assert placed('tag("tier") == "one"') == Placed(True)
    other = 'tag("tier") == "two"'
    assert placed(other) == Placed(False, f"excluded by where: {other}")
    unset = placed('tag("use") == "two"')
    assert (unset.inside, unset.failure) == (True, None)
    assert "unclassified" in unset.note


def test_a_recorded_value_decides_however_its_name_is_written() -> None:
    where = r'tag("\u0065nv") == "prod"'
    assert placed(where, {"env": "prod", "tier": WITHHELD}) == Placed(True)
    assert not placed(where, {"env": "test", "tier": WITHHELD}).inside
