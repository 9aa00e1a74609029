"""What a kind says about one column of its register, and how a cell becomes a fact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from troth.checker import complete
from troth.kinds import Kind, is_list, is_nullable

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")
_SEPARATOR = ";"


class BadValueError(ValueError):
    """A value that the column does not allow; the message says what is wrong; what to do."""


@dataclass(frozen=True)
class Column:
    """One column; ``schema`` is the JSON Schema of the fact that it becomes."""

    name: str
    schema: Mapping[str, Any]

    @cached_property
    def _item(self) -> Column:
        return Column(self.name, self.schema["properties"]["items"]["items"])

    @cached_property
    def _type(self) -> str:
        named = self.schema.get("type", "")
        names = [named] if isinstance(named, str) else named
        return next((name for name in names if name != "null"), "")

    @cached_property
    def _choices(self) -> dict[str, Any]:
        return {_as_text(choice): choice for choice in self.schema.get("enum", ())}

    @cached_property
    def _validator(self) -> Any:
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(dict(self.schema), validate_formats=True)

    def from_cell(self, text: str) -> Any:
        """Return the fact that the text of a CSV cell stands for.

        An empty cell is null, or an empty list, or text where the kind says ``minLength: 0``.
        Raises :class:`BadValueError`.
        """
        if is_list(self.schema):
            parts = [part.strip() for part in text.split(_SEPARATOR)] if text.strip() else []
            return self._checked(complete(self._item.from_cell(part) for part in parts))
        if text == "":
            return self._empty()
        if self._choices:
            return self._choice(text)
        read = {"integer": _integer, "number": _number, "boolean": _boolean, "string": self._text}
        if self._type not in read:
            raise BadValueError("cannot be written in a CSV cell; keep this register as YAML")
        return self._checked(read[self._type](text))

    def from_json(self, value: Any) -> Any:
        """Return the fact that a value in a YAML register stands for.

        Lists are plain lists there. Raises :class:`BadValueError`.
        """
        if is_list(self.schema):
            if not isinstance(value, list):
                raise BadValueError("is not a list; write [one, two], or [] for none")
            return self._checked(complete(self._item.from_json(item) for item in value))
        if value is None or value == "":
            return self._empty() if value == "" else self._null()
        if isinstance(value, str) and self._choices:
            return self._choice(value)
        if self._type == "string":
            if not isinstance(value, str):
                raise BadValueError(f"{_shown(value)} is not text; put it in quotes")
            return self._checked(self._text(value))
        return self._checked(value)

    def _empty(self) -> Any:
        # "" is text only where the kind says so in words: else a forgotten cell would be a fact.
        if self._type == "string" and self.schema.get("minLength") == 0:
            return ""
        return self._null("is empty; write a value")

    def _null(self, otherwise: str = "is null; write a value") -> None:
        if not is_nullable(self.schema):
            raise BadValueError(otherwise)

    def _choice(self, text: str) -> Any:
        if text not in self._choices:
            raise BadValueError(f"{_shown(text)} is not one of {', '.join(self._choices)}")
        return self._choices[text]

    def _text(self, text: str) -> str:
        # A name with a space at its end equals no other name, and nobody sees why.
        if text != text.strip():
            raise BadValueError(f"{_shown(text)} starts or ends with a space; remove it")
        form = self.schema.get("format")
        if form == "date":
            return day(text)
        return instant(text) if form == "date-time" else text

    def _checked(self, value: Any) -> Any:
        if not self._validator.is_valid(value):
            error = next(self._validator.iter_errors(value))
            raise BadValueError(f"{error.message[:200]}; correct it")
        return value


def columns_of(kind: Kind) -> dict[str, Column]:
    """Return the columns of a register's kind, by name, in the kind's order."""
    return {name: Column(name, schema) for name, schema in kind.facets["row"].facts.items()}


def day(text: str) -> str:
    """Return an ISO 8601 date as it is; raises :class:`BadValueError`."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise BadValueError(f"{_shown(text)} is not a date; write it like 2026-11-20")


def instant(text: str) -> str:
    """Return an RFC 3339 instant in UTC; raises :class:`BadValueError`, also without offset."""
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        pass
    advice = "write it with its offset, like 2026-11-20T18:00:00+09:00"
    raise BadValueError(f"{_shown(text)} is not an instant; {advice}")


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise BadValueError(f"{_shown(text)} is not a whole number; write digits only")
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise BadValueError(f"{_shown(text)} is not a number; write it like 12.5")
    return float(text) if "." in text else int(text)


def _boolean(text: str) -> bool:
    # Spreadsheets write TRUE whatever was typed.
    if text not in ("true", "false", "TRUE", "FALSE"):
        raise BadValueError(f"{_shown(text)} is neither true nor false; write one of them")
    return text.lower() == "true"


def _as_text(choice: Any) -> str:
    if isinstance(choice, bool):
        return str(choice).lower()
    return "" if choice is None else str(choice)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
