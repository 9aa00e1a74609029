"""The password policy of an account: moto over HTTP; hand-written answers where moto is blank."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.checkers.aws.scripted import Cut, Raw, Refused, Scripted, serve
from tests.checkers.aws.seeing import see
from troth.checkers.aws.password_policy import PasswordPolicy
from troth.model import Reason

ID = "arn:aws:iam::123456789012:password-policy"
OPERATION = "iam:GetAccountPasswordPolicy"


@pytest.fixture
def server(moto: str) -> Iterator[Scripted]:
    with serve(moto) as scripted:
        yield scripted


def through(server: Scripted, target: Mapping[str, Any]) -> dict[str, Any]:
    return {**target, "endpoint_url": server.address}


def test_a_strict_policy(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    aws("iam").update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        MaxPasswordAge=60,
        PasswordReusePrevention=24,
    )
    seen = see(PasswordPolicy, target)
    assert seen.facts(ID, "expiry") == {
        "enabled": True,
        "max_age_days": 60,
        "binds": "all-accounts",
    }
    assert seen.facts(ID, "strength") == {
        "enforced": True,
        "min_length": 14,
        "character_classes": 4,
        "reuse_history": 24,
    }
    assert seen.made[OPERATION] == 1


def test_a_lax_policy_never_expires_and_replaces_the_default_whole(
    target: dict[str, Any], aws: Callable[..., Any]
) -> None:
    aws("iam").update_account_password_policy(MinimumPasswordLength=6, RequireNumbers=True)
    seen = see(PasswordPolicy, target)
    assert seen.facts(ID, "expiry") == {
        "enabled": False,
        "max_age_days": None,
        "binds": "all-accounts",
    }
    assert seen.facts(ID, "strength") == {
        "enforced": True,
        "min_length": 6,
        "character_classes": 1,
        "reuse_history": 0,
    }


def test_no_policy_is_the_default_of_aws(target: dict[str, Any]) -> None:
    seen = see(PasswordPolicy, target)
    assert seen.facts(ID, "expiry")["enabled"] is False
    assert seen.facts(ID, "expiry")["max_age_days"] is None
    assert seen.facts(ID, "strength") == {
        "enforced": True,
        "min_length": 8,
        "character_classes": 3,
        "reuse_history": 0,
    }


@pytest.mark.parametrize("age", ["", "<MaxPasswordAge>0</MaxPasswordAge>"])
def test_an_age_of_none_or_zero_is_never(
    server: Scripted, target: dict[str, Any], age: str
) -> None:
    # Hand-written: moto cannot store a 0, and the SDK's model does not allow one.
    server.say(
        OPERATION,
        Raw(
            f"""<GetAccountPasswordPolicyResponse><GetAccountPasswordPolicyResult>
        <PasswordPolicy><ExpirePasswords>{"true" if age else "false"}</ExpirePasswords>{age}
        </PasswordPolicy></GetAccountPasswordPolicyResult></GetAccountPasswordPolicyResponse>
        """.encode()
        ),
    )
    facts = see(PasswordPolicy, through(server, target)).facts(ID, "expiry")
    assert facts["enabled"] is False
    assert facts["max_age_days"] is None


def test_an_answer_without_its_members_is_malformed(
    server: Scripted, target: dict[str, Any]
) -> None:
    server.say(OPERATION, {"PasswordPolicy": {"RequireNumbers": True}})
    seen = see(PasswordPolicy, through(server, target))
    assert seen.failure(ID, "expiry").reason is Reason.MALFORMED_RESPONSE
    assert seen.failure(ID, "strength").reason is Reason.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    ("answer", "reason", "permission"),
    [
        (Refused("AccessDenied", 403), Reason.PERMISSION_DENIED, OPERATION),
        (Refused("ExpiredToken", 403), Reason.EXPIRED_CREDENTIALS, ""),
        (Cut(), Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_what_cannot_be_read_is_neither_good_nor_bad(
    server: Scripted,
    target: dict[str, Any],
    aws: Callable[..., Any],
    answer: Refused | Cut,
    reason: Reason,
    permission: str,
) -> None:
    aws("iam").update_account_password_policy(MinimumPasswordLength=14, MaxPasswordAge=60)
    server.say(OPERATION, answer)
    seen = see(PasswordPolicy, through(server, target))
    for facet in ("expiry", "strength"):
        assert seen.failure(ID, facet).reason is reason
        assert seen.failure(ID, facet).permission == permission
