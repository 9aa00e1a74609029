"""Until when the vendor of an operating system brings security updates without a contract.

In order: what the release says of itself (``SUPPORT_END`` of os-release), the machine's own
distro-info-data, and the table below. For Debian the end of LTS counts: its updates come through
the same archive. Extended support against payment counts where the machine shows that it has it
(Ubuntu Pro); elsewhere a release that only such support keeps alive is not decided.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

#: When the table was last compared with its sources.
CHECKED_ON = "2026-11-22"
#: Where its dates are from.
SOURCES = (
    "Debian and Ubuntu: distro-info-data 0.58+deb12u7 (debian.csv, ubuntu.csv)",
    "Red Hat and CentOS: the vendor's life cycle as published, compared at second hand",
    "Alpine: the branches' dates as published, compared at second hand",
)
#: ``id:version`` to the last day of support, and of support against payment if there is any.
_TABLE: Mapping[str, tuple[str, str]] = {
    "alpine:3.19": ("2025-11-01", ""),
    "alpine:3.20": ("2026-04-01", ""),
    "alpine:3.21": ("2026-11-01", ""),
    "alpine:3.22": ("2027-05-01", ""),
    "alpine:3.23": ("2027-11-01", ""),
    "centos:7": ("2024-06-30", ""),
    "centos:8": ("2021-12-31", ""),
    "debian:8": ("2020-06-30", ""),
    "debian:9": ("2022-06-30", ""),
    "debian:10": ("2024-06-30", ""),
    "debian:11": ("2026-08-31", ""),
    "debian:12": ("2028-06-30", ""),
    "debian:13": ("2030-06-30", ""),
    "rhel:7": ("2024-06-30", "2028-06-30"),
    "rhel:8": ("2029-05-31", ""),
    "rhel:9": ("2032-05-31", ""),
    "ubuntu:16.04": ("2021-04-30", "2028-04-25"),
    "ubuntu:18.04": ("2023-05-31", "2030-04-30"),
    "ubuntu:20.04": ("2025-05-29", "2032-04-27"),
    "ubuntu:22.04": ("2027-06-01", "2034-04-25"),
    "ubuntu:24.04": ("2029-05-31", "2036-04-29"),
    "ubuntu:26.04": ("2031-05-29", "2038-04-27"),
}
#: Columns of distro-info-data: the end of support, and of support against payment.
_COLUMNS = {"debian": ("eol-lts", ""), "ubuntu": ("eol-server", "eol-legacy")}


def fields(os_release: str) -> dict[str, str]:
    """Return the settings of an os-release file, quotes taken off."""
    found = {}
    for line in os_release.splitlines():
        read = re.fullmatch(r"""([A-Z_]+)=(["']?)([^"']{0,200})\2\s*""", line)
        if read:
            found[read[1]] = read[3]
    return found


def family(settings: Mapping[str, str]) -> str:
    """Return whose tools a release has: ``debian``, ``redhat``, ``suse``, ``alpine`` or empty."""
    names = [settings.get("ID", ""), *settings.get("ID_LIKE", "").split()]
    for name in names:
        if name in ("debian", "ubuntu", "alpine"):
            return "debian" if name == "ubuntu" else name
        if name in ("rhel", "fedora", "centos", "amzn"):
            return "redhat"
        if name in ("suse", "sles", "opensuse"):
            return "suse"
    return ""


def support(settings: Mapping[str, str], info: str, pro: str) -> dict[str, Any]:
    """Return ``ends_on`` with who says so, or an empty dict for a release that nobody names.

    ``info`` is the distro-info-data of this distribution, ``pro`` the status file of Ubuntu Pro;
    both may be empty. ``paid_until`` is there where only support against payment goes on.
    """
    said = _date(settings.get("SUPPORT_END", ""))
    if said:
        return {"ends_on": said, "told_by": "os-release"}
    name, version = settings.get("ID", ""), settings.get("VERSION_ID", "")
    told_by, (ends, paid) = "distro-info", _in_info(name, version, info)
    if not ends:
        major = version if name in ("ubuntu", "alpine") else version.split(".")[0]
        major = ".".join(major.split(".")[:2])
        told_by, (ends, paid) = "table", _TABLE.get(f"{name}:{major}", ("", ""))
    if not ends:
        return {}
    if paid and _is_attached(pro):
        return {"ends_on": paid, "told_by": told_by}
    found = {"ends_on": ends, "told_by": told_by}
    return found | {"paid_until": paid} if paid else found


def _in_info(name: str, version: str, info: str) -> tuple[str, str]:
    columns = _COLUMNS.get(name)
    for row in csv.DictReader(info.splitlines()) if columns and version else ():
        if (row.get("version") or "").split(" ")[0] == version and columns:
            return _date(row.get(columns[0])), _date(row.get(columns[1]))
    return "", ""


def _date(text: object) -> str:
    try:
        return date.fromisoformat(str(text or "")).isoformat()
    except ValueError:
        return ""


def _is_attached(pro: str) -> bool:
    """Tell whether Ubuntu Pro brings the base system's updates (esm-infra is enabled)."""
    try:
        status = json.loads(pro or "{}")
        services = status.get("services", []) if isinstance(status, dict) else []
        return any(one["name"] == "esm-infra" and one["status"] == "enabled" for one in services)
    except (ValueError, TypeError, KeyError):
        return False
