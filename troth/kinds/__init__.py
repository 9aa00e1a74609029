"""Kinds: provider-neutral descriptions of what is judged; the YAML files beside this module.

A kind says which facets a resource has and which facts are in each, with units, as JSON Schema.
The files are read by :mod:`troth.catalogue`; this module only knows what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from troth.model import TAGS, Proof

Coerce = Callable[[Any], Any]

#: How the requests of several clauses for one facet become one (see ``request`` in a kind).
MERGES = ("longest", "union")


@dataclass(frozen=True)
class Facet:
    """A group of facts that are read together.

    ``facts`` maps a fact to its JSON Schema. ``max_age`` is the ISO 8601 duration after which an
    observation is stale. ``request`` maps what clauses may ask for to how requests merge.
    """

    name: str
    title: str
    max_age: str
    facts: Mapping[str, Mapping[str, Any]]
    request: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the facet's facts; absence of a fact is checked apart."""
        return {
            "type": "object",
            "properties": dict(self.facts),
            "additionalProperties": self.name == TAGS and {"type": "string"},
        }

    @cached_property
    def _validator(self) -> Any:
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(self.schema, validate_formats=True)

    @cached_property
    def coerce(self) -> Coerce:
        """Return what gives facts as rules and measures see them: instants as aware datetimes."""
        return coercion(self.schema) or (lambda value: value)

    def problems(self, facts: Mapping[str, Any], missing: Collection[str] = ()) -> list[str]:
        """Return what is wrong with the facts, a sentence each; empty when nothing is."""
        found = [
            f"{'.'.join(str(step) for step in error.instance_path) or self.name}: {error.message}"
            for error in self._validator.iter_errors(dict(facts))
        ]
        lacking = [name for name in self.facts if name not in facts and name not in missing]
        return found + [f"{name}: neither read nor named as missing" for name in lacking]


@dataclass(frozen=True)
class Kind:
    """A provider-neutral description of a thing that is judged.

    ``proof_cap`` is the strongest proof that facts of this kind can give (a register: record).
    ``listing_max_age`` is the ISO 8601 duration after which a listing is stale, or empty.
    ``key`` names the facts that identify a register's row. ``origin`` is the file.
    """

    id: str
    title: str
    describes: str
    facets: Mapping[str, Facet]
    example: Mapping[str, Mapping[str, Any]]
    proof_cap: Proof = Proof.OUTCOME
    listing_max_age: str = ""
    key: tuple[str, ...] = ()
    origin: str = ""

    def validate(
        self, facet: str, facts: Mapping[str, Any], missing: Collection[str] = ()
    ) -> list[str]:
        """Return what is wrong with a facet's facts, a sentence each; empty when nothing is."""
        if facet not in self.facets:
            return [f"kind {self.id} has no facet {facet}"]
        return self.facets[facet].problems(facts, missing)


def kind_from(data: Mapping[str, Any], origin: str = "") -> Kind:
    """Return the kind that a kind file describes; the file has passed its schema before."""
    facets = {name: _facet(name, body) for name, body in data["facets"].items()}
    facets[TAGS] = Facet(TAGS, "The resource's own labels", "P1D", {})
    return Kind(
        id=data["id"],
        title=data["title"],
        describes=data["describes"],
        facets=facets,
        example=data["example"],
        proof_cap=Proof(data.get("proof_cap", Proof.OUTCOME)),
        listing_max_age=data.get("listing_max_age", ""),
        key=tuple(data.get("key", ())),
        origin=origin,
    )


def _facet(name: str, body: Mapping[str, Any]) -> Facet:
    facts = {fact: _expand(schema) for fact, schema in body["facts"].items()}
    request = {what: asked["merge"] for what, asked in body.get("request", {}).items()}
    return Facet(name, body["title"], body["max_age"], facts, request)


def _expand(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the ``list:`` shorthand out: items, and the claim to be complete."""
    if "list" not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "list"}
    return rest | {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": _expand(schema["list"])},
            "complete": {"const": True},
        },
        "required": ["items"],
        "additionalProperties": False,
    }


def is_list(schema: Mapping[str, Any]) -> bool:
    """Tell whether a fact is a list fact, which may be incomplete."""
    return "complete" in schema.get("properties", {})


def is_nullable(schema: Mapping[str, Any]) -> bool:
    """Tell whether a fact may be null: it has not happened, or has not ended."""
    kinds = schema.get("type", ())
    return "null" in ([kinds] if isinstance(kinds, str) else kinds)


def coercion(schema: Mapping[str, Any]) -> Coerce | None:
    """Return a function that turns instants in a value of this schema into datetimes, or None."""
    if schema.get("format") == "date-time":
        return _instant
    if "items" in schema:
        inner = coercion(schema["items"])
        return None if inner is None else _each(inner)
    members = {name: coercion(sub) for name, sub in schema.get("properties", {}).items()}
    wanted = {name: made for name, made in members.items() if made is not None}
    return _members(wanted) if wanted else None


def _instant(value: Any) -> Any:
    return value if value is None else datetime.fromisoformat(value)


def _each(inner: Coerce) -> Coerce:
    return lambda values: [inner(value) for value in values]


def _members(wanted: Mapping[str, Coerce]) -> Coerce:
    # Null is left alone here, so that most instants cost one call instead of two.
    members = tuple(
        (name, datetime.fromisoformat if inner is _instant else inner)
        for name, inner in wanted.items()
    )

    def coerce(value: Any) -> Any:
        made = dict(value)
        for name, inner in members:
            known = made.get(name)
            if known is not None:
                made[name] = inner(known)
        return made

    return coerce
