"""From where people signed in, against the address ranges from where they may."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.reading import before, local_day
from troth.model import Failure, Reason

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@measure("arrivals-inside", per="resource", args=("ranges", "within"), yields=("outside",))
def arrivals_inside(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``outside``: addresses of sign-ins in the time ``within`` that no range holds.

    Without a range that reads it is missing where anybody signed in: nobody said where the VPN
    is. Half a list counts where it holds one outside.
    """
    ranges = [network for text in inputs.args["ranges"] for network in _network(text)]
    for item in inputs.population.items:
        try:
            yield _one(item, ranges, inputs)
        except MissingFact as missing:
            yield told({"outside": missing.failure}, item.id)


def _one(item: Item, ranges: Sequence[_Network], inputs: Inputs) -> Measured:
    since = item.get("arrivals.since")
    notes = (f"sign-ins are recorded since {since:%Y-%m-%d}",)
    listed = item.get("arrivals.addresses")
    first = before(local_day(inputs.as_of, inputs.zone), inputs.args["within"])
    lately = [one for one in listed["items"] if local_day(one["last_at"], inputs.zone) >= first]
    outside = sorted(one["address"] for one in lately if not _inside(one["address"], ranges))
    if lately and not ranges:
        words = "name the address ranges of the VPN (vpn_ranges); nothing else tells them apart"
        return told({"outside": Failure(Reason.UNPROVEN, words)}, item.id, notes)
    if not outside:
        item.items("arrivals.addresses")
    return told({"outside": outside}, item.id, notes)


def _inside(address: str, ranges: Sequence[_Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError as error:
        words = f"{address!r} is no IP address"
        raise MissingFact(Failure(Reason.MALFORMED_RESPONSE, words)) from error
    return any(found in network for network in ranges)


def _network(text: str) -> Iterator[_Network]:
    try:
        yield ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return
