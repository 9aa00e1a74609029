"""Agents through which somebody else could administer the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from troth.checker import Resource, call, complete, facet
from troth.checkers.host.collector import HostChecker

#: Agents that take orders from outside, and where their packages put them.
AGENTS: Mapping[str, tuple[str, ...]] = {
    "aliyun-assist": ("/usr/sbin/aliyun-service",),
    "amazon-ssm-agent": (
        "/usr/bin/amazon-ssm-agent",
        "/snap/amazon-ssm-agent/current/amazon-ssm-agent",
    ),
    "cfengine": ("/var/cfengine/bin/cf-agent",),
    "chef": ("/usr/bin/chef-client", "/opt/chef/bin/chef-client"),
    "ec2-instance-connect": (
        "/usr/share/ec2-instance-connect/eic_run_authorized_keys",
        "/opt/aws/bin/eic_run_authorized_keys",
    ),
    "google-guest-agent": ("/usr/bin/google_guest_agent", "/usr/bin/google_guest_agent_manager"),
    "google-osconfig-agent": ("/usr/bin/google_osconfig_agent",),
    "landscape-client": ("/usr/bin/landscape-client",),
    "open-vm-tools": ("/usr/bin/vmtoolsd",),
    "oracle-cloud-agent": (
        "/snap/oracle-cloud-agent/current/agent",
        "/usr/libexec/oracle-cloud-agent/agent",
    ),
    "puppet": ("/usr/bin/puppet", "/opt/puppetlabs/bin/puppet"),
    "qemu-guest-agent": ("/usr/sbin/qemu-ga", "/usr/bin/qemu-ga"),
    "rhc": ("/usr/sbin/rhcd", "/usr/bin/yggdrasil"),
    "salt-minion": ("/usr/bin/salt-minion",),
    "teleport": ("/usr/local/bin/teleport", "/usr/bin/teleport"),
    "walinuxagent": ("/usr/sbin/waagent", "/usr/bin/waagent"),
}  # fmt: skip


class Management(HostChecker):
    """Calls and facets of a machine about who else could administer it."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {"agents_there": ("management",)}

    @call(
        "file:/usr/bin", actions=["look for known agents in /usr, /opt and /snap"], per="partition"
    )
    def agents_there(self) -> list[str]:
        """Return the known agents that are installed, running or not."""
        return sorted(name for name, paths in AGENTS.items() if any(map(self.tree.exists, paths)))

    @facet("management", uses=["agents_there"])
    def management(self, host: Resource, found: Sequence[str]) -> dict[str, Any]:
        """Return the agents; one that is not known here is not seen."""
        return {"agents": complete(found)}
