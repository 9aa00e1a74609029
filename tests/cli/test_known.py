"""What can be looked up by name: what is shipped, and what troth.yaml adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from troth.cli import main


def test_what_is_shipped_and_what_the_nearest_troth_yaml_adds_is_listed(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "policies"]) == 0
    ids = [line.split()[0] for line in capfd.readouterr().out.splitlines()]
    assert "acme" in ids
    assert "smart-receico" in ids


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "acme/1.1"],
        ["explain", "box-locked"],
        ["coverage", "acme"],
        ["coverage", "policies/acme.yaml"],
        ["validate", "policies/acme.yaml"],
        ["list", "clauses", "--controls", "controls", "--kinds", "kinds", "--policies", "policies"],
    ],
)
@pytest.mark.parametrize("given", ["", "troth.yaml"])
def test_ones_own_files_are_found_by_troth_yaml(
    arguments: list[str], given: str, workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *(["-c", given] if given else [])]) == 0
    assert capfd.readouterr().err == ""


def test_a_policy_that_is_selected_by_its_path_has_an_id_too(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (workspace / "lobby.yaml").write_text(
        (workspace / "policies" / "acme.yaml").read_text().replace("id: acme", "id: lobby")
    )
    text = (workspace / "troth.yaml").read_text()
    (workspace / "troth.yaml").write_text(text.replace("policy: acme", "policy: lobby.yaml"))
    for arguments in (["explain", "lobby/1.1"], ["coverage", "lobby"], ["list", "clauses"]):
        assert main([*arguments, "-c", "troth.yaml"]) == 0
        assert "lobby/1.1" in capfd.readouterr().out or arguments[0] == "coverage"


def test_a_value_of_troth_yaml_is_explained_as_yours(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = (workspace / "troth.yaml").read_text()
    stricter = 'policy: acme\n    set: {"1.1": {box-locked: {min_bits: 256}}}'
    (workspace / "troth.yaml").write_text(text.replace("policy: acme", stricter))
    assert main(["explain", "acme/1.1"]) == 0
    out = capfd.readouterr().out
    assert "min_bits = 256 (yours)" in out
    assert "max_open = P90D (stated)" in out


def test_a_faulty_troth_yaml_hides_nothing_that_is_shipped(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (workspace / "troth.yaml").write_text("schema: 1\npolices: []\n")
    assert main(["list", "policies"]) == 0
    out, err = capfd.readouterr()
    assert "smart-receico  ja  79 clauses" in out
    assert err == (
        f"troth: {workspace / 'troth.yaml'} has faults and is left out here; see troth validate\n"
    )


def test_a_faulty_file_that_was_asked_for_is_an_error(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (workspace / "troth.yaml").write_text("schema: 1\npolices: []\n")
    assert main(["list", "policies", "-c", "troth.yaml"]) == 2
    assert "did you mean 'policies'?" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("1.1", "did you mean acme/1.1 or purecloud/1.1?"),
        ("box-loked", "did you mean box-locked?"),
        ("acme", "it is a policy; troth coverage acme shows its clauses"),
    ],
)
def test_a_name_that_is_not_whole_gets_a_hint(
    name: str, hint: str, workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", name]) == 2
    assert capfd.readouterr().err == f"troth: there is no clause or control '{name}'; {hint}\n"
