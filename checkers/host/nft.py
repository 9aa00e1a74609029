"""What ``nft -j list ruleset`` lets in; pure functions of its JSON.

Source: libnftables-json(5). A packet must pass every base chain of the input hook, so one chain
that refuses what it does not name is enough; rules are read in order, with the chains they jump
to, up to the first that ends everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import ObservationFailed, Reason
from troth.checkers.host.rulesets import Let, Ruleset, spread

_VERSIONS = {"inet": {4, 6}, "ip": {4}, "ip6": {6}}
_IGNORED = {"counter", "log", "comment", "limit", "quota", "mangle", "notrack", "flow"}
_ENDS = {"accept", "drop", "reject"}
_Chain = tuple[str, str, str]


class _Unread(Exception):
    """A match of a kind that is not understood."""


def ruleset(printed: str) -> Ruleset:
    """Return the input side of a ruleset; ``malformed-response`` for what is not nft's JSON."""
    try:
        rows = json.loads(printed)["nftables"]
        return _read(rows)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, "nft's answer lacks parts; it may be truncated"
        ) from error


def _read(rows: list[dict[str, Any]]) -> Ruleset:
    rules: dict[_Chain, list[Mapping[str, Any]]] = {}
    sets: dict[_Chain, list[Any]] = {}
    bases = []
    for row in rows:
        if "chain" in row and row["chain"].get("hook") == "input":
            bases.append(row["chain"])
        elif "rule" in row:
            rule = row["rule"]
            rules.setdefault((rule["family"], rule["table"], rule["chain"]), []).append(rule)
        elif "set" in row:
            named = row["set"]
            sets[named["family"], named["table"], named["name"]] = named.get("elem", [])
    found = Ruleset()
    for base in bases:
        if base["family"] in _VERSIONS and not _is_iptables(base):
            _chain(found, base, rules, sets)
    return found


def _is_iptables(base: Mapping[str, Any]) -> bool:
    """Tell whether iptables keeps this chain in nftables; it is read through iptables itself."""
    return base["name"] == "INPUT" and base["table"] in ("filter", "mangle", "nat", "security")


def _chain(
    found: Ruleset,
    base: Mapping[str, Any],
    rules: Mapping[_Chain, list[Mapping[str, Any]]],
    sets: Mapping[_Chain, list[Any]],
) -> None:
    family, table = base["family"], base["table"]
    for rule in _flat(rules, (family, table, base["name"]), ()):
        matches = [e["match"] for e in rule["expr"] if "match" in e]
        strange = [k for e in rule["expr"] for k in e if k not in _IGNORED | _ENDS | {"match"}]
        verdict = next((k for e in rule["expr"] for k in e if k in _ENDS), "")
        name = f"{family} {table} {rule['chain']} {rule['handle']}"
        if verdict in ("drop", "reject") and not matches and not strange:
            found.denies |= _VERSIONS[family]
            return
        if verdict == "accept":
            try:
                found.lets += _let(name, matches, strange, (family, table, ""), sets)
            except _Unread:
                found.unread.append(name)
        elif "goto" in strange or not _knows_state_only(rule):
            found.unread.append(name)
    if base.get("policy", "accept") == "drop":
        found.denies |= _VERSIONS[family]


def _flat(
    rules: Mapping[_Chain, list[Mapping[str, Any]]], chain: _Chain, above: tuple[_Chain, ...]
) -> Iterator[Mapping[str, Any]]:
    """Yield a chain's rules with those of the chains it jumps to, under the jump's own matches."""
    for rule in rules.get(chain, []):
        jump = next((e["jump"]["target"] for e in rule["expr"] if "jump" in e), None)
        target = (chain[0], chain[1], str(jump))
        if jump is None or target in (*above, chain):
            yield rule
            continue
        condition = [e for e in rule["expr"] if "jump" not in e and "counter" not in e]
        for inner in _flat(rules, target, (*above, chain)):
            yield {**inner, "expr": condition + list(inner["expr"])}


def _let(
    name: str,
    matches: list[Mapping[str, Any]],
    strange: list[str],
    place: _Chain,
    sets: Mapping[_Chain, list[Any]],
) -> list[Let]:
    sources, protocol, ports = ["any"], "all", ["all"]
    if strange:
        raise _Unread
    for match in matches:
        payload, meta = match["left"].get("payload", {}), match["left"].get("meta", {})
        field, key = payload.get("field", ""), meta.get("key", "")
        if _opens_nothing(match):
            return []
        if "ct" in match["left"] or key == "nfproto":
            continue
        if match["op"] != "==":
            raise _Unread
        if field == "saddr":
            sources = _values(match["right"], place, sets)
        elif field == "dport":
            protocol, ports = payload["protocol"], _values(match["right"], place, sets)
        elif key == "l4proto" or field in ("protocol", "nexthdr"):
            protocol = "/".join(_values(match["right"], place, sets))
        elif payload.get("protocol") in ("icmp", "icmpv6", "igmp"):
            protocol = payload["protocol"]
        else:
            raise _Unread
    return spread(Let(name, protocol=protocol), sources, ports)


def _opens_nothing(match: Mapping[str, Any]) -> bool:
    """Tell whether a match holds only for known connections, or only on the loopback."""
    left, right, op = match["left"], match["right"], match["op"]
    if left.get("meta", {}).get("key") in ("iif", "iifname"):
        return bool(op == "==" and right == "lo")
    if "ct" not in left:
        return False
    if left["ct"].get("key") != "state" or op not in ("in", "=="):
        raise _Unread
    return "new" not in _plain(right)


def _knows_state_only(rule: Mapping[str, Any]) -> bool:
    """Tell whether a verdict map decides by connection state and accepts no new connection."""
    for said in (e["vmap"] for e in rule["expr"] if "vmap" in e):
        if said["key"].get("ct", {}).get("key") != "state":
            return False
        if any("new" in _plain(one) and "accept" in then for one, then in said["data"]["set"]):
            return False
    return True


def _plain(right: Any) -> list[str]:
    found = right.get("set", []) if isinstance(right, Mapping) else right
    return [str(one) for one in (found if isinstance(found, list) else [found])]


def _values(right: Any, place: _Chain, sets: Mapping[_Chain, list[Any]]) -> list[str]:
    """Return the values that a match is true for; a named set's are looked up."""
    if isinstance(right, str) and right.startswith("@"):
        key = (place[0], place[1], right[1:])
        if key not in sets:
            raise _Unread
        return [value for one in sets[key] for value in _values(one, place, sets)]
    if isinstance(right, list):
        return [value for one in right for value in _values(one, place, sets)]
    if not isinstance(right, Mapping):
        return [str(right)]
    if "set" in right:
        return _values(right["set"], place, sets)
    if "elem" in right:
        return _values(right["elem"]["val"], place, sets)
    if "prefix" in right:
        return [f"{right['prefix']['addr']}/{right['prefix']['len']}"]
    if "range" in right:
        return ["{}-{}".format(*right["range"])]
    raise _Unread
