"""Services that run on a machine, also those that listen nowhere."""

from __future__ import annotations

import fnmatch
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
    facet,
)
from troth.checkers.host import units
from troth.checkers.host.collector import HostChecker

_SYSTEMD = (
    "list-units", "--type=service,socket", "--state=running,listening", "--plain", "--no-legend",
    "--no-pager", "--full",
)  # fmt: skip


class Services(HostChecker):
    """One resource per service that systemd, OpenRC, inetd or xinetd runs or would start."""

    id = "host.service"
    kind = "service"
    options: ClassVar[Mapping[str, Any]] = {
        **HostChecker.options,
        "allowed_services": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "description": "services that may run, with * and ?: ssh.service, systemd-*",
        },
    }
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "systemd_units": ("services",),
        "openrc_services": ("services",),
        "inetd_services": ("services",),
    }
    lists = ("machine_name", "systemd_units", "openrc_services", "inetd_services")

    @call(
        "exec:systemctl",
        actions=["run systemctl list-units"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def systemd_units(self) -> list[str]:
        """Return the units that run and the sockets that would start one; none without systemd."""
        ran = self.run("systemctl", *_SYSTEMD)
        if "not been booted with systemd" in ran.err:
            return []
        found = units.of_systemd(ran.out) if ran.status == 0 else None
        if not found:
            words = "systemctl did not list what runs; try systemctl list-units there by hand"
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, words)
        return found

    @call(
        "exec:rc-status",
        actions=["run rc-status --all"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def openrc_services(self) -> list[str]:
        """Return the services that OpenRC has started."""
        ran = self.run("rc-status", "--all", "--nocolor")
        return units.of_openrc(ran.out) if ran.status == 0 else []

    @call(
        "file:/etc/inetd.conf",
        actions=["read /etc/inetd.conf and /etc/xinetd.d"],
        per="partition",
    )
    def inetd_services(self) -> list[str]:
        """Return what inetd and xinetd start when somebody asks."""
        tree = self.tree
        found = []
        if tree.exists("/etc/inetd.conf"):
            found = [f"inetd:{one}" for one in units.of_inetd(tree.text("/etc/inetd.conf"))]
        files = list(tree.texts("/etc/xinetd.d").values())
        return found + [f"xinetd:{one}" for one in units.of_xinetd(files)]

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every service; without a manager that answers there may be more."""
        managed = [*(self.read("systemd_units") or []), *(self.read("openrc_services") or [])]
        for name in sorted({*managed, *self.read("inetd_services")}):
            yield Resource(self.own_id(f"service:{name}"), name, self.partition.name)
        if not managed:
            words = "neither systemd nor OpenRC tells what runs here; ask on the running machine"
            yield Listed(failure=Failure(Reason.NOT_SUPPORTED, words))

    @facet("use", uses=[])
    def use(self, service: Resource) -> Facts:
        """Return whether the target lists it."""
        if "allowed_services" not in self.target:
            words = "the target does not say which services may run; set allowed_services"
            return Facts({}, {"allowed": Failure(Reason.NO_DATA, words)})
        patterns = self.target["allowed_services"]
        return Facts({"allowed": any(fnmatch.fnmatchcase(service.name, one) for one in patterns)})
