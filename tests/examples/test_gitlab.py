"""GitLab's template is well-formed, its script runs, and leaves the reports that it names.

GitLab itself is not here: schedules, cache and the merge request's widgets are not tested.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.examples import schemas
from tests.examples.estate import ENDS, EXAMPLES, bare, document, furnish
from troth.errors import Exit

pytestmark = pytest.mark.xdist_group("image")

TEMPLATE = EXAMPLES / "gitlab" / "troth.gitlab-ci.yaml"
JOB = document("gitlab/troth.gitlab-ci.yaml")["troth"]


def test_it_is_of_gitlabs_schema() -> None:
    assert schemas.problems("gitlab-ci", TEMPLATE) == ""


def test_a_slip_would_be_found(tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    (tmp_path / "x.yaml").write_text(text.replace("when: always", "when: alwys"), encoding="utf-8")
    assert "alwys" in schemas.problems("gitlab-ci", tmp_path / "x.yaml")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """Run ``before_script`` with troth and what it needs from a folder; return the job's folder."""
    folder = tmp_path_factory.mktemp("gitlab")
    environment = _variables() | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "TROTH_REQUIREMENT": "troth",
        "PIP_NO_COMPILE": "0",
    }  # fmt: skip
    _run(JOB["before_script"], folder, environment).check_returncode()
    return folder


def _variables() -> dict[str, str]:
    return {name: str(value) for name, value in JOB["variables"].items()}


def _run(
    lines: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run lines as GitLab's runner does: one shell, which ends at the first that fails."""
    return subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines)], cwd=folder, env=environment, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("state", ENDS)
def test_its_script_leaves_the_reports(tmp_path: Path, installed: Path, state: str) -> None:
    folder = furnish(tmp_path / "work", state)
    (folder / ".troth").symlink_to(installed / ".troth")
    ran = _run(JOB["script"], folder, bare(**_variables()) | {"PATH": "/usr/bin:/bin"})
    assert ran.returncode == ENDS[state], ran.stderr
    reports = JOB["artifacts"]["reports"]
    suites = JUnitXml.fromfile(str(folder / reports["junit"]))
    assert [len(list(suite)) for suite in suites] == [1]
    listed = json.loads((folder / reports["codequality"]).read_text(encoding="utf-8"))
    assert len(listed) == (state == "broken")
    for name in JOB["artifacts"]["paths"]:
        assert (folder / name).is_file()


def test_every_file_of_the_script_is_an_artifact() -> None:
    written = set(re.findall(r"--output \w+=(\S+)", " ".join(JOB["script"])))
    artifacts = JOB["artifacts"]
    assert written == {*artifacts["paths"], *artifacts["reports"].values()}
    assert artifacts["when"] == "always"


def test_only_an_unknown_is_no_failure() -> None:
    assert JOB["allow_failure"] == {"exit_codes": [Exit.INCOMPLETE]}


def test_gitlab_waits_longer_than_troth_looks() -> None:
    (hours,) = re.findall(r"^PT(\d+)H$", JOB["variables"]["TROTH_MAX_TIME"])
    (waits,) = re.findall(r"^(\d+)h$", JOB["timeout"])
    assert int(waits) > int(hours)


def test_two_pipelines_do_not_meet() -> None:
    assert JOB["resource_group"] == "troth"
    assert JOB["interruptible"] is False
