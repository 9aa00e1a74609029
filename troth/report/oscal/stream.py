"""JSON that is written while it is made: a run of any size never stands in memory whole.

Two kinds of value are written piece by piece: an :class:`Open` object, member by member, and an
iterator, element by element. What turns out to be empty is left out with its name, because OSCAL
allows no empty arrays, and nobody knows before the end that nothing comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson


class Open(dict[str, Any]):
    """A JSON object some of whose members are made while it is written."""


def chunks(value: Any) -> Iterator[str]:
    """Yield a JSON value as text; nothing at all for an iterator or open object without content.

    Members keep the order in which they were given.
    """
    if isinstance(value, Open):
        yield from _object(value)
    elif isinstance(value, Iterator):
        yield from _array(value)
    else:
        yield orjson.dumps(value).decode()


def _object(value: Open) -> Iterator[str]:
    lead = "{\n"
    for name, inner in value.items():
        made = chunks(inner)
        first = next(made, None)
        if first is None:
            continue
        yield f"{lead}{orjson.dumps(name).decode()}:{first}"
        yield from made
        lead = ",\n"
    if lead != "{\n":
        yield "\n}"


def _array(value: Iterator[Any]) -> Iterator[str]:
    lead = "[\n"
    for inner in value:
        if inner.__class__ is dict:  # as almost all are: no need to ask what it is
            yield lead + orjson.dumps(inner).decode()
            lead = ",\n"
            continue
        made = chunks(inner)
        first = next(made, None)
        if first is not None:
            yield lead + first
            yield from made
            lead = ",\n"
    if lead != "[\n":
        yield "\n]"
