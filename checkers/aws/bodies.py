"""Answers that only look like one, told before the SDK parses them.

Four things go wrong below the level of an exception. botocore turns an HTTP 200 with a truncated
or non-JSON body into an empty success for every JSON protocol; it reads a JSON string where a list
should be as a list of letters and any non-empty string as true; it does not compare a body with
its ``Content-Length``; and it takes an HTTP 200 of S3 that is no XML for an HTTP 500.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from troth.checker import ObservationFailed
from troth.model import Reason

#: The error code that is put in place of the status 500 that S3 never sent.
BROKEN_BODY = "BrokenBody"
_JSON_PROTOCOLS = ("json", "rest-json")
#: What a JSON value of each type of shape may be.
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "blob": str,
    "character": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float, str),
    "double": (int, float, str),
    "timestamp": (int, float, str),
}


def refuse_broken_body(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise ``malformed-response`` for a successful answer whose body is cut off or not JSON.

    A handler of botocore's ``before-parse`` event. Error answers and streams are left alone.
    """
    if not 200 <= response_dict["status_code"] < 300:
        return
    if operation_model.has_streaming_output or operation_model.output_shape is None:
        return
    body: bytes = response_dict["body"]
    if len(body) < _promised_length(response_dict["headers"]):
        raise _broken(operation_model, "is shorter than its Content-Length")
    if operation_model.service_model.resolved_protocol in _JSON_PROTOCOLS:
        _refuse_other_than_object(operation_model, body)


def name_broken_success(
    response_dict: Mapping[str, Any] | None, parsed_response: Mapping[str, Any] | None, **_: Any
) -> None:
    """Give a success of S3 that is no XML the error code :data:`BROKEN_BODY`.

    A handler of botocore's ``response-received`` event, which still has the status that came in.
    botocore has made it an error 500 so that it is tried again, as often as the target allows;
    that stands, only what is said of the last try is put right. A code that S3 itself gave, in a
    success or not, is left alone.
    """
    if response_dict is None or parsed_response is None or response_dict["status_code"] >= 300:
        return
    error = parsed_response.get("Error")
    if isinstance(error, dict) and error.get("Code", "") in ("", "500"):
        error["Code"] = BROKEN_BODY


def _promised_length(headers: Mapping[str, str]) -> int:
    length = headers.get("Content-Length", "")
    if headers.get("Content-Encoding") or not length.isascii() or not length.isdigit():
        return 0
    return int(length)


def _refuse_other_than_object(operation_model: Any, body: bytes) -> None:
    shape = operation_model.output_shape
    if not body and not shape.members:
        return
    try:
        value = json.loads(body)
        odd = _mismatch(shape, value)
    except (ValueError, RecursionError):
        raise _broken(operation_model, "is not JSON; it may be truncated") from None
    if value is None or odd:
        raise _broken(operation_model, f"is not what the service promises: {odd or 'null'}")


def _mismatch(shape: Any, value: Any) -> str:
    """Return the name of a shape that the value is not of, or an empty string.

    A JSON null means absent. A number that is a string is allowed where it may be infinite.
    """
    if value is None:
        return ""
    if not isinstance(value, _TYPES.get(shape.type_name, object)):
        return str(shape.name)
    if isinstance(value, bool) != (shape.type_name == "boolean"):
        return str(shape.name)
    return next((odd for odd in map(_mismatch, *_inner(shape, value)) if odd), "")


def _inner(shape: Any, value: Any) -> tuple[list[Any], list[Any]]:
    """Return the shapes and the values of what a value holds; unknown members are skipped."""
    if shape.type_name == "list":
        return [shape.member] * len(value), value
    if shape.type_name == "map":
        return [shape.value] * len(value), list(value.values())
    if shape.type_name != "structure" or getattr(shape, "is_document_type", False):
        return [], []
    named = {
        member.serialization.get("name", name): member for name, member in shape.members.items()
    }
    known = [name for name in named if name in value]
    return [named[name] for name in known], [value[name] for name in known]


def _broken(operation_model: Any, what: str) -> ObservationFailed:
    return ObservationFailed(
        Reason.MALFORMED_RESPONSE, f"{operation_model.name}: the body of the answer {what}"
    )
