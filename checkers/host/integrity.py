"""Whether what runs on a machine is what was installed: reports of AIDE, unsigned sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from troth.checker import Facts, Failure, ObservationFailed, Reason, Resource, call, complete, facet
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import lines

_REPORTS = ("/var/log/aide/aide.log", "/var/log/aide.log")
_APT, _YUM = "/etc/apt", "/etc/yum.repos.d"
_MAINS = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
#: How much of the end of a report is read, in bytes.
TAIL = 1 << 20
#: Where programs and what they load lie.
_PROGRAMS = re.compile(r"^(/usr)?(/local)?/(bin|sbin|lib\w*|boot|opt)(/|$)")
_STAMP = re.compile(r"^(Start|End) timestamp: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ([+-]\d{4})\b")
_ENTRY = re.compile(r"^[fdlbcsDp?!][^/\n]{1,40}: (/.*)$")
_SAME, _OTHER = "AIDE found NO differences", "AIDE found differences"
_YES = {"1", "yes", "true", "on"}


class Integrity(HostChecker):
    """Facets of a machine that tell whether its programs are what their makers made."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "file_report": ("integrity",),
        "package_sources": ("integrity",),
    }

    @call("file:/var/log/aide/aide.log", actions=["read /var/log/aide (root)"], per="partition")
    def file_report(self) -> dict[str, Any]:
        """Return when AIDE last compared the files, and which programs differed."""
        for path in _REPORTS:
            if self.tree.exists(path):
                text = self.tree.read(path, TAIL, -TAIL).decode("utf-8", "replace")
                return last_report(text)
        words = "no report of AIDE is in /var/log/aide; let `aide --check` write one each day"
        raise ObservationFailed(Reason.NO_DATA, words)

    @call("file:/etc/apt, /etc/yum.repos.d", actions=["read /etc/apt and /etc/yum.repos.d"],
          per="partition")  # fmt: skip
    def package_sources(self) -> list[str]:
        """Return the files that let packages in whose signature is not checked."""
        return sorted({path for path, text, judge in self._sources() if judge(text)})

    def _sources(self) -> Iterator[tuple[str, str, Any]]:
        singles = {f"{_APT}/sources.list": trusts_all, f"{_APT}/apt.conf": lets_in_all}
        for path, judge in [*singles.items(), *((path, checks_nothing) for path in _MAINS)]:
            if self.tree.exists(path):
                yield path, self.tree.text(path), judge
        for folder, suffix, judge in [
            (f"{_APT}/sources.list.d", ".list", trusts_all),
            (f"{_APT}/sources.list.d", ".sources", trusts_all),
            (f"{_APT}/apt.conf.d", "", lets_in_all),
            (_YUM, ".repo", checks_nothing),
        ]:
            for name, text in self.tree.texts(folder, suffix).items():
                yield f"{folder}/{name}", text, judge

    @facet("file_integrity", uses=["file_report"])
    def file_integrity(self, host: Resource, report: Mapping[str, Any]) -> Facts:
        """Return the newest report; one of a time to come shows nothing."""
        changed = {"changed": complete(report["changed"])}
        moment = datetime.fromisoformat(report["checked_at"])
        if moment > datetime.now(UTC) + timedelta(hours=1):
            words = f"the report is of {report['checked_at']}, a time to come; set the clock"
            return Facts(changed, {"checked_at": Failure(Reason.UNPROVEN, words)})
        return Facts({"checked_at": report["checked_at"], **changed})

    @facet("software_sources", uses=["package_sources"])
    def software_sources(self, host: Resource, unsigned: list[str]) -> dict[str, Any]:
        """Return where unsigned packages may come from."""
        return {"unsigned": complete(unsigned)}


def last_report(text: str) -> dict[str, Any]:
    """Return the end of the newest whole report, and the programs in it that differ.

    Raises ``malformed-response`` where there is no report from its start to its end.
    """
    inside: list[str] | None = None
    found: dict[str, Any] = {}
    for line in text.splitlines():
        stamp = _STAMP.match(line)
        if stamp and stamp[1] == "Start":
            inside = []
        elif stamp and inside is not None:
            found, inside = _report(inside, f"{stamp[2]}{stamp[3]}"), None
        elif inside is not None:
            inside.append(line)
    if not found:
        words = "the report of AIDE has no end; look whether it was broken off"
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, words)
    return found


def _report(body: list[str], stamp: str) -> dict[str, Any]:
    differs = any(line.startswith(_OTHER) for line in body)
    if not differs and not any(line.startswith(_SAME) for line in body):
        return {}
    try:
        moment = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return {}
    entries = (_ENTRY.match(line) for line in body)
    paths = {entry[1] for entry in entries if entry and _PROGRAMS.match(entry[1])}
    return {"checked_at": moment.isoformat(), "changed": sorted(paths)}


def trusts_all(text: str) -> bool:
    """Tell whether a source of apt is trusted whatever its signature, by ``trusted=yes``."""
    return any(re.search(r"\[[^\]]*\btrusted\s*=\s*yes\b|^Trusted:\s*yes\b", line, re.IGNORECASE)
               for line in lines(text))  # fmt: skip


def lets_in_all(text: str) -> bool:
    """Tell whether settings of apt let in what nobody signed."""
    wanted = r"\b(AllowUnauthenticated|AllowInsecureRepositories)\s+\"?(\w+)"
    said = "\n".join(line for line in lines(text) if not line.startswith("//"))
    return any(value.lower() in _YES for _, value in re.findall(wanted, said, re.IGNORECASE))


def checks_nothing(text: str) -> bool:
    """Tell whether an enabled section of yum or dnf switches the check of signatures off."""
    sections = re.split(r"^\[[^\]]*\]\s*$", "\n".join(lines(text)), flags=re.MULTILINE)
    return any(_value(body, "gpgcheck") in {"0", "no", "false", "off"}
               and _value(body, "enabled") not in {"0", "no", "false", "off"}
               for body in sections)  # fmt: skip


def _value(body: str, name: str) -> str:
    found = re.findall(rf"^{name}\s*=\s*(\w+)", body, re.MULTILINE | re.IGNORECASE)
    return found[-1].lower() if found else ""
