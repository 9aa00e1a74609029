"""The password policy of an AWS account: one resource per account.

It binds IAM users only. The root's password and the people who sign in through an identity
provider are outside it, so an account without IAM users with passwords has a policy all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troth.checker import ABSENT, Listed, Resource, demand, facet
from troth.checkers.aws.iam_report import IamAccount, max_age_days

_CLASSES = (
    "RequireSymbols",
    "RequireNumbers",
    "RequireUppercaseCharacters",
    "RequireLowercaseCharacters",
)

#: What AWS enforces in an account that never set a policy, since November 2020. Source:
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
_DEFAULT = {"enforced": True, "min_length": 8, "character_classes": 3, "reuse_history": 0}


class PasswordPolicy(IamAccount):
    """The account's password policy, from GetAccountPasswordPolicy."""

    id = "aws.iam.password-policy"
    kind = "password-policy"

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield the one policy; every account has one, AWS's default or its own."""
        yield Resource(id=self.arn("iam", "password-policy", ""), name="password policy")

    @facet("expiry", uses=["password_policy"])
    def expiry(self, resource: Resource, policy: Any) -> dict[str, Any]:
        """Return whether and after how many days passwords expire.

        A new maximum age counts for passwords that exist already, hence ``all-accounts``.
        """
        days = max_age_days(policy)
        return {"enabled": days is not None, "max_age_days": days, "binds": "all-accounts"}

    @facet("strength", uses=["password_policy"])
    def strength(self, resource: Resource, policy: Any) -> dict[str, Any]:
        """Return which passwords are refused.

        A policy of the account's own replaces AWS's default whole: with no Require flag set, any
        class will do. AWS leaves PasswordReusePrevention out when old passwords may be used again.
        """
        if policy is ABSENT:
            return dict(_DEFAULT)
        own = demand(policy, "PasswordPolicy")
        return {
            "enforced": True,
            "min_length": demand(own, "MinimumPasswordLength"),
            "character_classes": sum(bool(demand(own, name)) for name in _CLASSES),
            "reuse_history": own.get("PasswordReusePrevention", 0),
        }
