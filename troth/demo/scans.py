"""Reports of a scanner for vulnerabilities on a server, in the form of Trivy's."""

from __future__ import annotations

import json
from typing import Any

from troth.demo.folder import Folder
from troth.demo.moments import Moments

_FOUND = {
    "VulnerabilityID": "CVE-2024-13176",
    "PkgName": "openssl",
    "InstalledVersion": "1.1.1n-0+deb10u6",
    "FixedVersion": "",
    "Severity": "MEDIUM",
}


def write(folder: Folder, moments: Moments, root: str) -> None:
    """Write a report of each of the last weeks; the newest has one finding that is new."""
    for days in (40, 33, 26, 19, 12, 5):
        at = moments.ago(days=days)
        found = [_FOUND] if days == 5 else []
        folder.put(f"{root}/var/lib/scans/{at:%Y-%m-%d}.json", _report(at.isoformat(), found), at)


def _report(at: str, found: list[dict[str, str]]) -> str:
    result: dict[str, Any] = {"Target": "app-01", "Class": "os-pkgs", "Type": "debian"}
    body = {
        "SchemaVersion": 2,
        "CreatedAt": at,
        "ArtifactName": "/",
        "ArtifactType": "filesystem",
        "Results": [result | {"Vulnerabilities": found}],
    }
    return json.dumps(body, indent=1) + "\n"
