"""The packages that are installed here, as wheels again: an index that needs no network."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def closure(names: Iterable[str]) -> list[Distribution]:
    """Return packages with all that they need on this machine, each once, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = _plain(waiting.pop())
        if name in found:
            continue
        found[name] = distribution(name)
        for line in found[name].requires or ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                waiting.append(wanted.name)
    return [found[name] for name in sorted(found)]


def pack(one: Distribution, folder: Path) -> Path:
    """Write a package as a wheel: the files that were installed, without what installing made."""
    name = _plain(one.name).replace("-", "_")
    about = f"{name}-{one.version}.dist-info"
    path = folder / f"{name}-{one.version}-py3-none-any.whl"
    listed = []
    with zipfile.ZipFile(path, "w") as wheel:
        for file in one.files or ():
            if ".." in file.parts or file.suffix == ".pyc" or file.name in _MADE:
                continue
            inside = re.sub(r"^[^/]+\.dist-info(?=/)", about, file.as_posix())
            wheel.write(str(file.locate()), inside)
            listed.append(f"{inside},,\n")
        wheel.writestr(f"{about}/RECORD", "".join([*listed, f"{about}/RECORD,,\n"]))
    return path


_MADE = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def locked(one: Distribution, wheel: Path, via: str = "troth (setup.cfg)") -> str:
    """Return a package's entry of a lock, as uv writes it."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    name = _plain(one.name)
    return f"{name}=={one.version} \\\n    --hash=sha256:{digest}\n    # via {via}\n"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
