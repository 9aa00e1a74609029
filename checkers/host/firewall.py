"""The machine's own packet filter: what comes in, and what happens to the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    facet,
    partial,
)
from troth.checkers.host import iptables, nft
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.rulesets import Ruleset

_USES = ("nft_rules", "iptables_rules", "ip6tables_rules", "ipv6")
_DENIALS = ("ermitted", "ermission denied", "must be root")


class InputRules(HostChecker):
    """One resource: the input of the machine, by nftables and by iptables together."""

    id = "host.firewall"
    kind = "ingress-ruleset"
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "nft_rules": ("firewall",),
        "iptables_rules": ("firewall",),
        "ip6tables_rules": ("firewall",),
        "ipv6": ("ipv6",),
    }

    @call(
        "exec:nft -j list ruleset",
        actions=["run nft -j list ruleset (root)"],
        per="partition",
        absent_on=["not-installed"],
    )
    def nft_rules(self) -> str:
        """Return the ruleset of nftables as JSON."""
        return self._printed("nft", "-j", "list", "ruleset")

    @call(
        "exec:iptables -S",
        actions=["run iptables -S (root)"],
        per="partition",
        absent_on=["not-installed"],
    )
    def iptables_rules(self) -> str:
        """Return the filter rules of IPv4."""
        return self._printed("iptables", "-S")

    @call(
        "exec:ip6tables -S",
        actions=["run ip6tables -S (root)"],
        per="partition",
        absent_on=["not-installed"],
    )
    def ip6tables_rules(self) -> str:
        """Return the filter rules of IPv6."""
        return self._printed("ip6tables", "-S")

    @call("file:/proc/net/if_inet6", actions=["read /proc/net/if_inet6"], per="partition")
    def ipv6(self) -> bool:
        """Return whether any interface has an IPv6 address; without one only IPv4 counts."""
        path = "/proc/net/if_inet6"
        return self.tree.exists(path) and bool(self.tree.text(path).strip())

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine's one input."""
        name = self.read("machine_name")
        yield Resource(self.own_id("input"), name, self.partition.name)

    @facet("default", uses=_USES)
    def default(self, host: Resource, nft: Any, ip4: Any, ip6: Any, ipv6: bool) -> Facts:
        """Return deny only if both IP versions in use are refused by default.

        Rules for IPv4 alone leave IPv6 open.
        """
        found = _together(nft, ip4, ip6)
        needed = {4, 6} if ipv6 else {4}
        action = "deny" if needed <= found.denies else "allow"
        raw = {"denied_versions": sorted(found.denies), "ipv6_in_use": ipv6}
        return Facts({"action": action, "pre_made": False}, raw=raw)

    @facet("allows", uses=_USES)
    def allows(self, host: Resource, nft: Any, ip4: Any, ip6: Any, ipv6: bool) -> Facts:
        """Return what the rules let in; a rule that cannot be read leaves the list incomplete."""
        found = _together(nft, ip4, ip6)
        rules = [one.as_fact() for one in found.lets]
        if not found.unread:
            return Facts({"rules": complete(rules)})
        words = f"these rules are not understood: {', '.join(found.unread[:5])}"
        why = Failure(Reason.NOT_SUPPORTED, words)
        return Facts({"rules": partial(rules)}, {"rules": why}, {"not_understood": found.unread})

    def _printed(self, name: str, *arguments: str) -> str:
        ran = self.run(name, *arguments)
        if ran.status == 0:
            return ran.out
        if any(word in ran.err for word in _DENIALS):
            raise PermissionError(name)
        raise ObservationFailed(Reason.NO_DATA, f"{name} ended with status {ran.status}")


def _together(nft_rules: Any, ip4: Any, ip6: Any) -> Ruleset:
    """Return everything that any tool tells; a tool that is not installed tells nothing."""
    parts = [
        nft.ruleset(nft_rules) if nft_rules else Ruleset(),
        iptables.ruleset(ip4, 4) if ip4 else Ruleset(),
        iptables.ruleset(ip6, 6) if ip6 else Ruleset(),
    ]
    whole = Ruleset()
    for part in parts:
        whole.denies |= part.denies
        whole.lets += part.lets
        whole.unread += part.unread
    return whole
