"""A toy checker, installed as a package of its own: boxes that behave as their target says."""

from __future__ import annotations

import os
import shutil
import textwrap
from pathlib import Path

WORKSPACE = Path(__file__).parent / "workspace"

MODULE = '''
"""Boxes of the toy target."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from troth.checker import Checker, Listed, ObservationFailed, Reason, Resource
from troth.checker import call, complete, facet
from troth.model import Failure

SOUND = {"closed": True, "bits": 256, "rank": 102, "opened_at": None}


class Boxes(Checker):
    """One or two boxes; every call leaves a line in ``called.log`` beside troth.yaml."""

    id = "toy.box"
    kind = "box"
    target_type = "toy"
    options: ClassVar[Mapping[str, Any]] = {
        "boxes": {"enum": ["sound", "weak", "denied", "none", "hanging", "broken"]}
    }
    lists = ("names",)

    @property
    def _boxes(self) -> str:
        return self.target.get("boxes", "sound")

    @call("toy:ListBoxes", actions=("toy:List",), per="partition")
    def names(self) -> Any:
        with (Path(self.target["base_dir"]) / "called.log").open("a") as file:
            file.write("toy:ListBoxes\\n")
        return [] if self._boxes == "none" else ["box-1", "box-2"]

    @call("toy:GetLock", actions=("toy:Look",), per="resource")
    def lock_response(self, resource: Resource) -> Any:
        if resource.id == "box-2":
            if self._boxes == "denied":
                raise ObservationFailed(Reason.PERMISSION_DENIED, "the guard said no", "toy:Look")
            if self._boxes == "hanging":
                time.sleep(3600)
            if self._boxes == "broken":
                raise ZeroDivisionError("a bug of this checker")
        return {"bits": 64 if self._boxes == "weak" and resource.id == "box-2" else 256}

    def resources(self) -> Iterator[Resource | Listed]:
        for name in self.read("names"):
            yield Resource(id=name, name=name)

    @facet("lock", uses=("lock_response",))
    def lock(self, resource: Resource, response: Any) -> Any:
        return {**SOUND, **response, "holders": complete(["rin"])}
'''


def install(folder: Path) -> Path:
    """Write the toy as an installed package into a folder; return the folder for sys.path."""
    (folder / "toy_boxes.py").write_text(textwrap.dedent(MODULE))
    about = folder / "toy_boxes-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-boxes\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[troth.checkers]\ntoy.box = toy_boxes:Boxes\n")
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process that finds the toy installed in a folder."""
    others = os.environ.get("PYTHONPATH", "")
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{others}" if others else str(folder)}


def furnish(folder: Path) -> Path:
    """Copy the workspace, in which everything is right, and make the key it trusts."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    shutil.copytree(WORKSPACE, folder, dirs_exist_ok=True)
    for name in ("statements", "keys"):
        (folder / name).mkdir(exist_ok=True)
    public = Ed25519PrivateKey.generate().public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, form)
    (folder / "keys" / "ciso.pem").write_bytes(pem)
    return folder
