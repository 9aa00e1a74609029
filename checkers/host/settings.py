"""Parsers of the small configuration formats of a Linux machine; pure functions of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache


def words_settings(text: str) -> dict[str, str]:
    """Return ``KEY value`` lines (login.defs); the last line of a key holds."""
    return dict(_split(line, None) for line in lines(text))


def equals_settings(text: str) -> dict[str, str]:
    """Return ``key = value`` lines (pwquality.conf); a key alone has an empty value."""
    return dict(_split(line, "=") for line in lines(text))


def lines(text: str) -> Iterator[str]:
    """Yield the lines that say something, without comments and outer blanks."""
    yield from _lines(text)


@lru_cache(maxsize=64)  # the same file is asked for each account of a machine
def _lines(text: str) -> tuple[str, ...]:
    cut = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return tuple(said for said in cut if said)


def drop_ins(main: str, *folders: Mapping[str, str]) -> list[str]:
    """Return the texts of a file and its drop-in folders in the order in which they apply.

    ``folders`` go from the weakest to the strongest; a file in a stronger folder replaces the file
    of the same name in a weaker one. Drop-ins apply sorted by name, after the main file.
    """
    merged: dict[str, str] = {}
    for folder in folders:
        merged |= folder
    return [main, *(merged[name] for name in sorted(merged))]


def integer(value: str | None) -> int | None:
    """Return a whole number, or None for anything else."""
    try:
        return int(value) if value is not None else None
    except ValueError:
        return None


def _split(line: str, sign: str | None) -> tuple[str, str]:
    parts = line.split(sign, 1)
    return parts[0].strip(), parts[1].strip().strip('"') if len(parts) > 1 else ""
