"""A third party adds a control by one YAML file, and a checker by one installed package.

Nothing in this tree names Acme outside this folder; the steps are those of docs/write-a-*.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.conftest import Run, findings

AS_OF = ("--as-of", "2026-11-21T00:00:00+00:00")
KEPT = ("pass", "", "")
BROKEN = ("fail", "", "")


def test_the_package_brings_checkers_a_kind_and_a_control(troth: Run) -> None:
    lines = troth("list", "checkers").stdout.splitlines()
    assert "acme.door  acme → log-store  (acme-doors 1.0)" in lines
    assert "acme.lock  acme → door-lock  (acme-doors 1.0)" in lines
    assert "door-lock  The lock of a door  (lock)" in troth("list", "kinds").stdout.splitlines()
    assert "door-locked  medium" in troth("list", "controls").stdout


def test_without_the_package_nothing_of_it_is_there(troth: Run, estate: Path) -> None:
    (estate / "troth.yaml").unlink()
    for what in ("checkers", "kinds", "controls"):
        listed = troth("list", what, path=None)
        assert listed.returncode == 0
        assert "acme" not in listed.stdout
        assert "door" not in listed.stdout


def test_the_cases_of_its_control_are_run(troth: Run) -> None:
    ran = troth("test", "door-locked")
    assert (ran.returncode, ran.stdout) == (0, "1 control, 8 cases, 0 wrong\n")


def test_its_rules_are_fenced_and_mutated_like_ours(troth: Run, site: Path) -> None:
    ran = troth("validate")
    assert ran.returncode == 0, ran.stderr
    control = site / "acme" / "controls" / "door-locked.yaml"
    sound = control.read_text(encoding="utf-8")
    try:
        control.write_text(sound.replace("tolerates:", "#"), encoding="utf-8")
        ran = troth("validate")
    finally:
        control.write_text(sound, encoding="utf-8")
    assert ran.returncode == 2
    assert "rule shut stays true when lock.open_since is null" in ran.stderr


def test_the_plan_names_its_calls_and_permissions(troth: Run) -> None:
    ran = troth("plan")
    assert ran.returncode == 0, ran.stderr
    assert "  acme:GetDoor  per resource  [acme:ReadDoor]  acme.lock" in ran.stdout
    assert "  acme:GetLog  per resource  [acme:ReadLog]  acme.door" in ran.stdout
    assert "acme:GetDoor  per resource  [acme:ReadDoor]  acme.door" not in ran.stdout


def test_its_doors_are_judged_by_its_control_and_by_a_shipped_one(troth: Run) -> None:
    ran = troth("check", "-o", "json", *AS_OF)
    assert ran.returncode == 1, ran.stderr
    assert findings(ran) == {
        ("1", "locked", "attic"): ("unknown", "listing-incomplete", ""),
        ("1", "locked", "garden"): BROKEN,
        ("1", "locked", "lobby"): KEPT,
        ("1", "locked", "vault"): ("unknown", "permission-denied", "acme:ReadDoor"),
        ("2", "kept", "attic"): KEPT,
        ("2", "kept", "garden"): BROKEN,
        ("2", "kept", "lobby"): KEPT,
        ("2", "kept", "vault"): ("unknown", "malformed-response", ""),
        ("2", "every-kind", "population"): KEPT,
    }


def test_what_is_wrong_with_its_target_ends_the_run_before_it_looks(
    troth: Run, estate: Path
) -> None:
    (estate / "system").rename(estate / "elsewhere")
    ran = troth("check")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no such folder; correct folder:" in ran.stderr
    assert not (estate / "runs").exists()


def test_a_key_that_its_options_do_not_have_is_an_input_error(troth: Run, estate: Path) -> None:
    text = (estate / "troth.yaml").read_text()
    (estate / "troth.yaml").write_text(text.replace("folder:", "foldr:"))
    ran = troth("check")
    assert ran.returncode == 2
    assert "unknown key 'foldr'; did you mean 'folder'?" in ran.stderr


def test_a_run_with_its_kind_replays_without_the_package(troth: Run) -> None:
    assert troth("check", "--run", "the-run", "-q", *AS_OF).returncode == 1
    ran = troth("replay", "the-run", path=None)
    assert ran.returncode == 1, ran.stderr
    assert "the results are the recorded ones" in ran.stderr


def test_one_yaml_file_adds_a_control(troth: Run) -> None:
    ran = troth("check", "-c", "watch.yaml", "--controls", "controls", "-o", "json", *AS_OF)
    assert ran.returncode == 1, ran.stderr
    assert findings(ran) == {
        ("1", "alive", "attic"): KEPT,
        ("1", "alive", "garden"): BROKEN,
        ("1", "alive", "lobby"): KEPT,
        ("1", "alive", "vault"): ("unknown", "malformed-response", ""),
    }


def test_without_that_file_the_policy_says_what_is_missing(troth: Run) -> None:
    ran = troth("check", "-c", "watch.yaml")
    assert ran.returncode == 2
    assert "policies/watch.yaml" in ran.stderr
    assert "unknown control 'log-alive'" in ran.stderr


def test_a_shipped_control_is_replaced_only_on_purpose(troth: Run) -> None:
    ran = troth("check", "--controls", "replacing", "--clause", "lobby/2", "-o", "json", *AS_OF)
    assert ran.returncode == 1, ran.stderr
    assert findings(ran) == {
        ("2", "kept", "attic"): BROKEN,
        ("2", "kept", "garden"): BROKEN,
        ("2", "kept", "lobby"): KEPT,
        ("2", "kept", "vault"): KEPT,
    }


def test_an_id_that_collides_with_a_shipped_one_is_an_error(troth: Run) -> None:
    ran = troth("check", "--controls", "colliding")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("colliding/log-retention.yaml:2:5 control 'log-retention' ")
    assert "rename it, or write replaces: log-retention" in ran.stderr


@pytest.mark.parametrize("folder", ["replacing", "colliding"])
def test_an_id_of_another_third_party_is_never_replaced(
    troth: Run, estate: Path, folder: str
) -> None:
    text = (estate / folder / "log-retention.yaml").read_text()
    mine = text.replace("log-retention", "log-alive")
    (estate / folder / "log-retention.yaml").unlink()
    (estate / folder / "log-alive.yaml").write_text(mine)
    ran = troth("list", "controls", "--controls", "controls", "--controls", folder)
    assert ran.returncode == 2
    assert "'log-alive' is already in controls/log-alive.yaml; rename it" in ran.stderr


def test_two_packages_with_one_checker_id_are_named(troth: Run, site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    about = other / "rival_doors-2.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: rival-doors\nVersion: 2.0\n")
    (about / "entry_points.txt").write_text("[troth.checkers]\nacme.door = rival:Doors\n")
    both = Path(f"{site}:{other}")
    ran = troth("list", "checkers", path=both)
    assert ran.returncode == 70
    assert "checker acme.door comes from" in ran.stderr
    assert "acme-doors 1.0" in ran.stderr
    assert "rival-doors 2.0" in ran.stderr
