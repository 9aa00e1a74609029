"""The plan as text: every host stands above the operations that go there."""

from __future__ import annotations

from troth.cli.plan import lines
from troth.plan import Plan, Read


def read(checker: str, operation: str, *egress: str) -> Read:
    return Read("prod", checker, "eu-west-1", operation, "run", "read", True, (), egress)


def test_every_host_is_shown_above_what_goes_there() -> None:
    reads = (
        read("a", "one:Read"),
        read("b", "two:Read", "b.example:443"),
        read("b", "three:Read", "b.example:443"),
        read("c", "four:Read", "c.example:443"),
    )
    text = "\n".join(lines(Plan((), (), reads)))
    heads = [line for line in text.splitlines() if line.startswith("prod")]
    assert heads == [
        "prod eu-west-1",
        "prod eu-west-1 → b.example:443",
        "prod eu-west-1 → c.example:443",
    ]
    places = [text.index(word) for word in ("one", "→ b", "two", "three", "→ c", "four")]
    assert places == sorted(places)
