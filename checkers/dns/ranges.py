"""Which cloud an address belongs to, by the lists of addresses that the clouds publish.

Amazon publishes ``ip-ranges.json`` (https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html),
Google ``cloud.json`` and ``goog.json`` (https://support.google.com/a/answer/10026322). The user
keeps copies: troth itself fetches nothing.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from troth.checker import Failure, Reason

PROVIDERS = ("aws", "gcp")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, order=True)
class Range:
    """Whose a network is; ``region`` and ``service`` as the list names them, or empty."""

    provider: str
    region: str = ""
    service: str = ""

    @property
    def rank(self) -> tuple[bool, bool, Range]:
        """Return the order of ranges of one network: AMAZON covers all, EC2 what others use."""
        return self.service == "AMAZON", self.service == "EC2", self


@dataclass
class Published:
    """All lists of a target; ``providers`` are those that were read, whole and without a fault."""

    providers: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    _networks: dict[tuple[int, int], dict[int, Range]] = field(default_factory=dict)

    @classmethod
    def of(cls, target: Mapping[str, Any]) -> Published:
        """Read the lists that a target names; what is wrong with one is among the failures."""
        made = cls()
        for row in target.get("ranges", ()):
            path = Path(target.get("base_dir", ".")) / row["file"]
            try:
                made.add(row["provider"], path.read_bytes())
            except OSError as error:
                text = f"ranges of {row['provider']}: {path} cannot be read: {error.strerror}"
                made.failures.append(Failure(Reason.NO_DATA, text))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                text = f"ranges of {row['provider']}: {path} is not such a list: {error!r:.200}"
                made.failures.append(Failure(Reason.MALFORMED_RESPONSE, text))
        return made

    def add(self, provider: str, body: bytes) -> None:
        """Take a published list; raises ValueError, KeyError or TypeError if it is none."""
        data = json.loads(body)
        rows = [(ipaddress.ip_network(text), one) for text, one in _READERS[provider](data)]
        if not rows:
            raise ValueError("it names no network")
        for network, one in rows:
            known = self._networks.setdefault((network.version, network.prefixlen), {})
            number = int(network.network_address)
            known[number] = min(one, known.get(number, one), key=lambda each: each.rank)
        self.providers.add(provider)
        self.dates.append(f"{provider} {data.get('createDate') or data.get('creationTime')}")

    def find(self, address: str) -> Range | None:
        """Return the range of the longest prefix that holds an address; None if none does."""
        wanted = ipaddress.ip_address(address)
        for length in range(wanted.max_prefixlen, -1, -1):
            known = self._networks.get((wanted.version, length))
            found = known.get(_first(wanted, length)) if known else None
            if found is not None:
                return found
        return None


def _first(address: _Address, length: int) -> int:
    dropped = address.max_prefixlen - length
    return int(address) >> dropped << dropped


def _aws(data: Any) -> Iterator[tuple[str, Range]]:
    for rows, key in ((data["prefixes"], "ip_prefix"), (data["ipv6_prefixes"], "ipv6_prefix")):
        for row in rows:
            yield row[key], Range("aws", str(row["region"]).lower(), str(row["service"]))


def _gcp(data: Any) -> Iterator[tuple[str, Range]]:
    for row in data["prefixes"]:
        prefix = row["ipv4Prefix"] if "ipv4Prefix" in row else row["ipv6Prefix"]
        # goog.json, which holds all of Google, names neither scope nor service.
        yield prefix, Range("gcp", str(row.get("scope", "")), str(row.get("service", "")))


_READERS = {"aws": _aws, "gcp": _gcp}


def networks(addresses: Iterable[str]) -> list[str]:
    """Return the /24 or /48 of each address, each once, sorted."""
    found = {
        str(ipaddress.ip_network((address, 48 if ":" in address else 24), strict=False))
        for address in addresses
    }
    return sorted(found)
