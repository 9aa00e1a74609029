"""The log of the audit daemon as a place where events are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, ClassVar

from troth.checker import (
    ABSENT,
    Facts,
    Listed,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
)
from troth.checkers.host import audit_rules, generations, log_facts
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.generations import Generation

_CONF = "/etc/audit/auditd.conf"
_FOLDER = "/var/log/audit"


class AuditLog(HostChecker):
    """One resource, the log of auditd; none on a machine without auditd."""

    id = "host.audit-log"
    kind = "log-store"
    lists = ("machine_name", "audit_settings")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "audit_settings": ("audit",),
        "audit_files": ("audit",),
        "audit_status": ("audit",),
        "audit_list": ("audit",),
    }

    @call(
        f"file:{_CONF}", actions=[f"read {_CONF} (root)"], per="partition", absent_on=["not-found"]
    )
    def audit_settings(self) -> dict[str, str]:
        """Return what the daemon is told."""
        return audit_rules.settings(self.tree.text(_CONF))

    @call(f"file:{_FOLDER}", actions=[f"read {_FOLDER} (root or group adm)"], per="partition")
    def audit_files(self) -> list[Generation]:
        """Return the live file and its rotated ones; only the first time stamps leave here."""
        path = demand(self.read("audit_settings")).get("log_file", audit_rules.LOG_FILE)
        if path.rpartition("/")[0] != _FOLDER:
            words = f"log_file of {_CONF} is not in {_FOLDER}, and only that folder is looked at"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        return generations.generations(self.tree, path, "", UTC)

    @call(
        "exec:auditctl -s",
        actions=["run auditctl -s (root)"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def audit_status(self) -> dict[str, int]:
        """Return whether the kernel audits, and which process takes what it tells."""
        found = audit_rules.status(self._said("-s"))
        return {name: demand(found, name) for name in ("enabled", "pid")} | found

    @call(
        "exec:auditctl -l",
        actions=["run auditctl -l (root)"],
        per="partition",
        absent_on=["not-installed", "not-live"],
    )
    def audit_list(self) -> dict[str, int]:
        """Return how many rules are loaded."""
        count = audit_rules.count(self._said("-l"))
        if count is None:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "auditctl -l printed no list")
        return {"rules": count}

    def _said(self, option: str) -> str:
        ran = self.run("auditctl", option)
        if "must be root" in ran.err or "Operation not permitted" in ran.err:
            raise PermissionError("auditctl")
        if ran.status != 0:
            words = f"auditctl {option} ended with status {ran.status}"
            raise ObservationFailed(Reason.NO_DATA, words)
        return ran.out

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the daemon's log, if the daemon is installed."""
        if self.read("audit_settings") is not ABSENT:  # which is not the same as no setting
            yield Resource(self.own_id("auditd"), "auditd", self.partition.name)

    @facet("retention", uses=["audit_settings"])
    def retention(self, log: Resource, conf: Mapping[str, str]) -> Facts:
        """Return what the settings guarantee: all, nothing, or as much as a size takes."""
        mode, days = audit_rules.retention(conf)
        told = ("max_log_file_action", "num_logs", "max_log_file", "write_logs")
        return Facts({"mode": mode, "days": days}, raw={n: conf[n] for n in told if n in conf})

    @facet("extent", uses=["audit_files"])
    def extent(self, log: Resource, files: list[Generation]) -> Facts:
        """Return which events are there, from the first one after which no file is lacking."""
        return generations.extent(files)

    @facet("content", uses=["audit_settings", "audit_status", "audit_list"])
    def content(self, log: Resource, conf: Any, status: Any, rules: Any) -> Facts:
        """Return which events reach the log: none where the kernel or the daemon is switched off.

        Without rules only sign-ins and what else programs report themselves arrive. Where the
        kernel cannot be asked, it is what the target gives to the log, or else what its nature is.
        """
        if audit_rules.retention(conf)[0] == "volatile":
            return Facts({"log_kinds": complete([])}, raw={"write_logs": "no"})
        raw = {**(status or {}), **(rules or {})}
        if status and not (status["enabled"] and status["pid"]):
            return Facts({"log_kinds": complete([])}, raw=raw)
        if rules and rules["rules"] == 0:
            return Facts({"log_kinds": complete(["login_logout"])}, raw=raw)
        return log_facts.content(conf.get("log_file", audit_rules.LOG_FILE), self.target)
