"""The GitHub action and its workflow are well-formed, and each of their scripts runs as bash.

Other people's actions are not run: checkout, Python, cache and the upload of SARIF.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.examples import schemas
from tests.examples.estate import ENDS, EXAMPLES, bare, document, furnish
from troth.errors import Exit

pytestmark = pytest.mark.xdist_group("image")

ACTION = EXAMPLES / "github" / "action.yaml"
WORKFLOW = EXAMPLES / "github" / "workflow.yaml"
STEPS = {step["name"]: step for step in document("github/action.yaml")["runs"]["steps"]}
INPUTS = {name: one["default"] for name, one in document("github/action.yaml")["inputs"].items()}
JOB = document("github/workflow.yaml")["jobs"]["check"]


def test_the_action_is_of_githubs_schema() -> None:
    assert schemas.problems("github-actions", ACTION) == ""


def test_the_workflow_is_of_githubs_schema() -> None:
    assert schemas.problems("github-workflows", WORKFLOW) == ""


@pytest.mark.parametrize(
    ("schema", "path", "right", "wrong"),
    [
        ("github-actions", ACTION, "using: composite", "using: composed"),
        ("github-workflows", WORKFLOW, "timeout-minutes: 60", "timeout-hours: 1"),
    ],
    ids=["action", "workflow"],
)
def test_a_slip_would_be_found(
    tmp_path: Path, schema: str, path: Path, right: str, wrong: str
) -> None:
    text = path.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / path.name).write_text(text.replace(right, wrong), encoding="utf-8")
    assert wrong.split(":")[0] in schemas.problems(schema, tmp_path / path.name)


def _scripts(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["run"]] if isinstance(value.get("run"), str) else []
        return here + [text for inner in value.values() for text in _scripts(inner)]
    return [text for inner in value for text in _scripts(inner)] if isinstance(value, list) else []


def test_no_expression_is_pasted_into_a_script() -> None:
    names = [str(path.relative_to(EXAMPLES)) for path in (ACTION, WORKFLOW)]
    found = [text for name in names for text in _scripts(document(name))]
    assert len(found) == 3
    assert not [text for text in found if "${{" in text]


def test_every_input_is_used_and_every_one_that_is_used_is_there() -> None:
    used = set(re.findall(r"\binputs\.([\w-]+)", ACTION.read_text(encoding="utf-8")))
    assert used == set(INPUTS)
    (called,) = [step for step in JOB["steps"] if step["uses"].startswith("./")]
    assert called["with"].keys() <= INPUTS.keys()
    assert called["uses"] == "./.github/actions/troth"


def test_other_actions_are_named_by_version() -> None:
    steps = [*STEPS.values(), *JOB["steps"]]
    uses = [step["uses"] for step in steps if "uses" in step and not step["uses"].startswith("./")]
    assert len(uses) == 5
    assert [one for one in uses if not re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", one)] == []


def test_the_workflow_may_do_little() -> None:
    assert document("github/workflow.yaml")["permissions"] == {}
    assert JOB["permissions"] == {"contents": "read", "security-events": "write"}
    (checkout,) = [step for step in JOB["steps"] if "checkout" in step["uses"]]
    assert checkout["with"] == {"persist-credentials": False}


def test_github_waits_longer_than_troth_looks() -> None:
    (called,) = [step for step in JOB["steps"] if step["uses"].startswith("./")]
    (minutes,) = re.findall(r"PT(\d+)M", called["with"]["max-time"])
    assert JOB["timeout-minutes"] > int(minutes)
    assert INPUTS["max-time"] == called["with"]["max-time"]


def test_what_was_found_is_kept_when_a_promise_is_broken() -> None:
    for name in ("Keep the history", "Upload SARIF"):
        assert STEPS[name]["if"].startswith("always() && ")
    assert list(STEPS)[-1] == "Answer"
    assert STEPS["Keep the history"]["with"]["key"] == STEPS["Fetch the history"]["with"]["key"]


class _Runner:
    """A job as GitHub runs it: variables by files, and bash with GitHub's own options."""

    def __init__(self, folder: Path, state: str, **inputs: str) -> None:
        self.workspace = furnish(folder / "work", state)
        self.inputs = INPUTS | {name.replace("_", "-"): text for name, text in inputs.items()}
        self.files = {
            name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        for file in self.files.values():
            file.touch()
        self.temp = folder / "temp"
        self.temp.mkdir()
        self.more: dict[str, str] = {}

    @property
    def outputs(self) -> dict[str, str]:
        lines = self.files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        step = STEPS[name]
        assert step["shell"] == "bash"
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        environment = bare(RUNNER_TEMP=str(self.temp), **self.more)
        environment |= {one: str(path) for one, path in self.files.items()}
        added = self.files["GITHUB_PATH"].read_text(encoding="utf-8").splitlines()
        environment["PATH"] = ":".join([*reversed(added), environment["PATH"]])
        environment |= {key: self._resolved(text) for key, text in step["env"].items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=self.workspace,
            env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def _resolved(self, text: str) -> str:
        """Return the value of ``${{ inputs.… }}`` or ``${{ steps.check.outputs.… }}``."""
        found = re.fullmatch(r"\$\{\{ (inputs|steps\.check\.outputs)\.([\w-]+) \}\}", text)
        assert found, text
        return self.inputs[found[2]] if found[1] == "inputs" else self.outputs.get(found[2], "")


def test_troth_is_installed_and_found_by_the_next_step(tmp_path: Path, wheels: Path) -> None:
    runner = _Runner(tmp_path, "kept", requirement="troth")
    runner.more = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_NO_COMPILE": "0",
    }  # fmt: skip
    ran = runner.run("Install")
    assert ran.returncode == 0, ran.stderr
    runner.more = {"PATH": "/usr/bin:/bin"}
    assert runner.run("Check").returncode == 0
    assert runner.outputs["code"] == "0"


@pytest.mark.parametrize("state", ENDS)
def test_the_step_that_checks_ends_well_and_hands_the_code_on(tmp_path: Path, state: str) -> None:
    runner = _Runner(tmp_path, state)
    ran = runner.run("Check")
    assert ran.returncode == 0, ran.stderr
    assert runner.outputs == {"code": str(int(ENDS[state]))}
    summary = runner.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
    assert "What the shop promises" in summary
    assert "github-summary=$GITHUB_STEP_SUMMARY" in STEPS["Check"]["run"]  # GitHub has a limit
    assert ("::error" in ran.stdout) == (state == "broken")
    assert runner.run("Answer").returncode == ENDS[state]


def test_sarif_is_written_when_it_is_wanted(tmp_path: Path) -> None:
    runner = _Runner(tmp_path, "broken", sarif="true")
    runner.run("Check")
    assert runner.outputs["sarif"] == str(runner.temp / "troth.sarif")
    assert '"2.1.0"' in (runner.temp / "troth.sarif").read_text(encoding="utf-8")


def test_no_sarif_is_uploaded_when_there_is_none(tmp_path: Path) -> None:
    runner = _Runner(tmp_path, "kept", sarif="true", config="absent.yaml")
    assert runner.run("Check").returncode == 0
    assert runner.outputs == {"code": "2"}
    assert runner.run("Answer").returncode == Exit.USAGE


def test_a_severity_that_is_not_reached_does_not_fail_the_job(tmp_path: Path) -> None:
    runner = _Runner(tmp_path, "broken", fail_on="none")
    runner.run("Check")
    assert runner.outputs["code"] == "0"


def test_what_was_broken_before_does_not_fail_the_job_again(tmp_path: Path) -> None:
    (called,) = [step for step in JOB["steps"] if step["uses"].startswith("./")]
    runner = _Runner(tmp_path, "broken", fail_on=called["with"]["fail-on"])
    with (runner.workspace / "troth.yaml").open("a", encoding="utf-8") as file:
        file.write(f"history: {{store: {called['with']['history']}}}\n")
    codes = []
    for _ in range(2):
        runner.run("Check")
        codes.append(runner.outputs["code"])
    assert codes == [str(int(Exit.BROKEN)), "0"]


@pytest.mark.parametrize(
    ("state", "code"), [("kept", 0), ("unknown", 0), ("broken", Exit.BROKEN)], ids=list(ENDS)[::-1]
)
def test_an_unknown_can_be_accepted_and_nothing_else(tmp_path: Path, state: str, code: int) -> None:
    runner = _Runner(tmp_path, state, accept_unknown="true")
    runner.run("Check")
    ran = runner.run("Answer")
    assert ran.returncode == code
    assert ("::warning" in ran.stdout) == (state == "unknown")


def test_without_an_answer_the_job_fails(tmp_path: Path) -> None:
    assert _Runner(tmp_path, "kept").run("Answer").returncode != 0


@pytest.mark.parametrize("name", ["config", "fail-on", "gate", "max-time", "sarif"])
@pytest.mark.parametrize("hostile", ["$(touch pwned)", '"; touch pwned; "', "`touch pwned`"])
def test_an_input_cannot_run_a_command(tmp_path: Path, name: str, hostile: str) -> None:
    runner = _Runner(tmp_path, "kept", **{name: hostile})
    assert runner.run("Check").returncode == 0
    assert not [*tmp_path.rglob("pwned")]
    assert (runner.outputs["code"] == "2") == (name != "sarif")


def test_the_requirement_is_a_requirement_only(tmp_path: Path) -> None:
    runner = _Runner(tmp_path, "kept", requirement="--version $(touch pwned)")
    runner.more = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    ran = runner.run("Install")
    assert ran.returncode != 0
    assert "Invalid requirement" in ran.stderr
    assert not [*tmp_path.rglob("pwned")]
