"""How a machine is kept up: upgrades that were made, by whom, and the age of its release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Failure,
    ObservationFailed,
    Reason,
    Resource,
    call,
    demand,
    facet,
)
from troth.checkers.host import advisories, apk, apt, releases
from troth.checkers.host.histories import histories, zone_of
from troth.checkers.host.updates import Updates

_AUTOMATIC = "/var/log/unattended-upgrades/unattended-upgrades.log"
_INFO = "/usr/share/distro-info"


class Patches(Updates):
    """Facets of a machine that tell how it is kept up."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "upgraded": ("release", "patches"),
        "automatic_log": ("patches",),
        "automatic_settings": ("patches",),
        "support_files": ("release", "patches"),
    }

    @call(
        "file:/var/log/apt/history.log",
        actions=["read the history of apt, the newest package of rpm, or the database of apk"],
        per="partition",
    )
    def upgraded(self) -> dict[str, str]:
        """Return when a package was last upgraded and since when that is recorded; may be empty."""
        whose = releases.family(self.settings_of_release())
        last: datetime | None
        if whose == "debian":
            last, first = apt.upgrades(histories(self.tree), zone_of(self.tree))
        elif whose in ("redhat", "suse"):
            ran = self.first_line("rpm", "-qa", "--last")
            last = first = advisories.installed_at(ran.out) if ran.status == 0 else None
        elif whose == "alpine":
            built = apk.built(self.tree.text("/lib/apk/db/installed"))
            seconds = max(built.values(), default=0)
            last = first = datetime.fromtimestamp(seconds, UTC) if seconds else None
        else:
            words = "upgrades are read from apt, rpm and apk; this release has none of these"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        return {
            "last": last.isoformat() if last else "",
            "first": first.isoformat() if first else "",
        }

    @call(
        f"file:{_AUTOMATIC}",
        actions=[f"read {_AUTOMATIC} (root or group adm)"],
        per="partition",
        absent_on=["not-found"],
    )
    def automatic_log(self) -> dict[str, str]:
        """Return when an unattended upgrade last left nothing behind; empty if none is known."""
        text = self.tree.read(_AUTOMATIC, 1024 * 1024, -1024 * 1024).decode("utf-8", "replace")
        made = apt.left_nothing(text, zone_of(self.tree))
        return {"at": made.isoformat() if made else ""}

    @call(
        "file:/etc/apt/apt.conf.d",
        actions=["read /etc/apt/apt.conf.d and /etc/dnf/automatic.conf"],
        per="partition",
    )
    def automatic_settings(self) -> bool:
        """Return whether the machine installs security updates by itself."""
        tree = self.tree
        if apt.is_automatic(tree.texts("/etc/apt/apt.conf.d").values()):
            return tree.exists("/usr/bin/unattended-upgrade")
        if not tree.exists("/etc/dnf/automatic.conf"):
            return False
        settings = tree.text("/etc/dnf/automatic.conf")
        timers = tree.glob("/etc/systemd/system/timers.target.wants/dnf*automatic*.timer")
        forced = any("automatic-install" in one for one in timers)
        applies = re.search(r"(?mi)^\s*apply_updates\s*=\s*(yes|true|1|on)\s*$", settings)
        return bool(timers) and (forced or bool(applies))

    @call(
        f"file:{_INFO}",
        actions=[f"read {_INFO} and the status of Ubuntu Pro"],
        per="partition",
    )
    def support_files(self) -> dict[str, str]:
        """Return distro-info-data of this distribution and the status of Ubuntu Pro, or empty."""
        name = self.settings_of_release().get("ID", "")
        info = f"{_INFO}/{name}.csv" if name in ("debian", "ubuntu") else ""
        return {"info": self._text_or_none(info),
                "pro": self._text_or_none("/var/lib/ubuntu-advantage/status.json")}  # fmt: skip

    @facet("patching", uses=["upgraded"])
    def patching(self, host: Resource, upgraded: Mapping[str, str]) -> Facts:
        """Return when something was last upgraded, as far as the records go back."""
        if not upgraded["first"]:
            words = "no upgrade is recorded in a form that is known"
            raise ObservationFailed(Reason.NO_DATA, words)
        return Facts({"last_upgrade_at": upgraded["last"] or None,
                      "history_from": upgraded["first"]})  # fmt: skip

    @facet("automatic_updates", uses=["automatic_settings", "automatic_log"])
    def automatic_updates(self, host: Resource, installs: bool, log: Any) -> Facts:
        """Return whether updates install themselves, and when that last left nothing behind."""
        at = demand(log, "at") if log else ""
        return Facts({"mode": "installs" if installs else "off", "left_nothing_at": at or None})

    @facet("release", uses=["os_release", "support_files"])
    def release(
        self, host: Resource, settings: Mapping[str, str], files: Mapping[str, str]
    ) -> Facts:
        """Return the release and the last day of its support."""
        name = settings.get("PRETTY_NAME") or settings.get("ID") or "unnamed"
        found = releases.support(settings, demand(files, "info"), demand(files, "pro"))
        facts = {"name": name}
        if not found:
            words = f"the end of support of {name} is in no table; see the vendor's page"
            why = Failure(Reason.NOT_SUPPORTED, words)
            return Facts(facts, {"support_ends_on": why, "told_by": why})
        facts |= {"support_ends_on": found["ends_on"], "told_by": found["told_by"]}
        raw = {"paid_until": found.get("paid_until", ""), "table_checked_on": releases.CHECKED_ON}
        return Facts(facts, raw=raw)

    def _text_or_none(self, path: str) -> str:
        try:
            return self.tree.text(path) if path else ""
        except (FileNotFoundError, NotADirectoryError):
            return ""
