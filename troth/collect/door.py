"""The door through which everything seen has to pass before it is hashed and written.

Facts are what their kind allows and nothing else; one that holds a credential is missing, with the
reason, because a rule must not judge what was altered. Of the tags only those are kept whose names
the conditions of troth.yaml read: people write anything into the others. In words, names and
``raw``, which no rule reads, a credential is replaced where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from troth import credentials
from troth.checker import Facts, ObservationFailed, Resource
from troth.model import TAGS, Failure, Reason


class Disguise(Protocol):
    """Puts something else in the place of what should not be seen, equal for equal."""

    @property
    def about(self) -> Mapping[str, Any]:
        """Return what the run's envelope says of it, as JSON."""

    def facts(self, kind: str, facet: str, facts: Facts) -> Facts:
        """Return the facts of a facet as they may be seen."""

    def failure(self, kind: str, failure: Failure) -> Failure:
        """Return a failure in words that may be seen."""

    def resource(self, kind: str, resource: Resource) -> Resource:
        """Return a resource under the names that may be seen."""


@dataclass(frozen=True)
class Door:
    """What may pass: ``tags`` names those that are kept; ``disguise`` is asked for by the user."""

    tags: frozenset[str] = frozenset()
    disguise: Disguise | None = None

    def facts(self, kind: str, facet: str, facts: Facts) -> Facts:
        """Return the facts of a facet without credentials.

        Raises :class:`~troth.checker.ObservationFailed` where a tag that decides about scope
        holds one: what it said is not known then, and nothing may be left out for it.
        """
        made = self._tags(facts) if facet == TAGS else _without(facts)
        if self.disguise:
            made = self.disguise.facts(kind, facet, made)
        return made

    def failure(self, kind: str, failure: Failure) -> Failure:
        """Return a failure without credentials in its words."""
        made = _told(failure)
        return self.disguise.failure(kind, made) if self.disguise else made

    def resource(self, kind: str, resource: Resource) -> tuple[Resource, str]:
        """Return a resource as it may be named, and what its id held, or nothing.

        Two ids that differ in a credential only become one, so the list is not whole any more.
        """
        # Ids have colons of their own: "host:db-secret:/var/lib" is no name and its value.
        found = credentials.find_in_id(resource.id)
        shown = Resource(*map(credentials.redacted, resource))
        shown = shown._replace(id=credentials.redacted_id(resource.id))
        if self.disguise:
            shown = self.disguise.resource(kind, shown)
        return shown, found[0].what if found else ""

    def _tags(self, facts: Facts) -> Facts:
        kept = {}
        for name, value in facts.values.items():
            if name not in self.tags:
                kept[credentials.redacted(name)] = credentials.WITHHELD
                continue
            what = _held(value) or (credentials.is_named(name, value) and "password or secret")
            if what:
                raise ObservationFailed(Reason.NOT_ALLOWED, _refusal(f"tag '{name}'", what))
            kept[name] = value
        return Facts(kept, _messages(facts.missing), _cleaned(facts.raw))


def _without(facts: Facts) -> Facts:
    """Return facts of which those that hold a credential are missing, and say so."""
    values, missing, raw = dict(facts.values), _messages(facts.missing), facts.raw
    if credentials.find("\n".join(_texts(values))):
        for name in facts.values:
            what = _held(values[name])
            if what:
                del values[name]
                missing[name] = Failure(Reason.NOT_ALLOWED, _refusal(name, what))
    return Facts(values, missing, _cleaned(raw))


def _refusal(where: str, what: str) -> str:
    said = f"{where} holds a credential ({what}), which is never recorded"
    return f"{said}; take it out there and look again"


def _held(value: Any) -> str:
    """Return what credential a value holds anywhere in it, or nothing."""
    return next((hit.what for text in _texts(value) for hit in credentials.find(text)), "")


def _texts(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _messages(missing: Mapping[str, Failure]) -> dict[str, Failure]:
    return {fact: _told(why) for fact, why in missing.items()}


def _told(failure: Failure) -> Failure:
    said, permission = map(credentials.redacted, (failure.message, failure.permission))
    return Failure(failure.reason, said, permission)


def _cleaned(value: Any, name: str = "") -> Any:
    """Return provider detail with every credential in it replaced, also one known by its name."""
    if isinstance(value, str):
        named = credentials.is_named(name, value)
        return credentials.mark("password or secret") if named else credentials.redacted(value)
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner, name) for inner in value]
    return value
