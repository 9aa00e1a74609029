"""Which passwords pam_pwquality and pam_passwdqc refuse; pure functions of their settings.

Source: pwquality.conf(5), pam_pwquality(8), passwdqc.conf(5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
#: The defaults of pam_cracklib(8) where they differ from pam_pwquality's: each class earns one.
CRACKLIB = {"minlen": "9"} | dict.fromkeys(_CREDITS, "1")
#: passwdqc's own default: no single class, 24 for two, 11 for a phrase, 8 for three, 7 for four.
_PASSWDQC_MIN = "disabled,24,11,8,7"


@dataclass(frozen=True)
class Strength:
    """What the shortest and plainest accepted password looks like, and whether it is refused."""

    enforced: bool
    min_length: int
    classes: int
    binds_root: bool


def pwquality(settings: Mapping[str, str]) -> Strength:
    """Return what pam_pwquality demands with these settings (file, drop-ins, then arguments).

    A positive credit lowers the length by what it grants; a negative one demands that class.
    ``minlen`` is 8 if not set and never below 6. ``enforcing = 0`` only warns.
    """
    credits = [_number(settings.get(name), 0) for name in _CREDITS]
    length = max(6, _number(settings.get("minlen"), 8)) - sum(c for c in credits if c > 0)
    demanded = sum(1 for credit in credits if credit < 0)
    return Strength(
        enforced=_number(settings.get("enforcing"), 1) != 0,
        min_length=max(0, length),
        classes=min(4, max(demanded, _number(settings.get("minclass"), 0))),
        binds_root="enforce_for_root" in settings,
    )


def passwdqc(settings: Mapping[str, str]) -> Strength:
    """Return what pam_passwdqc demands: ``min=N0,N1,N2,N3,N4`` and ``enforce``.

    The shortest accepted password decides the length. A phrase (N2) needs words, not classes, so
    it counts as one class, as N0 does.
    """
    counts = (1, 2, 1, 3, 4)
    limits = settings.get("min", _PASSWDQC_MIN).split(",")
    limits += [limits[-1]] * (len(counts) - len(limits))
    allowed = [(int(n), c) for n, c in zip(limits, counts, strict=False) if n.strip().isdigit()]
    enforce = settings.get("enforce", "everyone")
    return Strength(
        enforced=enforce in ("users", "everyone") and bool(allowed),
        min_length=min((length for length, _ in allowed), default=0),
        classes=min((count for _, count in allowed), default=0),
        binds_root=enforce == "everyone",
    )


def _number(value: str | None, default: int) -> int:
    try:
        return int(value) if value is not None else default
    except ValueError:
        return default
