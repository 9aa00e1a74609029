"""Power supplies by NUT and apcupsd. Every output is written from the manuals of the two."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkers.host.machines import Tree
from troth.checker import Facts, ObservationFailed, Resource
from troth.checkers.host import ups
from troth.checkers.host.ups import Supplies
from troth.model import Reason

NUT = "battery.charge: 100\nbattery.date: 2025/05/01\ndevice.mfr: EATON\nups.status: OL CHRG\n"
APC = "APC      : 001,036,0879\nSTATUS   : ONLINE \nBCHARGE  : 99.0 Percent\nSTATUS   : ONBATT\n"
GOOD = {"power": "line", "replace_battery": False}


@pytest.mark.parametrize(
    ("status", "power", "replace"),
    [
        ("OL", "line", False),
        ("OL RB", "line", True),
        ("OB DISCHRG LB", "battery", False),
        ("OL BYPASS", "none", False),
        ("OFF", "none", False),
        ("\x1b[2J", "none", False),
    ],
)
def test_what_nut_says(status: str, power: str, replace: bool) -> None:
    said = ups.variables(NUT.replace("OL CHRG", status))
    wanted = {"power": power, "replace_battery": replace, "charge_percent": 100}
    assert ups.nut_state(said) == wanted


def test_what_apcupsd_says() -> None:
    assert ups.apc_state(ups.variables(APC)) == GOOD | {"charge_percent": 99}
    battery = APC.replace("ONLINE", "ONBATT REPLACEBATT")
    assert ups.apc_state(ups.variables(battery))["power"] == "battery"
    assert ups.apc_state(ups.variables(battery))["replace_battery"] is True
    assert ups.apc_state(ups.variables(APC.replace("ONLINE", "COMMLOST"))) == {"charge_percent": 99}


@pytest.mark.parametrize("text", ["", "\x00" * 100, "x" * 100_000, "battery.charge: 999\n"])
def test_what_is_not_told_is_left_out(text: str) -> None:
    assert ups.nut_state(ups.variables(text)) == {}
    assert ups.apc_state(ups.variables(text)) == {}


def state(name: str, nut: Any, apc: Any) -> Facts:
    return Supplies.__new__(Supplies).state(Resource(f"host:web1:ups:{name}", name), nut, apc)


def test_each_program_answers_for_its_own() -> None:
    nut, apc = ups.variables(NUT), ups.variables(APC)
    assert state("ups", nut, apc).values["charge_percent"] == 100
    assert state("apcupsd", nut, apc).values["charge_percent"] == 99
    assert state("ups", {}, apc).missing["power"].reason == Reason.NO_DATA


def test_a_supply_of_another_name_is_not_asked() -> None:
    with pytest.raises(ObservationFailed) as raised:
        state("rack-7", ups.variables(NUT), None)
    assert raised.value.failure.reason == Reason.NOT_SUPPORTED


def test_an_image_cannot_be_asked(tree: Tree) -> None:
    listed, found = tree.look(Supplies)
    assert found == {}
    assert [one.failure.reason for one in listed if one.failure] == [Reason.NOT_SUPPORTED]
