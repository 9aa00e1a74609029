"""The root of an AWS account, which no list of users holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troth.checker import (
    Facts,
    Listed,
    ObservationFailed,
    Resource,
    call,
    complete,
    demand,
    facet,
    partial,
)
from troth.checkers.aws.iam_report import (
    NO_REPORT,
    IamAccount,
    column_instant,
    flag,
    report_of,
)
from troth.model import Failure, Reason

_NO_TIME = Failure(
    Reason.NOT_SUPPORTED, "AWS does not tell when the root's password was changed; attest it"
)
_NO_KEYS = Failure(
    Reason.NO_DATA,
    "the account summary counts access keys of the root that the credential report does not "
    "show; run again when the report is four hours old",
)


class Root(IamAccount):
    """The account's root: one resource per account.

    GetAccountSummary, which is always to be had, decides what exists. The credential report adds
    when the root's keys were made; it is read only if the summary says that there are any.
    """

    id = "aws.iam.root"
    kind = "account"
    lists = ("identity", "new_credential_report")

    @call("iam:GetAccountSummary", actions=["iam:GetAccountSummary"], per="partition")
    def account_summary(self) -> Any:
        """Return ``SummaryMap``: what the account has, by name."""
        return self.ask("iam:GetAccountSummary", ["SummaryMap"])

    @call(
        "iam:GetCredentialReport",
        actions=["iam:GetCredentialReport"],
        per="key",
        absent_on=NO_REPORT,
    )
    def root_report(self, arn: str) -> Any:
        """Return the credential report, for the root of this ARN."""
        return self.credential_report()

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the root; every account has one."""
        self.renew_report()
        yield Resource(id=self.arn("iam", "root", ""), name="root")

    @facet("identity")
    def owner(self, resource: Resource) -> dict[str, Any]:
        """Return that it is the root; nothing short of closing the account disables it."""
        return {
            "type": "root",
            "state": "enabled",
            "role": "admin",
            "system": f"aws:{resource.id.split(':')[4]}",
            "login": "root",
        }

    @facet("password", uses=["account_summary"])
    def password(self, resource: Resource, summary: Any) -> Facts:
        """Return whether the root has a password; no password policy binds it.

        Source: ``SummaryMap.AccountPasswordPresent``. Raises ``not-supported`` where it is left
        out. The credential report says ``not_supported`` in the root's columns for passwords.
        """
        counts = demand(summary, "SummaryMap")
        if "AccountPasswordPresent" not in counts:
            raise ObservationFailed(
                Reason.NOT_SUPPORTED,
                "iam:GetAccountSummary does not tell whether the root has a password; attest it",
            )
        if not counts["AccountPasswordPresent"]:
            none = {"state": "none", "changed_at": None, "sign_in": "blocked"}
            return Facts(none | {"max_age_days": None})
        facts = {"state": "set", "max_age_days": None, "sign_in": "open"}
        return Facts(facts, missing={"changed_at": _NO_TIME})

    def with_keys(self, resource: Resource) -> Iterator[str]:
        """Give the root's ARN if the summary says that the root has access keys."""
        if demand(self.read("account_summary"), "SummaryMap", "AccountAccessKeysPresent"):
            yield resource.id

    @facet("access_keys", uses=["account_summary", "root_report"], keys="with_keys")
    def access_keys(self, resource: Resource, summary: Any, reports: Mapping[str, Any]) -> Facts:
        """Return the root's access keys; the report numbers them and gives no identifiers."""
        if not reports:
            return Facts({"keys": complete([])})
        row = report_of(reports[resource.id]).row(resource.id)
        keys = [key for key in (_key(row, number) for number in (1, 2)) if key]
        if not keys:
            return Facts({"keys": partial([])}, missing={"keys": _NO_KEYS})
        return Facts({"keys": complete(keys)})

    @facet("public_keys")
    def public_keys(self, resource: Resource) -> dict[str, Any]:
        """Return no keys: IAM keeps SSH keys for users only, the root can have none."""
        return {"fingerprints": complete([])}

    @facet("tags")
    def tags(self, resource: Resource) -> dict[str, str]:
        """Return no tags: the root cannot carry any."""
        return {}


def _key(row: Mapping[str, str], number: int) -> dict[str, str] | None:
    created_at = column_instant(row, f"access_key_{number}_last_rotated")
    if created_at is None:
        return None
    state = "active" if flag(row, f"access_key_{number}_active") else "inactive"
    return {"id": f"access_key_{number}", "state": state, "created_at": created_at}
