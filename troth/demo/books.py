"""The company's registers: the CSV files beside this module, with dates of now put in."""

from __future__ import annotations

from importlib.resources import files

from troth.demo.folder import Folder
from troth.demo.moments import Moments

#: Folder of the registers to the names of the files in it.
REGISTERS = {
    "registers": (
        "staff", "trainings", "tests", "certificates", "policy-reviews", "public-resources",
    ),
    "registers/japan": ("deletion-requests",),
    "registers/support": ("deletion-requests",),
}  # fmt: skip


def write(folder: Folder, moments: Moments) -> None:
    """Write every register into the folder."""
    source = files("troth") / "demo"
    for place, names in REGISTERS.items():
        for name in names:
            text = (source / place / f"{name}.csv").read_text(encoding="utf-8")
            folder.put(f"{place}/{name}.csv", moments.filled(text))
