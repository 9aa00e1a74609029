"""Facts are an allow-list: a kind names every key, so nothing else can be recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from troth.catalogue.kinds import kind_files, load_kind, read_kind, shipped_folder
from troth.errors import InputError

KIND: dict[str, Any] = {
    "schema": 1, "id": "thing", "title": "A thing", "describes": "Things.",
    "facets": {"state": {"title": "How it is", "max_age": "P1D", "facts": {}}},
    "example": {"state": {"fact": "x"}},
}  # fmt: skip

OPEN = {
    "anything": ({}, "write type: or enum:"),
    "object": ({"type": "object"}, "write additionalProperties: false"),
    "object-or-null": ({"type": ["object", "null"]}, "write additionalProperties: false"),
    "list-of-anything": ({"list": {}}, "write type: or enum:"),
    "array": ({"type": "array"}, "write items:"),
    "deep": (
        {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "object"}}},
        "write additionalProperties: false",
    ),
    "one-of": ({"oneOf": [{"type": "string"}, {}]}, "write type: or enum:"),
}


@pytest.mark.parametrize("name", OPEN)
def test_a_kind_that_leaves_open_what_a_fact_holds_is_refused(tmp_path: Path, name: str) -> None:
    schema, advice = OPEN[name]
    facets = {"state": {**KIND["facets"]["state"], "facts": {"fact": schema}}}
    path = tmp_path / "thing.yaml"
    path.write_text(yaml.safe_dump({**KIND, "facets": facets}, sort_keys=False))
    with pytest.raises(InputError, match=f"fact 'fact' may hold anything; {advice}"):
        read_kind(path)


@pytest.mark.parametrize("kind", [path.stem for path in kind_files(shipped_folder())])
def test_what_a_kind_does_not_name_does_not_pass(kind: str) -> None:
    made = load_kind(kind)
    for facet, example in made.example.items():
        assert made.validate(facet, example) == []
        for spoilt in _spoilt(dict(example)):
            assert made.validate(facet, spoilt) != []


def _spoilt(value: Any) -> list[Any]:
    """Return the value with one unnamed key more, once for every object in it."""
    if isinstance(value, list):
        return [
            [*value[:at], bad, *value[at + 1 :]]
            for at, inner in enumerate(value)
            for bad in _spoilt(inner)
        ]
    if not isinstance(value, dict):
        return []
    deeper = [{**value, key: bad} for key, inner in value.items() for bad in _spoilt(inner)]
    return [{**value, "unnamed": "x"}, *deeper]
