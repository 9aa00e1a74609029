"""Places in the words of the kinds, ``provider:region:vault`` or ``host:name:/folder``."""

from __future__ import annotations


def inside(allowed: str, place: str) -> bool:
    """Tell whether a place is the allowed one or lies inside it; a path is never left upwards."""
    if "/../" in f"{place}/":
        return False
    return place == allowed or place.startswith((f"{allowed}:", f"{allowed.rstrip('/')}/"))
