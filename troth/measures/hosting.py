"""Where names lead: at which provider, in which region, or at a network that only delivers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from troth.measures.base import Inputs, Item, Measured, measure
from troth.measures.coverage import listed
from troth.model import Failure, Reason

#: Ends of host names in the networks of companies that deliver other people's pages.
_DELIVERY_NAMES = (
    "akamai.net", "akamaiedge.net", "akamaized.net", "azureedge.net", "azurefd.net", "b-cdn.net",
    "cdn.cloudflare.net", "cdn77.org", "edgekey.net", "edgesuite.net", "fastly.net",
    "fastlylb.net", "impervadns.net", "incapdns.net", "kxcdn.com", "llnwd.net", "stackpathdns.com",
    "sucuri.net",
)  # fmt: skip

#: Address ranges that Cloudflare (www.cloudflare.com/ips) and Fastly (api.fastly.com) publish.
_DELIVERY_RANGES = tuple(
    ipaddress.ip_network(text)
    for text in (
        "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "104.16.0.0/13", "104.24.0.0/14",
        "108.162.192.0/18", "131.0.72.0/22", "141.101.64.0/18", "162.158.0.0/15", "172.64.0.0/13",
        "173.245.48.0/20", "188.114.96.0/20", "190.93.240.0/20", "197.234.240.0/22",
        "198.41.128.0/17", "2400:cb00::/32", "2405:8100::/32", "2405:b500::/32", "2606:4700::/32",
        "2803:f800::/32", "2a06:98c0::/29", "2c0f:f248::/32",
        "23.235.32.0/20", "43.249.72.0/22", "103.244.50.0/24", "103.245.222.0/23",
        "103.245.224.0/24", "104.156.80.0/20", "140.248.64.0/18", "140.248.128.0/17",
        "146.75.0.0/17", "151.101.0.0/16", "157.52.64.0/18", "167.82.0.0/17", "167.82.128.0/20",
        "167.82.160.0/20", "167.82.224.0/20", "172.111.64.0/18", "185.31.16.0/22",
        "199.27.72.0/21", "199.232.0.0/16", "2a04:4e40::/32", "2a04:4e42::/32",
    )
)  # fmt: skip

#: Services that are in no region, whatever their list says.
_GLOBAL = frozenset({"CLOUDFRONT", "GLOBALACCELERATOR", "ROUTE53", "ROUTE53_HEALTHCHECKS"})


@dataclass
class _Place:
    """What the addresses of one name come to."""

    elsewhere: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    placed: int = 0
    delivered: list[str] = field(default_factory=list)
    previous: list[str] = field(default_factory=list)


@measure(
    "names-hosted", per="resource", args=("provider", "previous", "region", "equivalent"),
    yields=("elsewhere", "outside"),
)  # fmt: skip
def names_hosted(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``elsewhere`` and ``outside``: addresses at other providers, and in other regions.

    ``provider`` and ``previous`` are the provider's short name (aws, gcp) and that of the one
    before it, where addresses may still lie; ``region`` and ``equivalent`` are the regions that
    will do. What is empty is not judged. Behind a network that only delivers, the origin may be
    anywhere: unproven. What is in no region (CloudFront, Route 53) is in no other one either.
    """
    wanted = {inputs.args["region"], inputs.args["equivalent"]} - {""}
    for item in inputs.population.items:
        found, gap = listed(item, "addresses.found")
        aliases, more = listed(item, "addresses.aliases")
        gap = gap or more or _nowhere(item, found)
        place = _placed(found, aliases, inputs.args, wanted)
        facts: dict[str, Any] = {}
        missing: dict[str, Failure] = {}
        first = gap or _origin(item, place.delivered)
        _settle(facts, missing, "elsewhere", place.elsewhere, first)
        unplaced = None if place.placed or not wanted else _nothing_placed(item)
        _settle(facts, missing, "outside", place.outside, first or unplaced)
        yield Measured(facts, missing, _notes(place, inputs.args["previous"]), item.id)


def _settle(
    facts: dict[str, Any],
    missing: dict[str, Failure],
    name: str,
    bad: list[str],
    gap: Failure | None,
) -> None:
    """Put a fact or why it is missing; a counter-example needs nothing besides itself."""
    if bad or gap is None:
        facts[name] = sorted(bad)
    else:
        missing[name] = gap


def _placed(
    found: Iterable[Mapping[str, Any]],
    aliases: Iterable[str],
    args: Mapping[str, Any],
    wanted: set[str],
) -> _Place:
    place = _Place()
    by_name = any(_ends_in(alias) for alias in aliases)
    for row in found:
        words = f"{row['address']} ({row['provider']} {row['region']})".replace(" )", ")")
        if row["provider"] == args["previous"] != "":
            place.previous.append(words)
        elif args["provider"] and row["provider"] != args["provider"]:
            delivers = by_name or _delivers(row["address"])
            (place.delivered if delivers else place.elsewhere).append(words)
            continue
        if not wanted or row["region"].lower() in ("", "global") or row.get("service") in _GLOBAL:
            continue
        place.placed += 1
        if row["region"] not in wanted:
            place.outside.append(words)
    return place


def _ends_in(alias: str) -> bool:
    return any(alias == name or alias.endswith(f".{name}") for name in _DELIVERY_NAMES)


def _delivers(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _DELIVERY_RANGES)


def _nowhere(item: Item, found: list[Any]) -> Failure | None:
    return None if found else Failure(Reason.NO_DATA, f"{item.id} leads to no address")


def _origin(item: Item, delivered: list[str]) -> Failure | None:
    if not delivered:
        return None
    text = f"{item.id} leads to a delivery network ({delivered[0]}); the origin cannot be seen"
    return Failure(Reason.UNPROVEN, text)


def _nothing_placed(item: Item) -> Failure:
    text = f"no address of {item.id} is in any region; the servers behind it cannot be seen"
    return Failure(Reason.UNPROVEN, text)


def _notes(place: _Place, previous: str) -> tuple[str, ...]:
    if not place.previous:
        return ()
    return (f"still at {previous}: {', '.join(sorted(place.previous))}",)
