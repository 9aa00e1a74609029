"""What ``iptables -S`` and ``ip6tables -S`` let in; pure functions of their lines.

Source: iptables(8), iptables-extensions(8). Rules are read in order, with the chains they jump
to, up to the first that ends everything.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from troth.checkers.host.rulesets import Let, Ruleset, spread

_KNOWN = {
    "-p": "protocol",
    "-s": "source",
    "-i": "interface",
    "--dport": "ports",
    "--dports": "ports",
    "--ctstate": "states",
    "--state": "states",
    "--src-range": "source",
}
#: Options that narrow nothing that the facts tell, and take a value.
_IGNORED = {
    "-m",
    "--comment",
    "--icmp-type",
    "--icmpv6-type",
    "--limit",
    "--limit-burst",
    "--log-prefix",
    "--log-level",
    "--reject-with",
}
_ENDS = {"ACCEPT", "DROP", "REJECT"}


@dataclass(frozen=True)
class _Rule:
    number: str
    target: str
    said: Mapping[str, str] = field(default_factory=dict)
    strange: tuple[str, ...] = ()


def ruleset(printed: str, version: int) -> Ruleset:
    """Return the input side of one IP version's rules (4 or 6)."""
    policy, chains = _parsed(printed, version)
    found = Ruleset()
    for rule in _flat(chains, "INPUT", ()):
        bare = not rule.said and not rule.strange
        if rule.target in ("DROP", "REJECT") and bare:
            found.denies.add(version)
            return found
        if rule.target == "ACCEPT":
            if rule.strange:
                found.unread.append(rule.number)
            else:
                found.lets += _let(rule, version)
            if bare:
                return found
        elif rule.target not in _ENDS | {"LOG", "NFLOG", "RETURN", ""} and rule.strange != (
            "jump",
        ):
            found.unread.append(rule.number)
    if policy in ("DROP", "REJECT"):
        found.denies.add(version)
    return found


def _parsed(printed: str, version: int) -> tuple[str, dict[str, list[_Rule]]]:
    policy, chains = "ACCEPT", dict[str, list[_Rule]]()
    for line in printed.splitlines():
        words = shlex.split(line)
        if words[:2] == ["-P", "INPUT"]:
            policy = words[2]
        elif words[:1] == ["-N"]:
            chains.setdefault(words[1], [])
        elif words[:1] == ["-A"]:
            chain = chains.setdefault(words[1], [])
            chain.append(_rule(f"ipv{version} {words[1]} {len(chain) + 1}", words[2:]))
    return policy, chains


def _rule(number: str, words: list[str]) -> _Rule:
    said: dict[str, str] = {}
    target, strange, rest = "", [], list(words)
    while rest:
        word = rest.pop(0)
        if word in ("-j", "-g") and rest:
            target = rest.pop(0)
        elif word in _KNOWN and rest:
            said[_KNOWN[word]] = rest.pop(0)
        elif word in _IGNORED and rest:
            rest.pop(0)
        else:
            strange.append(word)
    return _Rule(number, target, said, tuple(strange))


def _flat(chains: Mapping[str, list[_Rule]], chain: str, above: tuple[str, ...]) -> Iterator[_Rule]:
    for rule in chains.get(chain, []):
        if rule.target not in chains or rule.target in (*above, chain):
            yield rule
            continue
        for inner in _flat(chains, rule.target, (*above, chain)):
            said = {**rule.said, **inner.said}
            both = {k for k in rule.said if inner.said.get(k, rule.said[k]) != rule.said[k]}
            strange = (*rule.strange, *inner.strange, *sorted(both))
            yield _Rule(inner.number, inner.target, said, strange)


def _let(rule: _Rule, version: int) -> list[Let]:
    said = rule.said
    if said.get("interface") == "lo" or "NEW" not in said.get("states", "NEW").split(","):
        return []
    ports = said.get("ports", "all").replace(":", "-").split(",")
    source = said.get("source", "0.0.0.0/0" if version == 4 else "::/0")
    return spread(Let(rule.number, protocol=said.get("protocol", "all")), [source], ports)
