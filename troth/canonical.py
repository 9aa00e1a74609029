"""Canonical JSON (RFC 8785): one value, one sequence of bytes, one digest.

Every digest and signature of troth is taken over :func:`dumps`. What is made of plain strings,
integers, booleans, None, lists, tuples and dicts is written by orjson, which follows RFC 8785 there
but for the order of keys outside the Basic Multilingual Plane. Everything else, also what is to be
refused, goes to an exact writer around the standard library's: it alone says what is wrong.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any

import orjson

from troth.errors import TrothError

#: Integers up to here survive every JSON reader (RFC 8785, RFC 7493: IEEE 754 doubles).
MAX_INTEGER = 2**53 - 1

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
#: How the bytes of a character outside the Basic Multilingual Plane begin in UTF-8.
_ASTRAL_BYTES = re.compile(b"[\xf0-\xf4]")
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_SIMPLE = frozenset({str, int, bool, type(None)})
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


class CanonicalError(TrothError, ValueError):
    """The value is not one that canonical JSON can carry, or the bytes are not JSON."""


def dumps(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value as UTF-8 bytes.

    Dicts with string keys, lists, tuples (as lists), strings, booleans, None, and numbers of a
    magnitude below 2^53; enums are written as the strings or integers that they are. Raises
    :class:`CanonicalError` for anything else: NaN, lone surrogates, other types, cycles.
    """
    try:
        body = orjson.dumps(value, option=_OPTIONS)
    except TypeError:  # orjson's word for whatever it does not write
        return _exactly(value)
    # orjson has refused cycles, so the walk ends.
    if _is_plain(value) and (body.isascii() or not _ASTRAL_BYTES.search(body)):
        return body
    return _exactly(value)


def _is_plain(value: Any) -> bool:
    """Tell whether a value is built of nothing but what orjson writes as RFC 8785 does.

    Not of subclasses, which may be anything, nor of floats: orjson writes NaN as null. It has
    refused keys that are not strings and integers beyond 2^53 itself. The list grows while it is
    walked.
    """
    queue = [value]
    for item in queue:
        kind = item.__class__
        if kind in _SIMPLE:
            continue
        if kind is dict:
            queue += item.values()
        elif kind is list or kind is tuple:
            queue += item
        else:
            return False
    return True


def _exactly(value: Any) -> bytes:
    """Return what :func:`dumps` returns for any value, slowly; raises as it does."""
    try:
        text = _encode(value)
        if _has_odd_float(value) or (not text.isascii() and _ASTRAL.search(text)):
            text = _write(value)
        return text.encode()
    except UnicodeEncodeError as error:
        raise CanonicalError("a string holds a lone surrogate, which UTF-8 cannot carry") from error
    except (TypeError, RecursionError) as error:
        raise CanonicalError(f"not a JSON value: {error}") from error
    except CanonicalError:
        raise
    except ValueError as error:  # the library's word for NaN, infinity and cycles
        raise CanonicalError(f"not a JSON value: {error}") from error


def digest(value: Any) -> str:
    """Return ``sha256:<hex>`` of the canonical form; raises :class:`CanonicalError`."""
    return digest_of(dumps(value))


def digest_of(body: bytes) -> str:
    """Return ``sha256:<hex>`` of bytes that are already there."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def carried(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts that UTF-8 can carry: a lone surrogate is written out by its number.

    Names that a scanned system gives may hold any bytes; Python reads those as surrogates.
    """
    return {name: text.encode(errors="backslashreplace").decode() for name, text in texts.items()}


def loads(body: bytes) -> Any:
    """Return the JSON value in UTF-8 ``body``, refusing duplicate keys and NaN.

    The bytes need not be canonical: compare ``dumps(loads(body)) == body`` where they must be.
    Raises :class:`CanonicalError` with what is wrong.
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise CanonicalError(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise CanonicalError("nested too deeply") from error
    except CanonicalError:
        raise
    except ValueError as error:
        raise CanonicalError(f"not JSON: {error}") from error


def parse(body: bytes) -> Any:
    """Return the JSON value in bytes that :func:`dumps` once wrote, quickly.

    Of duplicate keys the last counts, and an integer beyond 64 bits becomes a float: those bytes
    hold neither. Raises as :func:`loads` does.
    """
    try:
        return orjson.loads(body)
    except ValueError:
        return loads(body)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CanonicalError(f"the key {twice!r} stands twice in one object")
    return made


def _constant(name: str) -> Any:
    raise CanonicalError(f"{name} is not JSON")


def _has_odd_float(value: Any) -> bool:
    """Refuse keys and numbers that do not survive; tell whether a float needs the slow writer.

    Runs after the library's encoder, which has already refused cycles and foreign types. The
    list grows while it is walked.
    """
    odd = False
    queue = [value]
    for item in queue:
        if item.__class__ is list or item.__class__ is tuple:
            inner: Iterable[Any] = item
        elif isinstance(item, dict):
            if not _STRING.issuperset(map(type, item)):
                for key in item:
                    _check_key(key)
            inner = item.values()
        elif isinstance(item, list | tuple):
            inner = item
        else:
            odd = _is_odd(item) or odd
            continue
        queue += [one for one in inner if one.__class__ not in _LITERALS]
    return odd


_STRING = frozenset({str})
_LITERALS = frozenset({str, bool, type(None)})


def _is_odd(item: Any) -> bool:
    """Refuse a number out of range; tell whether it is a float that the library writes unlike."""
    if isinstance(item, int | float) and not isinstance(item, bool):
        _check_range(item)
        return isinstance(item, float) and (item.is_integer() or abs(item) < 1e-4)
    return False


def _check_key(key: Any) -> None:
    # The library would write 1, True and None as "1", "true" and "null", which may collide.
    if not isinstance(key, str):
        raise CanonicalError(f"the key {key!r} is not a string")


def _check_range(number: float) -> None:
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise CanonicalError(f"{number!r} is beyond 2^53: write it as a string")


def _write(value: Any) -> str:
    """Return the canonical text of an already checked value, slowly and exactly."""
    if isinstance(value, dict):
        names: Iterable[str] = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return (
            "{"
            + ",".join(f"{encode_basestring(name)}:{_write(value[name])}" for name in names)
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_write, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return _encode(value)


def _number(value: float) -> str:
    """Return a float below 2^53 as ECMAScript's Number::toString does (RFC 8785, 3.2.2.3)."""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    sign = "-" if mantissa.startswith("-") else ""
    digits = mantissa.lstrip("-").replace(".", "")
    power = int(exponent)
    if power >= -6:
        return sign + "0." + "0" * (-power - 1) + digits
    return f"{mantissa}e{power}"
