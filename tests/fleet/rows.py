"""Rows of a fleet: an endpoint, and the truth about it written down beforehand.

A truth maps ``facet.fact`` to the value that must be found, or to the reasons of which one must be
given; a facet alone stands for all its facts. What is not named is not compared. Truths are what
the servers were configured to do, never what a run of troth printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.checkers.tls import authority
from tests.checkers.tls.authority import Issued
from troth.model import Reason

HERE = "127.0.0.1"
#: The name that most certificates carry; ``address`` sends the prober to loopback.
NAME = "www.fleet.test"

YES, NO = "accepted", "refused"
UNKNOWN = {Reason.UNPROVEN, Reason.TIMEOUT, Reason.MALFORMED_RESPONSE}


@dataclass(frozen=True)
class Row:
    """One endpoint: its entry for a target, and the truth about it.

    ``honest`` endpoints treat every connection alike; ``moody`` ones show something else whenever
    they are looked at, so that what is told of them may differ, but must never be wrong. Those
    that are ``mute`` hang up where others send an alert, which takes three times to be believed.
    """

    name: str
    entry: Mapping[str, Any]
    truth: Mapping[str, Any]
    honest: bool = True
    moody: bool = False
    mute: bool = False

    @property
    def live(self) -> bool:
        """Tell whether there is TLS to be seen at all."""
        return "versions" not in self.truth


@dataclass
class Fleet:
    """The rows that run, the trust store for them, and what to do between two runs."""

    store: Path
    rows: list[Row] = field(default_factory=list)
    resets: list[Callable[[], None]] = field(default_factory=list)

    def reset(self) -> None:
        """Let servers that count connections begin anew."""
        for each in self.resets:
            each()


def versions(*spoken: str) -> dict[str, str]:
    """Return the truth about versions, of which these are spoken."""
    names = ("ssl3", "tls1_0", "tls1_1", "tls1_2", "tls1_3")
    return {f"versions.{name}": YES if name in spoken else NO for name in names}


def trust(chain: str = "trusted", name: str = "matches") -> dict[str, str]:
    """Return the truth about chain and name."""
    return {"trust.chain": chain, "trust.name": name}


def leaves(*keys: str) -> dict[str, Any]:
    """Return the truth about the keys of all leaves: ``RSA 2048``."""
    return {"leaves": sorted(keys)}


def nothing(reason: Reason) -> dict[str, Reason]:
    """Return the truth about an endpoint of which nothing can be seen, for one reason."""
    return dict.fromkeys(("versions", "ciphers", "certificates", "trust", "stapling"), reason)


MODERN = versions("tls1_2", "tls1_3")


@dataclass(frozen=True)
class House:
    """The fleet's authorities."""

    root: Issued
    middle: Issued

    def leaf(self, kind: str = "p256", names: tuple[str, ...] = (NAME,), **more: Any) -> Issued:
        """Return a leaf under the intermediate."""
        return authority.leaf(self.middle, names, kind, **more)


def entry(port: int, server_name: str = NAME, **more: Any) -> dict[str, Any]:
    """Return the entry of an endpoint on loopback that is asked for by name."""
    return {"host": server_name, "port": port, "address": HERE, **more}
