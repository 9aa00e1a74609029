"""The Dockerfile: what matters in it stands there, and its build stage makes a troth that runs.

Nothing here runs Docker. That the base image exists, that ``USER`` and a read-only root do what
they say, and that the whole real lock can be downloaded are not tested; the lock's entries and
their hashes are (tests/house/test_package.py).
"""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.examples import image
from tests.examples.estate import furnish, tree
from tests.house.tree import ROOT
from troth.errors import Exit

pytestmark = pytest.mark.xdist_group("image")

FINAL = max(step.stage for step in image.STEPS)


def _final(word: str) -> list[str]:
    return [step.text for step in image.STEPS if (step.stage, step.word) == (FINAL, word)]


def test_every_instruction_is_one_of_docker() -> None:
    words = {"ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "FROM", "HEALTHCHECK", "RUN", "USER",
             "WORKDIR"}  # fmt: skip
    assert {step.word for step in image.STEPS} == words


def test_the_base_is_slim_debian_of_a_version() -> None:
    (base,) = [step.text for step in image.STEPS if step.word == "ARG"]
    assert re.fullmatch(r"BASE=python:3\.\d+-slim-[a-z]+", base)
    froms = [step.text for step in image.STEPS if step.word == "FROM"]
    assert froms == ["${BASE} AS build", "${BASE}"]


def test_the_final_stage_has_no_root_and_no_tools_to_build() -> None:
    assert _final("USER") == ["10001:10001"]
    (run,) = _final("RUN")
    assert "pip uninstall --yes setuptools wheel pip" in run
    assert not re.search(r"pip (install|wheel|download)|apt", run)
    assert _final("COPY") == ["--from=build /opt/troth /opt/troth"]
    order = [step.word for step in image.STEPS if step.stage == FINAL]
    assert order.index("RUN") < order.index("USER") < order.index("ENTRYPOINT")


def test_the_container_is_troth_and_has_no_health_to_ask_for() -> None:
    (entry,) = _final("ENTRYPOINT")
    assert json.loads(entry) == ["troth"]
    assert _final("HEALTHCHECK") == ["NONE"]
    assert _final("WORKDIR") == ["/state"]


def test_what_is_built_needs_hashes_or_no_network() -> None:
    runs = " && ".join(step.text for step in image.STEPS if step.stage == 1)
    for command in re.findall(r"pip (?:--\S+ )?(?:download|install|wheel) [^&]*", runs):
        assert "--require-hashes" in command or "--no-index" in command, command
    assert "'troth[all]'" in runs


def test_no_secret_and_no_address_is_in_it() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"(?i)password|token|secret|https?://", text)


def test_nothing_of_the_machine_goes_into_the_build(built: image.Built) -> None:
    made = {"build", "runtime.lock", "troth.egg-info"}
    assert {path.name for path in (built.root / "src").iterdir()} - made == {
        "LICENSE", "README.md", "checkers", "controls", "policies", "pyproject.toml",
        "requirements.lock", "setup.cfg", "troth",
    }  # fmt: skip


def test_what_only_developers_need_is_left_out(built: image.Built) -> None:
    lock = (built.root / "src" / "runtime.lock").read_text(encoding="utf-8")
    names = re.findall(r"^(\S+)==", lock, re.M)
    assert "absent" not in names
    assert "setuptools" in names
    assert len(names) == len(built.packages) + 1


def test_the_real_lock_is_cut_to_what_the_extras_need(built: image.Built) -> None:
    (cut,) = [step.text for step in image.STEPS if step.text.startswith("awk ")]
    folder = built.root / "real"
    folder.mkdir()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (folder / "requirements.lock").write_text(lock, encoding="utf-8")
    awk = cut.partition("&& python")[0]
    subprocess.run(["sh", "-c", awk], cwd=folder, env=built.environment, check=True)
    text = (folder / "runtime.lock").read_text(encoding="utf-8")
    kept, whole = (set(re.findall(r"^(\S+)==", one, re.M)) for one in (text, lock))
    assert {"boto3", "click", "setuptools", "sqlalchemy", "apprise"} <= kept <= whole
    assert not {"bagit", "ruff", "mypy"} & kept  # pytest is asked for by another package too
    assert all(entry in lock for entry in re.split(r"^(?=\S+==)", text, flags=re.M))


def test_a_package_with_another_hash_is_refused(built: image.Built) -> None:
    lock = built.root / "src" / "requirements.lock"
    right = lock.read_text(encoding="utf-8")
    digest = re.findall(r"^click==.*\n.*sha256:(\w+)", right, re.M)[0]
    lock.write_text(right.replace(digest, "1" * 64), encoding="utf-8")
    (step,) = [step.text for step in image.STEPS if "--require-hashes" in step.text]
    try:
        with pytest.raises(subprocess.CalledProcessError) as failed:
            image.run(step.replace("/wheels", "/wheels/again"), built.root, built.environment)
    finally:
        lock.write_text(right, encoding="utf-8")
    assert "DO NOT MATCH THE HASHES" in failed.value.stderr


def test_what_was_built_runs_and_writes_its_state_only(built: image.Built) -> None:
    state = built.root / "state"
    furnish(built.root / "config", "broken", more=f"runs: {state}/runs\n")
    state.mkdir()
    tool = built.root / "opt" / "troth" / "bin" / "troth"
    before = tree(built.root)
    environment = {
        name: value.replace("/opt", f"{built.root}/opt").replace("/state", str(state))
        for name, value in re.findall(r"(\w+)=(\S+)", _final("ENV")[0])
    }
    ran = subprocess.run(
        [tool, "check", "--config", built.root / "config/troth.yaml"],
        cwd=state, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == Exit.BROKEN, ran.stderr
    assert {name.split("/")[0] for name in tree(built.root) - before} == {"state"}


def test_what_was_built_has_no_installer(built: image.Built) -> None:
    names = {path.name for path in (built.root / "opt" / "troth" / "bin").iterdir()}
    assert {"python", "troth"} <= names
    assert not [name for name in names if name.startswith("pip")]
