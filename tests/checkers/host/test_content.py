"""Card numbers in the logs of prepared trees (all lines written by hand)."""

from __future__ import annotations

from tests.checkers.host.machines import Tree
from troth.checkers.host.content import LOOKED_AT, Contents
from troth.model import Failure, Reason

#: Made for these tests: an issuer's first digits and a fitting check digit, of no bank.
CARD = "4539 1488 0343 6467"
READ = {"allow": ["data-read"]}


def test_a_number_in_a_log_is_counted_and_not_told(tree: Tree) -> None:
    tree.write("/var/log/shop.log", f"paid with {CARD}\nand 5555-5555-5555-4444\n")
    tree.write("/var/log/nginx/access.log", "GET /?order=4539148803436468 200\n")
    tree.write("/var/log/empty.log", "")
    _, found = tree.look(Contents, **READ)
    assert set(found) == {
        "host:web1:content:/var/log/nginx/access.log",
        "host:web1:content:/var/log/shop.log",
    }
    shop = found["host:web1:content:/var/log/shop.log"]
    assert shop["cards"] == {
        "looked_at": 2, "whole": True, "numbers": 1,
        "places": {"items": ["shop.log"], "complete": True},
        "named": {"items": [], "complete": True},
    }  # fmt: skip
    assert shop["use"] == {"form": "log", "purposes": []}
    assert found["host:web1:content:/var/log/nginx/access.log"]["cards"]["numbers"] == 0
    assert "6467" not in repr(found)


def test_of_a_long_log_the_end_is_looked_at(tree: Tree) -> None:
    tree.write("/var/log/syslog", f"{CARD}\n" + "x" * LOOKED_AT + f"\n{CARD}\n")
    cards = tree.only(Contents, **READ)["cards"]
    assert (cards["numbers"], cards["whole"]) == (1, False)


def test_contents_are_read_only_where_that_is_allowed(tree: Tree) -> None:
    tree.write("/var/log/syslog", CARD)
    cards = tree.only(Contents)["cards"]
    assert isinstance(cards, Failure)
    assert cards.reason == Reason.NOT_ALLOWED


def test_hostile_bytes_end_in_counts(tree: Tree) -> None:
    tree.write("/var/log/messages", b"\xff\x1b[2J\x00" + b"4" * 100_000 + b"\n" + b"- " * 50_000)
    cards = tree.only(Contents, **READ)["cards"]
    assert cards["numbers"] == 0
