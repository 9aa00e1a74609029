"""Radios and disks that can be carried away, in prepared trees of ``/sys`` (all by hand).

The shapes are those of Linux 6.1; the kernel's names are from its documentation of sysfs.
"""

from __future__ import annotations

import pytest

from tests.checkers.host.machines import Tree
from troth.checkers.host import devices
from troth.checkers.host.machine import Machine
from troth.model import Failure, Reason

RADIOS = {
    "/sys/class/net/wlan0/phy80211/name": ["wlan0", "wifi"],
    "/sys/class/net/eth1/wireless/status": ["eth1", "wifi"],
    "/sys/class/net/wwan0/mtu": ["wwan0", "wifi"],
    "/sys/class/ieee80211/phy0/index": ["phy0", "wifi"],
    "/sys/class/bluetooth/hci0/uevent": ["hci0", "bluetooth"],
}


@pytest.fixture
def machine(tree: Tree) -> Tree:
    """Return a machine with a wired card and a fixed disk."""
    tree.write("/sys/class/net/eth0/mtu", "1500\n")
    tree.write("/sys/block/vda/removable", "0\n")
    tree.write("/sys/block/loop0/removable", "1\n")
    return tree


def radios(tree: Tree) -> list[list[str]]:
    seen = tree.only(Machine)["wireless"]["interfaces"]
    assert seen["complete"] is True
    return [[each["name"], each["kind"]] for each in seen["items"]]


def test_a_wired_machine_has_no_radio_and_no_disk_to_carry(machine: Tree) -> None:
    assert radios(machine) == []
    assert machine.only(Machine)["portable_media"] == {
        "disks": {"items": [], "complete": True},
        "usb_storage": "absent",
    }


@pytest.mark.parametrize("path", RADIOS)
def test_a_radio_in_each_place(machine: Tree, path: str) -> None:
    machine.write(path, "0\n")
    assert radios(machine) == [RADIOS[path]]


def test_a_switch_for_a_radio_is_told_with_its_kind(machine: Tree) -> None:
    machine.write("/sys/class/rfkill/rfkill0/type", "wlan\n")
    machine.write("/sys/class/rfkill/rfkill1/type", "\x1b[31m" + "x" * 9000)
    machine.write("/sys/class/bluetooth/hci0:11/uevent", "")
    kinds = dict(radios(machine))
    assert kinds["rfkill0"] == "wlan"
    assert (len(kinds), len(kinds["rfkill1"])) == (2, 20)


@pytest.mark.parametrize("mark", ["/.dockerenv", "/run/.containerenv"])
def test_a_container_does_not_see_the_devices(machine: Tree, mark: str) -> None:
    machine.write(mark, "")
    seen = machine.only(Machine)
    for facet in ("wireless", "portable_media"):
        failure = seen[facet]
        assert isinstance(failure, Failure)
        assert failure.reason == Reason.NOT_SUPPORTED


def test_an_image_has_no_devices(tree: Tree) -> None:
    seen = tree.only(Machine)
    for facet in ("wireless", "portable_media"):
        failure = seen[facet]
        assert isinstance(failure, Failure)
        assert failure.reason == Reason.NO_DATA


def disks(tree: Tree) -> list[tuple[str, str]]:
    seen = tree.only(Machine)["portable_media"]["disks"]["items"]
    return [(each["name"], each["kind"]) for each in seen]


def test_disks_that_can_be_carried_away(machine: Tree) -> None:
    machine.write("/sys/block/sdb/removable", "1\n")
    machine.write("/sys/block/sr0/removable", "1\n")
    machine.write("/sys/block/sdc/removable", "0\n")
    assert disks(machine) == [("sdb", "disk"), ("sr0", "optical")]


def test_a_hard_disk_on_usb_is_known_by_its_name(machine: Tree) -> None:
    machine.write("/sys/block/sdc/removable", "0\n")
    machine.write("/dev/disk/by-id/ata-Disk_1", "")
    machine.write("/dev/disk/by-id/usb-Maker_Disk_0:0", "")
    machine.write("/dev/disk/by-id/usb-Maker_Disk_0:0-part1", "")
    assert disks(machine) == [("usb-Maker_Disk_0:0", "disk")]


def test_whether_the_driver_can_be_used(machine: Tree) -> None:
    driver = "/lib/modules/6.1.0-9/kernel/drivers/usb/storage/usb-storage.ko.xz"
    machine.write(driver, "")
    assert machine.only(Machine)["portable_media"]["usb_storage"] == "loadable"
    machine.write("/etc/modprobe.d/usb.conf", "# no disks\ninstall usb-storage /bin/false\n")
    assert machine.only(Machine)["portable_media"]["usb_storage"] == "blocked"
    machine.write("/sys/module/usb_storage/refcnt", "0")
    assert machine.only(Machine)["portable_media"]["usb_storage"] == "loaded"


@pytest.mark.parametrize(
    ("line", "blocks"),
    [
        ("blacklist usb_storage", True),
        ("blacklist  usb-storage", True),
        ("install usb_storage /usr/bin/true", True),
        ("#blacklist usb-storage", False),
        ("blacklist usb-storage-helper", False),
        ("install usb-storage /sbin/modprobe --ignore-install usb-storage", False),
        ("install usb-storage", False),
        ("options usb-storage quirks=1", False),
    ],
)
def test_what_blocks_the_driver(line: str, blocks: bool) -> None:
    assert devices.blocked([f"{line}\n"]) is blocks
