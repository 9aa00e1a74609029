"""Who can reach a bucket without being let in: IAM bindings, legacy ACLs, prevention.

Source: Cloud Storage documentation, "Overview of access control" and "Public access prevention".
``allAuthenticatedUsers`` is anyone with any Google account, so it counts as anyone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troth.checker import Facts, Failure, ObservationFailed, Reason, complete, demand, partial

ANYONE = ("allUsers", "allAuthenticatedUsers")


@dataclass(frozen=True)
class Prevention:
    """What is known of public access prevention on the project: ``enforced``, or why not known."""

    enforced: bool | None
    failure: Failure | None = None


def bindings_to_anyone(policy: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Return ``(way, conditional)`` for each IAM binding that names anyone.

    ``policy`` is what the client library's Policy makes of itself with ``to_api_repr``. An empty
    one has no ``bindings`` member, so what must be there is ``etag``.
    """
    if not demand(policy, "etag"):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the answer is no IAM policy")
    found = []
    for binding in _rows(policy, "bindings"):
        members = _rows(binding, "members")
        if not all(who in ANYONE or ":" in str(who) for who in members):
            # The library takes any iterable for members: a string falls into its letters.
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a member is no principal")
        role, conditional = str(demand(binding, "role")), "condition" in binding
        found += [
            (f"IAM {who} {role}" + " (with a condition)" * conditional, conditional)
            for who in ANYONE
            if who in members
        ]
    return found


def acl_to_anyone(bucket: Mapping[str, Any]) -> Iterator[str]:
    """Yield each entry of the bucket's own ACLs that names anyone.

    ``bucket`` is the answer of ``storage.buckets.get`` with ``projection=full``.
    """
    for member, what in (("acl", "ACL"), ("defaultObjectAcl", "default object ACL")):
        for entry in _rows(bucket, member):
            if demand(entry, "entity") in ANYONE:
                yield f"{what} {entry['entity']} {demand(entry, 'role')}"


def is_uniform(bucket: Mapping[str, Any]) -> bool:
    """Tell whether uniform bucket-level access switches every ACL off."""
    return demand(bucket, "iamConfiguration", "uniformBucketLevelAccess", "enabled") is True


def prevents(bucket: Mapping[str, Any]) -> bool:
    """Tell whether the bucket itself enforces public access prevention.

    Answers from before 2021 and emulators lack the member; then it is inherited.
    """
    configuration = demand(bucket, "iamConfiguration")
    if not isinstance(configuration, Mapping):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "iamConfiguration is no object")
    return bool(configuration.get("publicAccessPrevention", "inherited") == "enforced")


def exposure(
    bucket: Mapping[str, Any],
    policy: Mapping[str, Any],
    acl_holders: Sequence[Mapping[str, Any]],
    above: Prevention,
) -> Facts:
    """Return the facts of the facet ``exposure``.

    ``acl_holders`` are the ``projection=full`` answers, empty when access is uniform. What the
    settings open counts only if no public access prevention, here or ``above``, blocks it.
    """
    if prevents(bucket):
        return Facts({"public": False, "ways": complete([])})
    bindings = bindings_to_anyone(policy)
    acls = [] if is_uniform(bucket) else [w for one in acl_holders for w in acl_to_anyone(one)]
    ways = sorted({way for way, _ in bindings} | set(acls))
    certain = bool(acls) or any(not conditional for _, conditional in bindings)
    if above.enforced:
        return Facts({"public": False, "ways": complete([])}, raw={"blocked": ways})
    if ways:
        return _open(ways, certain, above, uniform=is_uniform(bucket))
    return _closed(is_uniform(bucket), above)


def _open(ways: list[str], certain: bool, above: Prevention, *, uniform: bool) -> Facts:
    listed = complete(ways) if uniform else partial(ways)
    if above.enforced is None:
        why = above.failure or Failure(Reason.NO_DATA, "the organisation policy was not read")
        return Facts({}, {"public": why, "ways": why}, raw={"would open": ways})
    if certain:
        return Facts({"public": True, "ways": listed})
    why = Failure(Reason.NOT_SUPPORTED, "anyone is let in under conditions that troth cannot weigh")
    return Facts({"ways": listed}, {"public": why})


def _closed(uniform: bool, above: Prevention) -> Facts:
    if uniform:
        return Facts({"public": False, "ways": complete([])})
    why = Failure(
        Reason.NOT_SUPPORTED,
        "objects may be opened one by one by their own ACLs, which are not listed; "
        "turn on uniform bucket-level access or public access prevention",
    )
    return Facts({"ways": partial([])}, {"public": why})


def _rows(holder: Any, member: str) -> list[Any]:
    """Return a list member; absent is empty, as Google leaves empty lists out."""
    rows = holder.get(member, []) if isinstance(holder, Mapping) else None
    if not isinstance(rows, list):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, f"{member} is no list")
    return rows
