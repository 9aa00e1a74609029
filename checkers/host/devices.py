"""Devices of a machine that promises speak of: radios, and disks that can be carried away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from troth.checker import ObservationFailed, Reason, Resource, call, complete, facet
from troth.checkers.host.collector import HostChecker
from troth.checkers.host.settings import lines

_NET, _RADIOS, _BLUETOOTH = "/sys/class/net", "/sys/class/ieee80211", "/sys/class/bluetooth"
#: Marks of a container: the devices of the machine below it are not all seen there.
_CONTAINERS = ("/.dockerenv", "/run/.containerenv")
_MODPROBE = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
_DRIVER = "/lib/modules/*/kernel/drivers/usb/storage/usb-storage.ko*"
#: Beginnings of the names of disks that ``removable`` says nothing of: virtual ones.
_VIRTUAL = ("loop", "ram", "zram", "dm-", "md", "nbd")


class Devices(HostChecker):
    """Facets of a machine that tell which devices it has."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "radios": ("devices",),
        "removable_disks": ("devices",),
        "usb_driver": ("devices",),
    }

    @call("file:/sys/class/net", actions=["list /sys/class"], per="partition")
    def radios(self) -> list[list[str]]:
        """Return name and kind of every radio: wireless networks, Bluetooth, mobile networks."""
        self._whole_machine()
        found = [[name, "wifi"] for name in self.tree.names(_NET) if self._is_wireless(name)]
        found += [[name, "wifi"] for name in self._names(_RADIOS)]
        found += [[name, "bluetooth"] for name in self._names(_BLUETOOTH) if ":" not in name]
        for path in self.tree.glob("/sys/class/rfkill/*/type"):
            found.append([path.split("/")[-2], self.tree.text(path).strip()[:20] or "unknown"])
        return sorted(found)

    @call("file:/sys/block", actions=["list /sys/block and /dev/disk/by-id"], per="partition")
    def removable_disks(self) -> list[list[str]]:
        """Return name and kind of disks that can be carried away: by the kernel, or on USB.

        A hard disk on USB is no removable one for the kernel; its name among the disks tells.
        """
        self._whole_machine()
        found = []
        for name in self.tree.names("/sys/block"):
            if not name.startswith(_VIRTUAL):
                path = f"/sys/block/{name}/removable"
                if self.tree.exists(path) and self.tree.text(path).strip() != "0":
                    found.append([name, "optical" if name.startswith("sr") else "disk"])
        if self.tree.exists("/dev/disk/by-id"):
            for name in self.tree.names("/dev/disk/by-id"):
                if name.startswith(("usb-", "ieee1394-")) and "-part" not in name:
                    found.append([name, "disk"])
        return found

    @call("file:/etc/modprobe.d", actions=["read /etc/modprobe.d"], per="partition")
    def usb_driver(self) -> str:
        """Return whether the driver of USB disks is loaded, loadable, blocked or absent."""
        if self.tree.exists("/sys/module/usb_storage"):
            return "loaded"
        texts = [text for folder in _MODPROBE for text in self.tree.texts(folder, ".conf").values()]
        if blocked(texts):
            return "blocked"
        return "loadable" if self.tree.glob(_DRIVER) else "absent"

    @facet("wireless", uses=["radios"])
    def wireless(self, host: Resource, radios: Iterable[Iterable[str]]) -> dict[str, Any]:
        """Return every radio."""
        return {"interfaces": complete([{"name": name, "kind": kind} for name, kind in radios])}

    @facet("portable_media", uses=["removable_disks", "usb_driver"])
    def portable_media(
        self, host: Resource, disks: Iterable[Iterable[str]], driver: str
    ) -> dict[str, Any]:
        """Return the disks that can be carried away, and whether more could be used."""
        found = [{"name": name, "kind": kind} for name, kind in disks]
        return {"disks": complete(found), "usb_storage": driver}

    def _is_wireless(self, name: str) -> bool:
        marks = (f"{_NET}/{name}/wireless", f"{_NET}/{name}/phy80211")
        return name.startswith("wwan") or any(self.tree.exists(path) for path in marks)

    def _names(self, folder: str) -> list[str]:
        return self.tree.names(folder) if self.tree.exists(folder) else []

    def _whole_machine(self) -> None:
        if any(self.tree.exists(path) for path in _CONTAINERS):
            words = "a container does not see the devices of its machine; look at the machine"
            raise ObservationFailed(Reason.NOT_SUPPORTED, words)


def blocked(texts: Iterable[str]) -> bool:
    """Tell whether modprobe.d keeps the driver of USB disks from being loaded for a device."""
    words = (re.split(r"\s+", line.replace("-", "_")) for text in texts for line in lines(text))
    return any(
        word[:2] == ["blacklist", "usb_storage"]
        or (word[:2] == ["install", "usb_storage"] and _does_nothing(word[2:]))
        for word in words
    )


def _does_nothing(command: list[str]) -> bool:
    return len(command) == 1 and command[0].rpartition("/")[2] in ("true", "false", ":")
