"""Files that a run keeps byte for byte: a credential in one would be in every run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from troth import credentials
from troth.catalogue.schemas import read_text, shown
from troth.errors import Place, Problem
from troth.shipped import FOLDER


def problems(
    text: str, called: str, advice: str = "take it out, also where it is a comment"
) -> list[Problem]:
    """Return a problem for every credential in a file's text, comments too; never the credential.

    ``called`` is what messages call the file, ``advice`` what to do instead.
    """
    return [
        Problem(_place(text, hit.start, called), f"{_said(hit)}; {advice}")
        for hit in credentials.find(text)
    ]


def own(paths: Iterable[Path]) -> list[Problem]:
    """Return a problem for every credential in those files that did not come with troth."""
    return [
        problem
        for path in sorted(set(paths))
        if not path.is_relative_to(FOLDER)
        for problem in problems(read_text(path), shown(path))
    ]


def _said(hit: credentials.Hit) -> str:
    return f"a credential stands here ({hit.what}), and every run keeps a copy of this file"


def _place(text: str, at: int, called: str) -> Place:
    line = text.count("\n", 0, at) + 1
    return Place(called, line, at - text.rfind("\n", 0, at))
