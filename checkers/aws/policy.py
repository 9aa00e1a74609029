"""What a resource policy refuses: the one question asked here is whether plain HTTP is.

Source: the IAM policy grammar; conditions of a statement are all needed for it to apply, so a
refusal with a further condition refuses less than everything and is not counted.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping, Sequence
from typing import Any

from troth.checker import ObservationFailed, Reason, demand


def refuses_plaintext(text: str, service: str, resources: Sequence[str]) -> bool:
    """Tell whether every request to all ``resources`` (ARNs) without TLS is denied to everyone.

    Several statements may cover the resources together. Raises ``malformed-response`` if the
    policy is not the JSON that IAM accepts.
    """
    covered: set[str] = set()
    for statement in _statements(text):
        if _denies_all_plaintext(statement, service):
            patterns = _listed(statement.get("Resource", []))
            covered |= {r for r in resources if any(_matches(r, p) for p in patterns)}
    return covered == set(resources)


def _statements(text: str) -> list[Mapping[str, Any]]:
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the policy is not JSON") from None
    found = _listed(demand(policy, "Statement"))
    if not all(isinstance(statement, Mapping) for statement in found):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a policy statement is no object")
    return found


def _denies_all_plaintext(statement: Mapping[str, Any], service: str) -> bool:
    """NotAction, NotPrincipal and NotResource except something, so they never qualify."""
    return (
        statement.get("Effect") == "Deny"
        and _is_everyone(statement.get("Principal"))
        and any(a in ("*", f"{service}:*") for a in _lower(statement.get("Action", [])))
        and _is_without_tls(statement.get("Condition"))
    )


def _is_everyone(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        principal = principal.get("AWS")
    return "*" in _listed(principal)


def _is_without_tls(condition: Any) -> bool:
    """Tell whether the condition is aws:SecureTransport = false and nothing else."""
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return False
    operator, keys = next(iter(condition.items()))
    if str(operator).lower() not in ("bool", "boolifexists"):
        return False
    if not isinstance(keys, Mapping) or len(keys) != 1:
        return False
    key, value = next(iter(keys.items()))
    return str(key).lower() == "aws:securetransport" and _lower(value) == ["false"]


def _matches(resource: str, pattern: Any) -> bool:
    """Match as IAM does: ``*`` and ``?`` only, case-sensitive."""
    escaped = str(pattern).replace("[", "[[]")
    return fnmatch.fnmatchcase(resource, escaped)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _lower(value: Any) -> list[str]:
    return [str(each).lower() for each in _listed(value)]
