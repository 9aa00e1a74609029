"""The table of measures names every one that the modules declare, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import troth.measures
from troth.measures import registry
from troth.measures.places import MODULE_OF, MODULES


def test_the_table_and_the_modules_say_the_same() -> None:
    declared: dict[str, str] = {}
    for found in pkgutil.iter_modules(troth.measures.__path__):
        module = importlib.import_module(f"troth.measures.{found.name}")
        for name, made in registry().items():
            if made.function.__module__ == module.__name__:
                declared[name] = found.name
    assert declared == MODULE_OF
    assert list(MODULES) == sorted(MODULES)


def test_one_measure_imports_one_module() -> None:
    """Checked in a process of its own: here every module may be imported already."""
    code = (
        "import sys; from troth.measures import registry; known = registry();"
        "assert 'reaches-back' in known and 'reaches-forward' not in known;"
        "before = set(sys.modules); known['reaches-back'];"
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith('troth.m')))"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["troth.measures.logs"]
