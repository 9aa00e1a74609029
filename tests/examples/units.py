"""systemd's unit files, as far as the examples use their syntax."""

from __future__ import annotations

import re
from pathlib import Path


def settings(path: Path) -> dict[str, list[str]]:
    """Return each setting's values in order; a section's name is left out."""
    text = re.sub(r"^[#;].*\n", "", path.read_text(encoding="utf-8"), flags=re.M)
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        name, separator, value = line.partition("=")
        if separator:
            found.setdefault(name.strip(), []).append(value.strip())
    return found


def one(path: Path, name: str) -> str:
    """Return the value of a setting that is given once."""
    (value,) = settings(path)[name]
    return value
