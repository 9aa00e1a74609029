"""Files that a run keeps byte for byte: a credential in one would be in every run."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

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
        Problem(_place(text, hit.start, called), f"{_said(hit.what)}; {advice}")
        for hit in credentials.find(text)
    ]


#: No credential is shorter: ``pwd=`` and four signs; then what may be base64 of as much.
_SHORTEST = 8
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}")
_URL_SAFE = str.maketrans("-_", "+/")
#: How often JSON or base64 within JSON or base64 is opened.
_DEEPEST = 4


def enveloped(body: bytes, called: str) -> list[Problem]:
    """Return a problem for every kind of credential in a signed file, also within its payload.

    The payload is base64 of JSON, so the text of the file does not show what stands in it. There
    is no line to name: the file is not the one that somebody wrote.
    """
    text = body.decode(errors="replace")
    kinds = {hit.what for inner in _within(text, 0) for hit in credentials.find(inner)}
    advice = "take it out of the statement, and sign it again"
    return [Problem(Place(called), f"{_said(what)}; {advice}") for what in sorted(kinds)]


def _within(text: str, depth: int) -> Iterator[str]:
    """Yield a text and every text that stands in it as a string of JSON or as base64."""
    yield text
    if depth == _DEEPEST:
        return
    for inner in dict.fromkeys(_strings(text)) or _decoded(text):
        if len(inner) >= _SHORTEST:
            yield from _within(inner, depth + 1)


def _decoded(text: str) -> Iterator[str]:
    """Yield what the runs of base64 in a text hold, or all of it, whose lines may be broken."""
    whole = "".join(text.split()).rstrip("=")
    for run in [whole] if _BASE64.fullmatch(whole) else _BASE64.findall(text):
        even = run[: len(run) - (len(run) % 4 == 1)].translate(_URL_SAFE)
        try:
            yield base64.b64decode(even + "=" * (-len(even) % 4)).decode(errors="replace")
        except binascii.Error:
            continue


def _strings(text: str) -> Iterator[str]:
    """Yield the strings of a JSON object, also of members that stand twice; none of other texts."""
    if not text.lstrip().startswith(("{", "[")):
        return
    try:
        queue: list[Any] = [json.loads(text, object_pairs_hook=list)]
    except (ValueError, RecursionError):
        return
    for value in queue:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            queue.extend(value)


def own(paths: Iterable[Path]) -> list[Problem]:
    """Return a problem for every credential in those files that did not come with troth."""
    return [
        problem
        for path in sorted(set(paths))
        if not path.is_relative_to(FOLDER)
        for problem in problems(read_text(path), shown(path))
    ]


def _said(what: str) -> str:
    return f"a credential stands here ({what}), and every run keeps a copy of this file"


def _place(text: str, at: int, called: str) -> Place:
    line = text.count("\n", 0, at) + 1
    return Place(called, line, at - text.rfind("\n", 0, at))
