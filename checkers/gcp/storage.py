"""Cloud Storage buckets as places where data is kept.

Everything about buckets comes with their listing; who may reach them costs one more read a
bucket, two where ACLs are still in force. Two organisation policies of the project decide what no
bucket shows: whether public access is blocked, and whether plain HTTP is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from troth.checker import (
    Facts,
    Failure,
    ObservationFailed,
    Reason,
    Resource,
    call,
    complete,
    demand,
    facet,
)
from troth.checkers.gcp.answers import understood
from troth.checkers.gcp.exposure import Prevention, exposure, is_uniform, prevents
from troth.checkers.gcp.family import STORAGE
from troth.checkers.gcp.listing import BucketLister, instant, row_of

_POLICY = "orgpolicy.googleapis.com"
_NO_PUBLIC = "storage.publicAccessPrevention"
_NO_HTTP = "storage.secureHttpTransport"


class Buckets(BucketLister):
    """Buckets as data stores: encryption, exposure, location, transport, nature, tags."""

    id = "gcp.storage"
    kind = "data-store"
    hosts = (STORAGE, _POLICY)

    @call("storage:BucketsGetIamPolicy", actions=["storage.buckets.getIamPolicy"], per="resource")
    def iam_policy(self, bucket: Resource) -> Mapping[str, Any]:
        """Return the bucket's IAM policy with its conditions (policy version 3)."""
        handle = self.client.bucket(bucket.name)
        with understood():
            policy = handle.get_iam_policy(
                requested_policy_version=3, timeout=self.timeout, retry=self.tries().retry()
            )
            made: Mapping[str, Any] = policy.to_api_repr()
        if not isinstance(policy.bindings, list):
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "bindings is no list")
        return made

    @call(
        "storage:BucketsGet",
        actions=["storage.buckets.getIamPolicy", "storage.buckets.get"],
        per="key",
    )
    def acl_holder(self, name: str) -> Mapping[str, Any]:
        """Return the bucket with its ACLs (``projection=full``).

        Its properties are read as Google sent them: the client's own ``acl`` asks twice more, and
        takes an answer that lacks its list for an ACL without entries.
        """
        bucket = self.client.bucket(name)
        with understood():
            bucket.reload(projection="full", timeout=self.timeout, retry=self.tries().retry())
            made = dict(bucket._properties)
        if demand(made, "kind") != "storage#bucket":
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the answer is no bucket")
        return made

    @call("orgpolicy:GetEffectivePolicy", actions=["orgpolicy.policy.get"], per="partition")
    def public_access_policy(self) -> dict[str, Any]:
        """Return whether the organisation blocks public access, or why that is not known.

        A refusal is part of the answer: it matters only to buckets that are open otherwise. An
        emulator has no organisation that could block anything.
        """
        if self.emulated:
            return {"enforced": False}
        try:
            return {"enforced": self._enforced(_NO_PUBLIC)}
        except Exception as error:
            known = self.known(error, "public_access_policy")
            if known is None:
                raise
            return {"enforced": None, "failure": known.as_json()}

    @call("orgpolicy:GetEffectivePolicy", actions=["orgpolicy.policy.get"], per="partition")
    def plain_http_policy(self) -> bool:
        """Return whether the organisation refuses unencrypted requests to Cloud Storage."""
        return self._enforced(_NO_HTTP)

    @facet("encryption", uses=["bucket_list"])
    def encryption(self, bucket: Resource, listing: Mapping[str, Any]) -> Facts:
        """Return who owns the key: Cloud Storage encrypts everything with AES-256."""
        row = row_of(listing, bucket)
        key = demand(row, "encryption").get("defaultKmsKeyName") if "encryption" in row else None
        facts = {
            "state": "encrypted",
            "algorithm": "AES",
            "key_bits": 256,
            "layer": "provider",
            "key_owner": "customer" if key else "provider",
        }
        return Facts(facts, raw={"defaultKmsKeyName": key} if key else {})

    def acl_keys(self, bucket: Resource) -> Iterable[str]:
        """Return the bucket's name if its ACLs are in force, nothing if they cannot matter."""
        row = row_of(self.read("bucket_list"), bucket)
        return [] if is_uniform(row) or prevents(row) else [bucket.name]

    @facet(
        "exposure",
        uses=["bucket_list", "iam_policy", "acl_holder", "public_access_policy"],
        keys="acl_keys",
    )
    def exposure(
        self,
        bucket: Resource,
        listing: Mapping[str, Any],
        policy: Mapping[str, Any],
        acl_holders: Mapping[str, Mapping[str, Any]],
        above: Mapping[str, Any],
    ) -> Facts:
        """Weigh IAM bindings and ACLs against public access prevention."""
        why = Failure.from_json(above["failure"]) if "failure" in above else None
        known = Prevention(above["enforced"], why)
        return exposure(row_of(listing, bucket), policy, list(acl_holders.values()), known)

    @facet("location", uses=["bucket_list"])
    def location(self, bucket: Resource, listing: Mapping[str, Any]) -> Facts:
        """Return the bucket's location; custom dual regions name their data locations."""
        row = row_of(listing, bucket)
        places = [str(demand(row, "location"))]
        if "customPlacementConfig" in row:
            places = demand(row, "customPlacementConfig", "dataLocations")
        if not isinstance(places, list) or not places:
            raise ObservationFailed(Reason.MALFORMED_RESPONSE, "dataLocations is no list of places")
        raw = {"locationType": row["locationType"]} if "locationType" in row else {}
        return Facts({"places": complete(f"gcp:{str(place).lower()}" for place in places)}, raw=raw)

    @facet("transport", uses=["plain_http_policy"])
    def transport(self, bucket: Resource, plain_http_refused: bool) -> dict[str, Any]:
        """Tell whether plain HTTP is answered: by the XML API it is, unless the policy refuses it.

        Source: Cloud Storage documentation, "Request endpoints" (the JSON API takes HTTPS only)
        and "Organization policy constraints for Cloud Storage".
        """
        return {"plaintext": "refused" if plain_http_refused else "accepted"}

    @facet("nature", uses=["bucket_list"])
    def nature(self, bucket: Resource, listing: Mapping[str, Any]) -> dict[str, Any]:
        """Return that it is a bucket, and when it was made."""
        return {
            "form": "bucket",
            "created_at": instant(demand(row_of(listing, bucket), "timeCreated")),
        }

    def _enforced(self, constraint: str) -> bool:
        """Return whether a boolean constraint is enforced on the project.

        Source: orgpolicy v2 projects.policies.getEffectivePolicy, which answers with the
        constraint's default where nobody has set a policy.
        """
        if self.emulated:
            raise ObservationFailed(
                Reason.NOT_SUPPORTED, "an emulator has no organisation policies to read"
            )
        path = f"/v2/projects/{quote(str(self.target['project']), safe='')}/policies/{constraint}"
        return enforced_by(self.ask(_POLICY, f"{path}:getEffectivePolicy"))


def enforced_by(policy: Mapping[str, Any]) -> bool:
    """Return whether an effective organisation policy enforces its boolean constraint.

    Raises ``not-supported`` for a rule with a condition: that hangs on tags of the resource, which
    are not read; and ``malformed-response`` when there is no rule at all.
    """
    rules = demand(policy, "spec", "rules")
    if not isinstance(rules, list) or not rules:
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "the organisation policy has no rule")
    if not all(isinstance(rule, Mapping) for rule in rules):
        raise ObservationFailed(Reason.MALFORMED_RESPONSE, "a rule is no object")
    if any("condition" in rule for rule in rules):
        raise ObservationFailed(
            Reason.NOT_SUPPORTED, "the organisation policy hangs on tags, which are not read"
        )
    return any(rule.get("enforce") is True for rule in rules)
