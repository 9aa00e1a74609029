"""The kind that the tests of rules speak of: a box with a lock and a list of keys."""

from __future__ import annotations

from typing import Any

from troth.kinds import Kind, kind_from
from troth.params import Parameter
from troth.rules.fence import Surroundings

DATA: dict[str, Any] = {
    "id": "box",
    "title": "A box",
    "describes": "One per box.",
    "facets": {
        "lock": {
            "title": "How it is locked",
            "max_age": "P1D",
            "facts": {
                "closed": {"type": "boolean"},
                "bits": {"type": "integer"},
                "opened_at": {"type": ["string", "null"], "format": "date-time"},
                "owner": {"type": "object", "properties": {"name": {"type": "string"}}},
                "keys": {
                    "list": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "string"},
                            "bits": {"type": "integer"},
                            "uses": {"type": "array", "items": {"type": "string"}},
                        },
                    }
                },
            },
        },
        "place": {"title": "Where it is", "max_age": "P7D", "facts": {"room": {"type": "string"}}},
    },
    "example": {},
}
KIND: Kind = kind_from(DATA)
PARAMETERS = {
    "least": Parameter("least", "integer", "higher"),
    "rooms": Parameter("rooms", "set", "subset"),
    "within": Parameter("within", "duration", "lower"),
}
AROUND = Surroundings(KIND, ("lock",), PARAMETERS, ("share",))
WHOLE = Surroundings(KIND, ("lock", "place"), PARAMETERS, ("share",))
