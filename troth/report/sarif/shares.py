"""How many findings of each rule fit into what a code platform takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from troth.report.brief import Rule


class Shares(NamedTuple):
    """What is written: findings of each rule, and how many more it has that are only counted.

    ``left`` counts the rules, ``lost`` the findings that there was no room to name at all.
    """

    shown: Mapping[Rule, int]
    more: Mapping[Rule, int]
    left: int = 0
    lost: int = 0


def everything(counts: Mapping[Rule, int]) -> Shares:
    """Return shares that leave nothing out."""
    return Shares(counts, {})


def fair(counts: Mapping[Rule, int], most: int) -> Shares:
    """Return shares of ``most`` results (2 or more), the same limit for every rule.

    A rule over the limit gives one result up to say how many more there are. Where even one a rule
    is too much, those that come first are told, and one result stands for all others.
    """
    told, room = dict(counts), most
    if len(counts) > most:
        room -= 1  # for the one result that stands for the others
        told = dict(list(counts.items())[:room])
    limit = _limit(list(told.values()), room)
    shown = {rule: count if count <= limit else limit - 1 for rule, count in told.items()}
    more = {rule: count - shown[rule] for rule, count in told.items() if count > limit}
    lost = sum(counts.values()) - sum(told.values())
    return Shares(shown, more, len(counts) - len(told), lost)


def _limit(counts: list[int], most: int) -> int:
    """Return the largest limit a rule under which all together take ``most`` results or fewer."""
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(count, middle) for count in counts) <= most:
            low = middle
        else:
            high = middle - 1
    return low
