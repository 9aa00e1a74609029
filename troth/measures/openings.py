"""Rule sets beside what answers: what they let in from anywhere, and whether anything is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from troth.measures.base import Inputs, Measured, MissingFact, Population, measure
from troth.measures.coverage import listed
from troth.model import Failure, Reason

#: Protocols without ports, by name and by number (IANA protocol numbers).
_PORTLESS = ("icmp", "igmp", "esp", "ah", "gre", "ipv6-icmp", "1", "2", "47", "50", "51", "58")

#: The network from which Google's identity-aware proxy forwards TCP, as its documentation says.
_PROXY = "35.235.240.0/20"


@measure("unpublished-rules", per="resource", args=("ports",), yields=("unpublished",))
def unpublished_rules(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``unpublished``: what each rule set lets in from anywhere at ports nobody publishes.

    ``ports`` is the kind of the ports, whose facet ``place`` says which are published; the numbers
    of all hosts are taken together, and count for UDP as well.
    """
    population = inputs.needs[inputs.args["ports"]]
    published, failure = _published(population)
    for item in inputs.population.items:
        rules, unread = listed(item, "allows.rules")
        open_rules = [rule for rule in rules if _from_anywhere(rule)]
        bad = sorted({_words(rule) for rule in open_rules if not _within(rule, published)})
        gap = unread or (failure if bad else None)
        # What is missing among the published can only excuse; a rule for every port never is.
        certain = any(_span(rule) is None for rule in open_rules) or (bad and not failure)
        if gap and not certain:
            yield Measured({}, {"unpublished": gap}, resource=item.id)
        else:
            yield Measured({"unpublished": bad}, resource=item.id)


def _published(population: Population) -> tuple[set[int], Failure | None]:
    numbers: set[int] = set()
    failure = population.failure
    for item in population.items:
        try:
            number = item.get("place.number")
            if item.get("place.published"):
                numbers.add(number)
        except MissingFact as signal:
            failure = failure or signal.failure
    return numbers, failure


def _from_anywhere(rule: Mapping[str, Any]) -> bool:
    return rule["scope"] == "anywhere" and rule["protocol"] not in _PORTLESS


def _span(rule: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the lowest and highest port of a rule, None where it names no port."""
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", rule["ports"])
    return (int(found[1]), int(found[2] or found[1])) if found else None


def _within(rule: Mapping[str, Any], numbers: set[int]) -> bool:
    span = _span(rule)
    return span is not None and all(n in numbers for n in range(span[0], span[1] + 1))


def _words(rule: Mapping[str, Any]) -> str:
    return f"{rule['protocol']} {rule['ports']} from {rule['sources']}"


@dataclass(frozen=True)
class _Answers:
    """Which ports answered from outside, which were asked, and why that may not be all."""

    open: frozenset[int]
    asked: frozenset[int]
    failure: Failure | None


@measure(
    "latent-rules", per="resource", args=("ports", "numbers", "equivalents"),
    yields=("exposed", "unaccepted"),
)  # fmt: skip
def latent_rules(inputs: Inputs) -> Iterator[Measured]:
    """Yield what each rule set lets in at ``numbers`` (texts): ``exposed`` and ``unaccepted``.

    ``exposed`` is whether one of the ports is let in from anywhere and answers from outside at any
    host. A rule behind which nothing answers is latent, which is a note; where nobody asked,
    ``exposed`` is missing. ``unaccepted`` is whether the network of the identity-aware proxy is
    let in although ``equivalents`` does not name ``identity_aware_proxy``.
    """
    numbers = {int(text) for text in inputs.args["numbers"] if text.isdecimal()}
    answers = _answers(inputs.needs[inputs.args["ports"]])
    accepted = "identity_aware_proxy" in inputs.args["equivalents"]
    for item in inputs.population.items:
        rules, unread = listed(item, "allows.rules")
        let_in = {n for rule in rules if _from_anywhere(rule) for n in _hit(rule, numbers)}
        by_proxy = any(rule["sources"] == _PROXY and _hit(rule, numbers) for rule in rules)
        exposed = _exposed(let_in, answers, unread)
        facts: dict[str, Any] = {} if isinstance(exposed, Failure) else {"exposed": exposed}
        missing = {"exposed": exposed} if isinstance(exposed, Failure) else {}
        if unread and not (by_proxy and not accepted):
            missing["unaccepted"] = unread
        else:
            facts["unaccepted"] = by_proxy and not accepted
        yield Measured(facts, missing, _latent(let_in, facts, by_proxy and accepted), item.id)


def _hit(rule: Mapping[str, Any], numbers: set[int]) -> set[int]:
    if rule["protocol"] in _PORTLESS or rule["protocol"] in ("udp", "17"):
        return set()
    low, high = _span(rule) or (0, 65535)
    return {number for number in numbers if low <= number <= high}


def _answers(population: Population) -> _Answers:
    opened: set[int] = set()
    asked: set[int] = set()
    failure = population.failure
    for item in population.items:
        try:
            number = item.get("place.number")
            if item.get("place.vantage") != "outside":
                continue
            if item.get("state.answers") == "open":
                opened.add(number)
            asked.add(number)
        except MissingFact as signal:
            failure = failure or signal.failure
    return _Answers(frozenset(opened), frozenset(asked), failure)


def _exposed(let_in: set[int], answers: _Answers, unread: Failure | None) -> bool | Failure:
    if let_in & answers.open:
        return True
    if unread:
        return unread
    if not let_in:
        return False
    if answers.failure:
        return answers.failure
    lacking = ", ".join(str(number) for number in sorted(let_in - answers.asked))
    text = f"let in from anywhere, and whether it answers was not asked from outside: {lacking}"
    return Failure(Reason.UNPROVEN, text) if lacking else False


def _latent(let_in: set[int], facts: Mapping[str, Any], by_proxy: bool) -> tuple[str, ...]:
    notes = []
    if let_in and facts.get("exposed") is False:
        ports = ", ".join(str(number) for number in sorted(let_in))
        notes.append(f"latent: {ports} let in from anywhere, though nothing answers there today")
    if by_proxy:
        notes.append(f"let in from {_PROXY}: the identity-aware proxy is accepted as equivalent")
    return tuple(notes)
