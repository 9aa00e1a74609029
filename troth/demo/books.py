"""The company's registers: the CSV files beside this module, with dates and ports put in."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from troth.demo.folder import Folder
from troth.demo.moments import Moments
from troth.shipped import FOLDER

#: Folder of the registers to the names of the files in it.
REGISTERS = {
    "registers": (
        "access-requests", "access-reviews", "acknowledgements", "actions", "agreement-duties",
        "agreements", "alerts", "appraisals", "assessments", "assets", "attachments", "breaches",
        "campaigns", "certificates", "change-steps", "change-tests", "change-windows", "changes",
        "complaints", "counts", "criminal-cases", "customer-requests", "customers", "data-handlers",
        "devices", "disclosures", "disposals", "drills", "entitlements", "findings",
        "incident-gradings", "incident-notices", "incident-updates", "incidents", "inspections",
        "insurances", "integrations", "maintenance", "major-changes", "malware-agents",
        "moderation", "offboarding", "policy-reviews", "policy-versions", "public-resources",
        "publications", "release-scans", "report-requests", "restore-tests", "risks",
        "role-changes", "roles", "service-lifecycle", "service-reviews", "shifts", "staff",
        "storage-plans", "supervision", "surveys", "systems", "terminations", "tests", "tickets",
        "training-results", "trainings", "vendors", "workplaces",
    ),
    "registers/japan": ("deletion-requests",),
    "registers/support": ("deletion-requests",),
}  # fmt: skip
#: Rows whose key has a date or a port, by the demo's names: register and key.
_ROWS = {
    "access-review": ("policy-reviews", "access-control", "{day-180d}"),
    "audit": ("service-reviews", "all", "internal-audit", "{day-150d}"),
    "breach-2": ("breaches", "a-2", "{day-60d}"),
    "directory-entry": ("disclosures", "u-13", "Town Directory", "{day-20d}", "directory"),
    "news-2": (
        "publications", "https://community.hinoki.example:$community/news/2", "{time-299h}",
    ),
    "okayama-damp": ("inspections", "okayama", "damp", "{day-100d}"),
    "p-05-handles": ("data-handlers", "p-05", "user information", "{day-100d}"),
    "post-91": (
        "moderation", "https://community.hinoki.example:$community/posts/91", "{time-700h}",
    ),
    "post-93": (
        "moderation", "https://community.hinoki.example:$community/posts/93", "{time-400h}",
    ),
    "umibe-end": ("terminations", "c-21", "{day-100d}"),
}  # fmt: skip


def write(
    folder: Folder, moments: Moments, ports: Mapping[str, int], names: dict[str, str]
) -> None:
    """Write every register into the folder; ``ports`` are those of the web sites by their words."""
    source = FOLDER / "demo"
    for place, registers in REGISTERS.items():
        for name in registers:
            text = (source / place / f"{name}.csv").read_text(encoding="utf-8")
            folder.put(f"{place}/{name}.csv", _filled(text, moments, ports))
    for name, (register, *key) in _ROWS.items():
        row = "/".join(_escaped(_filled(each, moments, ports)) for each in key)
        names[f"{register}/{row}"] = name


def _filled(text: str, moments: Moments, ports: Mapping[str, int]) -> str:
    return moments.filled(Template(text).substitute(ports))


def _escaped(value: str) -> str:
    """Return one of several key values as the id of a row has it."""
    return value.replace("%", "%25").replace("/", "%2F")
