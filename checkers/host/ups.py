"""Uninterruptible power supplies that a machine is connected to, by NUT or apcupsd."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from troth.checker import Facts, Failure, Listed, ObservationFailed, Reason, Resource, call, facet
from troth.checkers.host.collector import HostChecker

#: The one name of a supply that NUT is asked for; names are free, and this is the usual one.
NAME, _APC = "ups", "apcupsd"


class Supplies(HostChecker):
    """One resource for each supply that NUT or apcupsd on the machine watches."""

    id = "host.ups"
    kind = "ups"
    lists = ("machine_name", "nut_names", "apc_lines")
    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "nut_names": ("ups",),
        "nut_lines": ("ups",),
        "apc_lines": ("ups",),
    }

    @call("exec:upsc -l", actions=["run upsc -l"], per="partition", absent_on=["not-installed"])
    def nut_names(self) -> list[str]:
        """Return the names of the supplies that NUT watches."""
        ran = self.run("upsc", "-l")
        if ran.status != 0:
            raise ObservationFailed(Reason.UNREACHABLE, "upsd does not answer; start nut-server")
        return [name for name in ran.out.split() if re.fullmatch(r"[\w.-]{1,60}", name)]

    @call("exec:upsc ups", actions=["run upsc ups"], per="partition", absent_on=["not-installed"])
    def nut_lines(self) -> dict[str, str]:
        """Return what NUT knows of the supply called ups."""
        return variables(self.run("upsc", NAME).out)

    @call("exec:apcaccess status", actions=["run apcaccess status"], per="partition",
          absent_on=["not-installed"])  # fmt: skip
    def apc_lines(self) -> dict[str, str]:
        """Return what apcupsd knows of its supply."""
        ran = self.run("apcaccess", "status")
        if ran.status != 0:
            raise ObservationFailed(Reason.UNREACHABLE, "apcupsd does not answer; start it")
        return variables(ran.out)

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every supply."""
        names = [*(self.read("nut_names") or []), *([_APC] if self.read("apc_lines") else [])]
        for name in names:
            yield Resource(self.own_id(f"ups:{name}"), name, self.partition.name)

    @facet("state", uses=["nut_lines", "apc_lines"])
    def state(self, supply: Resource, nut: Any, apc: Any) -> Facts:
        """Return whether it stands by, and its battery."""
        if supply.name == _APC:
            return _facts(apc_state(apc or {}))
        if supply.name != NAME:
            words = f"only a supply that NUT calls {NAME} is asked; give it that name"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)
        return _facts(nut_state(nut or {}))


def variables(text: str) -> dict[str, str]:
    """Return ``name: value`` lines; the first of a name holds."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip(), value.strip())
    return found


def nut_state(said: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of NUT's variables; those that are not there are left out.

    OL is line power, OB the battery, RB a battery that has to be replaced; without OL or OB, as
    with OFF and BYPASS, nothing stands by.
    """
    marks = set(said.get("ups.status", "").split())
    facts: dict[str, Any] = {}
    if marks:
        power = "battery" if "OB" in marks else "line" if "OL" in marks else "none"
        power = "none" if marks & {"OFF", "BYPASS"} else power
        facts = {"power": power, "replace_battery": "RB" in marks}
    return facts | _charge(said.get("battery.charge", ""))


def apc_state(said: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of apcupsd's status; those that are not there are left out."""
    marks = set(said.get("STATUS", "").split())
    facts: dict[str, Any] = {}
    if marks and not marks & {"COMMLOST"}:
        power = "battery" if "ONBATT" in marks else "line" if "ONLINE" in marks else "none"
        facts = {"power": power, "replace_battery": "REPLACEBATT" in marks}
    return facts | _charge(said.get("BCHARGE", ""))


def _charge(text: str) -> dict[str, Any]:
    found = re.match(r"(\d{1,3})(?:\.\d+)?\b", text)
    return {"charge_percent": int(found[1])} if found and int(found[1]) <= 100 else {}


def _facts(known: dict[str, Any]) -> Facts:
    why = Failure(Reason.NO_DATA, "the supply does not tell; look at its cable and its driver")
    names = ("power", "replace_battery", "charge_percent")
    return Facts(known, {name: why for name in names if name not in known})
