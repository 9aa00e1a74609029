"""A host's packet filter as a default and a list of what is let in, whoever wrote the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

ANYWHERE = ("any", "0.0.0.0/0", "::/0")


@dataclass(frozen=True)
class Let:
    """One rule that lets connections in, as the kind ingress-ruleset has it."""

    id: str
    sources: str = "any"
    protocol: str = "all"
    ports: str = "all"

    def as_fact(self) -> dict[str, str]:
        """Return the rule as a fact."""
        scope = "anywhere" if self.sources in ANYWHERE else "somewhere"
        return {
            "id": self.id,
            "sources": self.sources,
            "protocol": self.protocol,
            "ports": self.ports,
            "scope": scope,
        }


@dataclass
class Ruleset:
    """What one tool tells of the input of one or both IP versions.

    ``denies`` holds the versions (4, 6) whose unnamed connections are refused. ``unread`` names
    rules that let something in but could not be read in full.
    """

    denies: set[int] = field(default_factory=set)
    lets: list[Let] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def spread(base: Let, sources: Iterable[str], ports: Iterable[str]) -> list[Let]:
    """Return one rule for each source and each port, with ids of their own."""
    made = [(source, port) for source in sources for port in ports]
    many = len(made) > 1
    return [
        replace(base, id=f"{base.id}#{i}" if many else base.id, sources=s, ports=p)
        for i, (s, p) in enumerate(made, 1)
    ]
