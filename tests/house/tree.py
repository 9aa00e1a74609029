"""The repository as these tests see it: its root, its files, its configuration."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TROTH = Path(sys.executable).with_name("troth")
_FENCE = re.compile(r"^( *)```(\S*) ?([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@cache
def files() -> tuple[Path, ...]:
    """Return every file that belongs to the repository, links once, without what was built."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    paths = (ROOT / name for name in sorted(listed) if name)
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


@cache
def setup_cfg() -> configparser.ConfigParser:
    """Return setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lines_of(section: str, key: str) -> list[str]:
    """Return the lines of a value of setup.cfg, without empty ones."""
    return [line.strip() for line in setup_cfg()[section][key].splitlines() if line.strip()]


def pages() -> list[Path]:
    """Return every Markdown page."""
    return [path for path in files() if path.suffix == ".md" and "demo" not in path.parts]


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Return the fenced blocks of a page: language, the words after it, and the text."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [
        (language, name, "".join(line.removeprefix(indent) for line in text.splitlines(True)))
        for indent, language, name, text in found
    ]


def block(page: Path, language: str, name: str = "") -> str:
    """Return the only block of a page with this language and name."""
    (text,) = [body for lang, called, body in blocks(page) if (lang, called) == (language, name)]
    return text


def said(text: str) -> list[str]:
    """Return what stands in `code` in a text."""
    return re.findall(r"`([^`\n]+)`", text)
