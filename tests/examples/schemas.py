"""The schemas of GitHub and GitLab, as check-jsonschema carries them; no network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def problems(schema: str, path: Path) -> str:
    """Return what check-jsonschema says of a file, empty if nothing is wrong."""
    ran = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", path],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr
