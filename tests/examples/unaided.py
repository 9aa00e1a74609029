"""troth as ``pip install troth`` gives it, without extras: what only they bring is not there."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from pathlib import Path

from tests.examples.mirror import closure

#: Read by each Python that is started: it finds none of the modules, wherever they lie.
_HIDES = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""


def environment(folder: Path) -> dict[str, str]:
    """Return the variable that hides them from troth; its file is written into the folder."""
    needed = {one.name for one in closure(["troth"])}
    absent = {
        name for name, owners in packages_distributions().items() if needed.isdisjoint(owners)
    }
    folder.mkdir()
    text = _HIDES.format(absent=sorted(absent))
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}
