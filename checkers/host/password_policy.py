"""The rules that the machine sets on passwords: login.defs, and the PAM stack of a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, Reason, Resource, call, facet
from troth.checkers.host import pam, password_rules
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import drop_ins, equals_settings, integer, words_settings

#: shadow(5): at this many days and above, a password does not expire in practice.
NEVER = 99999


class PasswordPolicy(HostChecker):
    """One resource: the machine's password rules."""

    id = "host.password-policy"
    kind = "password-policy"
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "login_defs": ("login_defs",),
        "pam_files": ("pam",),
        "module_files": ("pam",),
    }

    @call(
        "file:/etc/login.defs",
        actions=["read /etc/login.defs"],
        per="partition",
        absent_on=["not-found"],
    )
    def login_defs(self) -> str:
        """Return the defaults for new accounts."""
        return self.tree.text("/etc/login.defs")

    @call("file:/etc/pam.d", actions=["read /etc/pam.d"], per="partition")
    def pam_files(self) -> dict[str, str]:
        """Return the PAM configuration by service; none at all raises ``no-data``."""
        self.tree.names("/etc/pam.d")
        return self.tree.texts("/etc/pam.d")

    @call("file:/etc/security", actions=["read /etc/security"], per="partition")
    def module_files(self) -> dict[str, Any]:
        """Return the settings of the quality and history modules, empty where there are none."""
        tree = self.tree
        main = {"pwquality.conf": "", "pwhistory.conf": ""}
        main |= {k: v for k, v in tree.texts("/etc/security", ".conf").items() if k in main}
        qc = "/etc/passwdqc.conf"
        return main | {
            "pwquality.conf.d": tree.texts("/etc/security/pwquality.conf.d", ".conf"),
            "passwdqc.conf": tree.text(qc) if tree.exists(qc) else "",
        }

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the machine's one policy."""
        name = self.read("machine_name")
        yield Resource(self.own_id("password-policy"), name, self.partition.name)

    @facet("expiry", uses=["login_defs"])
    def expiry(self, resource: Resource, login_defs: Any) -> Facts:
        """Return PASS_MAX_DAYS, which reaches only accounts that are made from now on.

        Source: login.defs(5): without the line, or at -1, passwords do not expire.
        """
        settings = words_settings(login_defs or "")
        days = integer(settings.get("PASS_MAX_DAYS", "-1"))
        if days is None:
            why = Failure(Reason.MALFORMED_RESPONSE, "PASS_MAX_DAYS in login.defs is no number")
            return Facts({"binds": "new-accounts"}, {"enabled": why, "max_age_days": why})
        limited = 0 <= days < NEVER
        return Facts(
            {
                "enabled": limited,
                "max_age_days": days if limited else None,
                "binds": "new-accounts",
            },
            raw={k: v for k, v in settings.items() if k.startswith("PASS_")},
        )

    @facet("strength", uses=["pam_files", "module_files"])
    def strength(
        self, resource: Resource, files: Mapping[str, str], modules: Mapping[str, Any]
    ) -> Facts:
        """Return what the stack of a password change demands.

        A module that is installed or configured but not in the stack refuses nothing.
        """
        service = pam.password_service(files)
        entries = pam.stack(files, service)
        history = pam.reuse_history(entries, equals_settings(modules["pwhistory.conf"]))
        entry, skippable = pam.quality_module(entries)
        raw: dict[str, Any] = {
            "service": service,
            "stack": [f"{e.control} {e.module}" for e in entries],
        }
        if entry is None:
            return Facts(_without_module(entries) | {"reuse_history": history}, raw=raw)
        demands = _demands(entry, modules)
        facts = {
            "enforced": demands.enforced,
            "min_length": demands.min_length,
            "character_classes": demands.classes,
            "reuse_history": history,
        }
        raw |= {"module": entry.module, "binds_root": demands.binds_root}
        if not skippable:
            return Facts(facts, raw=raw)
        del facts["enforced"]
        why = "a line before the quality module can jump over it; the stack was not simulated"
        return Facts(facts, {"enforced": Failure(Reason.NOT_SUPPORTED, why)}, raw)


def _without_module(entries: list[pam.Entry]) -> dict[str, Any]:
    """Return what pam_unix alone asks for: six characters, or its ``minlen``; no classes."""
    unix = next((entry for entry in entries if entry.module == "pam_unix.so"), None)
    least = (integer(unix.arguments.get("minlen", "6")) or 0) if unix else 0
    return {"enforced": False, "min_length": max(0, least), "character_classes": 0}


def _demands(entry: pam.Entry, modules: Mapping[str, Any]) -> password_rules.Strength:
    if entry.module == "pam_passwdqc.so":
        return password_rules.passwdqc(
            equals_settings(modules["passwdqc.conf"]) | dict(entry.arguments)
        )
    settings = dict(password_rules.CRACKLIB) if entry.module == "pam_cracklib.so" else {}
    if entry.module == "pam_pwquality.so":
        for text in drop_ins(modules["pwquality.conf"], modules["pwquality.conf.d"]):
            settings |= equals_settings(text)
    return password_rules.pwquality(settings | dict(entry.arguments))
