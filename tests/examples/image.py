"""The build stage of the Dockerfile, carried out in a folder instead of in a container."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.examples import dockerfile, mirror
from tests.house.tree import ROOT, files, lines_of

FILE = ROOT / "Dockerfile"
STEPS = dockerfile.steps(FILE)


class Built(NamedTuple):
    """What the build left: its root, the environment of its steps, what its packages are."""

    root: Path
    environment: dict[str, str]
    packages: list[str]


def build(root: Path) -> Built:
    """Copy what .dockerignore lets in, and run the build stage's ``RUN`` as they stand.

    Three things differ from a real build: the paths have ``root`` in front, packages come from a
    mirror made of those that are installed here (with a lock of their hashes), and of the extras
    none is installed, because packing them all takes long.
    """
    source, packages = root / "src", root / "mirror"
    packages.mkdir(parents=True)
    copy_context(source)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(root),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(packages),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "0",
    }
    names = [re.split(r"[\[<>=]", line)[0] for line in lines_of("options", "install_requires")]
    needed = mirror.closure(names)
    entries = [mirror.locked(one, mirror.pack(one, packages)) for one in needed]
    (tool,) = mirror.closure(["setuptools"])
    entries += [mirror.locked(tool, mirror.pack(tool, packages), "(pyproject.toml:dev)")]
    # What only developers need must not be asked for: the mirror does not have it.
    entries += [
        "absent==1 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via (pyproject.toml:dev)\n"
    ]
    (source / "requirements.lock").write_text("".join(sorted(entries)), encoding="utf-8")
    for text in (step.text for step in STEPS if (step.stage, step.word) == (1, "RUN")):
        run(text, root, environment)
    return Built(root, environment, [one.name for one in needed])


def copy_context(to: Path) -> None:
    """Copy what ``COPY . ./`` copies."""
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    ignore = [line for line in ignore if line and not line.startswith("#")]
    for path in files():
        if dockerfile.let_in(ROOT, path, ignore):
            copy = to / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    for name in ("checkers", "controls", "policies"):
        (to / "troth" / name).symlink_to((ROOT / "troth" / name).readlink())


def run(text: str, root: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one ``RUN`` by the shell that Docker takes, in ``WORKDIR``."""
    text = re.sub(r"(?<![\w.-])(?=/(?:opt/troth|wheels)\b)", str(root), text)
    text = text.replace("troth[all]", "troth")
    return subprocess.run(
        ["sh", "-c", text], cwd=root / "src", env=environment, capture_output=True, text=True,
        timeout=300, check=True,
    )  # fmt: skip
