"""IAM users and the root: moto over HTTP; hand-written reports for what moto cannot say.

moto's report has no row for the root, no time of rotation, and gives users without a password a
time of its last change. It knows no service-specific credentials.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.checkers.aws.scripted import Cut, Raw, Refused, Scripted, serve
from tests.checkers.aws.seeing import Sight, see
from troth.checkers.aws.iam_accounts import Users
from troth.checkers.aws.iam_root import Root
from troth.model import Reason

ACCOUNT = "arn:aws:iam::123456789012"
ALICE = f"{ACCOUNT}:user/alice"
ROOT = f"{ACCOUNT}:root"
LIST, REPORT, GENERATE = "iam:ListUsers", "iam:GetCredentialReport", "iam:GenerateCredentialReport"
POLICY, KEYS, TAGS = "iam:GetAccountPasswordPolicy", "iam:ListAccessKeys", "iam:ListUserTags"
SSH, SSH_KEY = "iam:ListSSHPublicKeys", "iam:GetSSHPublicKey"
SERVICE = "iam:ListServiceSpecificCredentials"
SUMMARY = "iam:GetAccountSummary"
MADE_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
BLOB = base64.b64encode(b"\0\0\0\x07ssh-rsa and more").decode()


@pytest.fixture
def server(moto: str) -> Iterator[Scripted]:
    with serve(moto) as scripted:
        yield scripted


def through(server: Scripted, target: Mapping[str, Any], checker: Any = Users) -> Sight:
    return see(checker, {**target, "endpoint_url": server.address})


def report(*rows: Mapping[str, str], text: str = "") -> dict[str, Any]:
    """Return a credential report; ``rows`` give what differs from a user without credentials."""
    nothing = {"user": "alice", "arn": ALICE, "user_creation_time": "2025-01-01T00:00:00+00:00"}
    nothing |= {"password_enabled": "false", "password_last_used": "N/A"}
    nothing |= {"password_last_changed": "N/A", "password_next_rotation": "N/A"}
    nothing |= {"mfa_active": "false"}
    for number in (1, 2):
        nothing |= {f"access_key_{number}_active": "false"}
        for name in ("rotated", "used_date", "used_region", "used_service"):
            nothing |= {f"access_key_{number}_last_{name}": "N/A"}
    for number in (1, 2):
        nothing |= {f"cert_{number}_active": "false", f"cert_{number}_last_rotated": "N/A"}
    lines = [",".join(nothing)] + [",".join({**nothing, **row}.values()) for row in rows]
    content = text or "\n".join(lines)
    return {
        "Content": content.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": MADE_AT,
    }


def user(name: str = "alice", path: str = "/") -> dict[str, Any]:
    return {
        "Path": path,
        "UserName": name,
        "UserId": f"AIDA{name.upper():X<16}",
        "Arn": f"{ACCOUNT}:user{path}{name}",
        "CreateDate": datetime(2025, 1, 1, tzinfo=UTC),
    }


def hollow(operation: str) -> Raw:
    """Return a success without its members, which the SDK's own model would not allow."""
    name = operation.partition(":")[2]
    return Raw(f"<{name}Response><{name}Result/></{name}Response>".encode())


def users(*rows: Mapping[str, Any]) -> dict[str, Any]:
    return {"Users": list(rows), "IsTruncated": False}


@pytest.fixture
def alice(server: Scripted) -> Scripted:
    """A server with one user of no tags, keys or credentials; tests add a report and more."""
    server.say(LIST, users(user()))
    server.say(TAGS, {"Tags": []})
    server.say(KEYS, {"AccessKeyMetadata": []})
    server.say(SSH, {"SSHPublicKeys": []})
    server.say(SERVICE, {"ServiceSpecificCredentials": []})
    return server


def test_users_of_moto(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    iam = aws("iam")
    iam.update_account_password_policy(MinimumPasswordLength=14, MaxPasswordAge=90)
    iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "sec"}])
    iam.create_login_profile(UserName="alice", Password="example-example")
    iam.create_user(UserName="robot", Path="/service/")
    made = iam.create_access_key(UserName="robot")["AccessKey"]
    iam.update_access_key(UserName="robot", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    second = iam.create_access_key(UserName="robot")["AccessKey"]
    seen = see(Users, {**target, "allow": ["job"]})

    assert seen.incomplete == []
    assert seen.facts(ALICE, "identity") == {
        "type": "human",
        "state": "enabled",
        "role": "ordinary",
        "system": "aws:123456789012",
        "login": "alice",
    }
    robot = f"{ACCOUNT}:user/service/robot"
    assert seen.facts(robot, "identity")["type"] == "service"
    assert seen.facts(robot, "identity")["state"] == "enabled"
    password = seen.facts(ALICE, "password")
    assert (password["state"], password["max_age_days"]) == ("set", 90)
    assert password["sign_in"] == "open"
    keys = {key["id"]: key for key in seen.facts(robot, "access_keys")["keys"]["items"]}
    assert {name: key["state"] for name, key in keys.items()} == {
        f"…{made['AccessKeyId'][-4:]}": "inactive",
        f"…{second['AccessKeyId'][-4:]}": "active",
    }
    listed = iam.list_access_keys(UserName="robot")["AccessKeyMetadata"]
    assert {key["created_at"] for key in keys.values()} == {
        row["CreateDate"].astimezone(UTC).isoformat() for row in listed
    }
    assert seen.facts(ALICE, "access_keys") == {"keys": {"items": [], "complete": True}}
    assert seen.facts(ALICE, "tags") == {"team": "sec"}
    assert made["AccessKeyId"] not in str(seen), "a key's identifier is shortened"
    assert seen.made[REPORT] == seen.made[POLICY] == seen.made[LIST] == seen.made[GENERATE] == 1


def test_without_leave_for_jobs_no_report_is_made(
    target: dict[str, Any], aws: Callable[..., Any]
) -> None:
    aws("iam").create_user(UserName="alice")
    seen = see(Users, target)
    for facet in ("identity", "password"):
        assert seen.failure(ALICE, facet).reason is Reason.NO_DATA
        assert "allow: [job]" in seen.failure(ALICE, facet).message
    assert GENERATE not in seen.made
    assert seen.facts(ALICE, "access_keys")["keys"]["complete"] is True


@pytest.mark.parametrize("code", ["ReportNotPresent", "ReportExpired", "ReportInProgress"])
def test_a_report_that_is_not_there_is_no_data(
    alice: Scripted, target: dict[str, Any], code: str
) -> None:
    alice.say(REPORT, Refused(code, 410))
    seen = through(alice, target)
    assert seen.failure(ALICE, "identity").reason is Reason.NO_DATA


def test_a_refused_job_leaves_an_existing_report_in_use(
    alice: Scripted, target: dict[str, Any]
) -> None:
    alice.say(GENERATE, Refused())
    alice.say(REPORT, report({"password_enabled": "true"}))
    seen = through(alice, {**target, "allow": ["job"]})
    assert seen.facts(ALICE, "identity")["type"] == "human"


def test_a_password_in_the_report(alice: Scripted, target: dict[str, Any]) -> None:
    row = {
        "password_enabled": "true",
        "password_last_changed": "2026-10-01T08:00:00+00:00",
        "password_next_rotation": "2026-12-30T08:00:00+00:00",
    }
    alice.say(REPORT, report(row))
    alice.say(POLICY, {"PasswordPolicy": {"ExpirePasswords": True, "MaxPasswordAge": 90}})
    assert through(alice, target).facts(ALICE, "password") == {
        "state": "set",
        "changed_at": "2026-10-01T08:00:00+00:00",
        "max_age_days": 90,
        "sign_in": "open",
    }


@pytest.mark.parametrize(
    ("policy", "rotation", "sign_in"),
    [
        ({"HardExpiry": False}, "2026-11-20T11:59:59+00:00", "blocked-until-changed"),
        ({}, "2026-11-20T11:59:59+00:00", "blocked-until-changed"),
        ({"HardExpiry": True}, "2026-11-20T11:59:59+00:00", "blocked"),
        ({"HardExpiry": True}, "2026-11-20T12:00:01+00:00", "open"),
        ({"ExpirePasswords": False}, "2026-11-20T11:59:59+00:00", "open"),
        ({"HardExpiry": True}, "N/A", "open"),
    ],
)
def test_an_expired_password_blocks(
    alice: Scripted, target: dict[str, Any], policy: dict[str, Any], rotation: str, sign_in: str
) -> None:
    row = {
        "password_enabled": "true",
        "password_last_changed": "2026-08-22T00:00:00+00:00",
        "password_next_rotation": rotation,
    }
    alice.say(REPORT, report(row))
    whole = {"ExpirePasswords": True, "MaxPasswordAge": 90} | policy
    alice.say(POLICY, {"PasswordPolicy": whole})
    assert through(alice, target).facts(ALICE, "password")["sign_in"] == sign_in


def test_no_password_was_never_set_and_cannot_sign_in(
    alice: Scripted, target: dict[str, Any]
) -> None:
    alice.say(REPORT, report({}))
    alice.say(POLICY, Refused("NoSuchEntity", 404))
    assert through(alice, target).facts(ALICE, "password") == {
        "state": "none",
        "changed_at": None,
        "max_age_days": None,
        "sign_in": "blocked",
    }


def test_a_password_of_unknown_change_is_missing_not_null(
    alice: Scripted, target: dict[str, Any]
) -> None:
    alice.say(
        REPORT, report({"password_enabled": "true", "password_last_changed": "no_information"})
    )
    facts = through(alice, target).facts(ALICE, "password")
    assert "changed_at" not in facts
    assert facts.missing["changed_at"].reason is Reason.NO_DATA


@pytest.mark.parametrize(
    ("row", "ssh", "service", "state"),
    [
        ({}, "", "", "disabled"),
        ({"password_enabled": "true"}, "", "", "enabled"),
        ({"access_key_2_active": "true"}, "", "", "enabled"),
        ({"cert_1_active": "true"}, "", "", "enabled"),
        ({}, "Active", "", "enabled"),
        ({}, "Inactive", "", "disabled"),
        ({}, "", "Active", "enabled"),
        ({}, "", "Inactive", "disabled"),
    ],
)
def test_a_user_is_disabled_only_without_any_usable_credential(
    alice: Scripted, target: dict[str, Any], row: dict[str, str], ssh: str, service: str, state: str
) -> None:
    alice.say(REPORT, report(row))
    if ssh:
        alice.say(SSH, {"SSHPublicKeys": [ssh_row(ssh)]})
        alice.say(SSH_KEY, ssh_answer())
    if service:
        alice.say(SERVICE, {"ServiceSpecificCredentials": [service_row(service)]})
    seen = through(alice, target)
    assert seen.facts(ALICE, "identity")["state"] == state
    assert (SERVICE in seen.made) is not bool(row), "only bare users are asked about more"


def ssh_row(status: str = "Active", key: str = "APKAEXAMPLEEXAMPLE01") -> dict[str, Any]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return {"UserName": "alice", "SSHPublicKeyId": key, "Status": status, "UploadDate": at}


def ssh_answer(body: str = f"ssh-rsa {BLOB} alice@laptop") -> dict[str, Any]:
    key = {"Fingerprint": "12" * 24, "SSHPublicKeyBody": body, "Status": "Active"}
    return {
        "SSHPublicKey": {
            "UserName": "alice",
            "SSHPublicKeyId": "APKAEXAMPLEEXAMPLE01",
            **key,
        }
    }


def service_row(status: str) -> dict[str, Any]:
    return {
        "UserName": "alice",
        "Status": status,
        "ServiceUserName": "alice-at-1",
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC),
        "ServiceSpecificCredentialId": "ACCAEXAMPLEEXAMPLE01",
        "ServiceName": "bedrock.amazonaws.com",
    }


@pytest.mark.parametrize(
    ("options", "kind", "role"),
    [
        ({}, "human", "ordinary"),
        ({"service_accounts": ["/alice"]}, "service", "ordinary"),
        ({"service_accounts": ["/ops/*"]}, "human", "ordinary"),
        ({"admin_accounts": ["/al*"]}, "human", "admin"),
    ],
)
def test_the_target_tells_services_and_administrators(
    alice: Scripted, target: dict[str, Any], options: dict[str, Any], kind: str, role: str
) -> None:
    alice.say(REPORT, report({"password_enabled": "true"}))
    facts = through(alice, {**target, **options}).facts(ALICE, "identity")
    assert (facts["type"], facts["role"]) == (kind, role)


def test_active_ssh_keys_by_fingerprint(alice: Scripted, target: dict[str, Any]) -> None:
    alice.say(REPORT, report({"password_enabled": "true"}))
    rows = [ssh_row(), ssh_row("Inactive", "APKAEXAMPLEEXAMPLE02")]
    alice.say(SSH, {"SSHPublicKeys": rows})
    alice.say(SSH_KEY, ssh_answer())
    seen = through(alice, target)
    digest = hashlib.sha256(base64.b64decode(BLOB)).digest()
    expected = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
    assert seen.facts(ALICE, "public_keys") == {
        "fingerprints": {"items": [expected], "complete": True}
    }
    assert seen.made[SSH_KEY] == 1


@pytest.mark.parametrize("body", ["ssh-rsa", "ssh-rsa ÄÖ!", "ssh-rsa A"])
def test_a_key_that_is_none_is_malformed(
    alice: Scripted, target: dict[str, Any], body: str
) -> None:
    alice.say(REPORT, report({"password_enabled": "true"}))
    alice.say(SSH, {"SSHPublicKeys": [ssh_row()]})
    alice.say(SSH_KEY, ssh_answer(body))
    assert through(alice, target).failure(ALICE, "public_keys").reason is Reason.MALFORMED_RESPONSE


def test_users_without_ssh_keys_have_none(target: dict[str, Any], aws: Callable[..., Any]) -> None:
    aws("iam").create_user(UserName="alice")
    seen = see(Users, target)
    assert seen.facts(ALICE, "public_keys") == {"fingerprints": {"items": [], "complete": True}}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"password_enabled": "perhaps"}, Reason.MALFORMED_RESPONSE),
        ({"user": "alice,too"}, Reason.NO_DATA),
        ({"arn": f"{ACCOUNT}:user/bob"}, Reason.NO_DATA),
    ],
)
def test_one_bad_row_costs_its_own_user(
    server: Scripted, target: dict[str, Any], row: dict[str, str], reason: Reason
) -> None:
    carol = {"user": "carol", "arn": f"{ACCOUNT}:user/carol", "password_enabled": "true"}
    server.say(LIST, users(user(), user("carol")))
    server.say(REPORT, report(row, carol))
    seen = through(server, target)
    assert seen.failure(ALICE, "identity").reason is reason
    assert seen.facts(f"{ACCOUNT}:user/carol", "identity")["type"] == "human"


@pytest.mark.parametrize("when", ["yesterday", "2026-10-01T08:00:00"])
def test_a_time_that_is_none_is_malformed(
    alice: Scripted, target: dict[str, Any], when: str
) -> None:
    alice.say(REPORT, report({"password_enabled": "true", "password_last_changed": when}))
    seen = through(alice, target)
    assert seen.failure(ALICE, "password").reason is Reason.MALFORMED_RESPONSE
    assert seen.facts(ALICE, "identity")["type"] == "human"


@pytest.mark.parametrize("text", ["<html>", "user,arn", " "])
def test_a_report_cut_off_is_never_a_report_of_nobody(
    alice: Scripted, target: dict[str, Any], text: str
) -> None:
    alice.say(REPORT, report(text=text))
    failure = through(alice, target).failure(ALICE, "password")
    assert failure.reason in (Reason.MALFORMED_RESPONSE, Reason.NO_DATA)


@pytest.mark.parametrize(
    ("operation", "facet"),
    [
        (REPORT, "identity"),
        (REPORT, "password"),
        (POLICY, "password"),
        (KEYS, "access_keys"),
        (SSH, "public_keys"),
        (TAGS, "tags"),
        (SSH, "identity"),
        (SERVICE, "identity"),
    ],
)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Refused(), Reason.PERMISSION_DENIED),
        (Refused("ExpiredToken"), Reason.EXPIRED_CREDENTIALS),
        (None, Reason.MALFORMED_RESPONSE),
    ],
)
def test_what_cannot_be_read_costs_its_facet(
    alice: Scripted,
    target: dict[str, Any],
    operation: str,
    facet: str,
    answer: Refused | None,
    reason: Reason,
) -> None:
    alice.say(REPORT, report({}))
    alice.say(operation, answer or hollow(operation))
    seen = through(alice, target)
    failure = seen.failure(ALICE, facet)
    assert failure.reason is reason
    assert failure.permission == (operation if reason is Reason.PERMISSION_DENIED else "")


@pytest.mark.parametrize(
    ("answer", "reason", "permission"),
    [
        (Refused(), Reason.PERMISSION_DENIED, LIST),
        (Cut(), Reason.MALFORMED_RESPONSE, ""),
        (hollow(LIST), Reason.MALFORMED_RESPONSE, ""),
    ],
)
def test_a_listing_that_cannot_be_read_is_not_an_empty_one(
    server: Scripted,
    target: dict[str, Any],
    aws: Callable[..., Any],
    answer: Refused | Cut | Raw,
    reason: Reason,
    permission: str,
) -> None:
    aws("iam").create_user(UserName="alice")
    server.say(LIST, answer)
    seen = through(server, target)
    assert seen.resources == {}
    (failure,) = seen.incomplete
    assert (failure.reason, failure.permission) == (reason, permission)


def test_a_refused_page_keeps_what_was_read(alice: Scripted, target: dict[str, Any]) -> None:
    more = {"Users": [user()], "IsTruncated": True, "Marker": "more"}
    alice.say(LIST, more, Refused())
    seen = through(alice, target)
    assert list(seen.resources) == [ALICE]
    (failure,) = seen.incomplete
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, LIST)


@pytest.mark.parametrize(
    ("operation", "rows", "facet"),
    [
        (KEYS, "AccessKeyMetadata", "access_keys"),
        (TAGS, "Tags", "tags"),
        (SSH, "SSHPublicKeys", "public_keys"),
        (SSH, "SSHPublicKeys", "identity"),
    ],
)
def test_a_detail_read_in_part_is_not_read(
    alice: Scripted, target: dict[str, Any], operation: str, rows: str, facet: str
) -> None:
    alice.say(REPORT, report({}))
    part = {rows: [], "IsTruncated": True, "Marker": "more"}
    alice.say(operation, part, Refused())
    seen = through(alice, target)
    failure = seen.failure(ALICE, facet)
    assert (failure.reason, failure.permission) == (Reason.PERMISSION_DENIED, operation)


def summary(**counts: int) -> dict[str, Any]:
    return {"SummaryMap": {"AccountAccessKeysPresent": 0, "AccountPasswordPresent": 1} | counts}


def test_the_root_without_keys_needs_no_report(server: Scripted, target: dict[str, Any]) -> None:
    # Hand-written: moto leaves AccountPasswordPresent out.
    server.say(SUMMARY, summary())
    seen = through(server, target, Root)
    assert list(seen.resources) == [ROOT]
    assert seen.facts(ROOT, "identity") == {
        "type": "root",
        "state": "enabled",
        "role": "admin",
        "system": "aws:123456789012",
        "login": "root",
    }
    assert seen.facts(ROOT, "access_keys") == {"keys": {"items": [], "complete": True}}
    assert seen.facts(ROOT, "public_keys") == {"fingerprints": {"items": [], "complete": True}}
    assert seen.facts(ROOT, "tags") == {}
    password = seen.facts(ROOT, "password")
    assert password == {"state": "set", "max_age_days": None, "sign_in": "open"}
    assert password.missing["changed_at"].reason is Reason.NOT_SUPPORTED
    assert REPORT not in seen.made


def test_a_root_without_a_password(server: Scripted, target: dict[str, Any]) -> None:
    server.say(SUMMARY, summary(AccountPasswordPresent=0))
    facts = through(server, target, Root).facts(ROOT, "password")
    assert (facts["state"], facts["changed_at"]) == ("none", None)


def test_the_roots_keys_come_from_the_report(server: Scripted, target: dict[str, Any]) -> None:
    row = {
        "user": "<root_account>",
        "arn": ROOT,
        "password_enabled": "not_supported",
        "access_key_1_active": "true",
        "access_key_1_last_rotated": "2020-02-03T04:05:06+00:00",
        "access_key_2_active": "false",
        "access_key_2_last_rotated": "2019-02-03T04:05:06+00:00",
    }
    server.say(SUMMARY, summary(AccountAccessKeysPresent=1))
    server.say(REPORT, report(row))
    assert through(server, target, Root).facts(ROOT, "access_keys")["keys"] == {
        "items": [
            {"id": "access_key_2", "state": "inactive", "created_at": "2019-02-03T04:05:06+00:00"},
            {"id": "access_key_1", "state": "active", "created_at": "2020-02-03T04:05:06+00:00"},
        ],
        "complete": True,
    }


def test_root_keys_that_the_report_does_not_show_are_not_none(
    server: Scripted, target: dict[str, Any]
) -> None:
    server.say(SUMMARY, summary(AccountAccessKeysPresent=1))
    server.say(REPORT, report({"user": "<root_account>", "arn": ROOT}))
    facts = through(server, target, Root).facts(ROOT, "access_keys")
    assert facts["keys"] == {"items": []}
    assert facts.missing["keys"].reason is Reason.NO_DATA


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Refused(), Reason.PERMISSION_DENIED), (Refused("ReportExpired", 410), Reason.NO_DATA)],
)
def test_root_keys_without_a_report(
    server: Scripted, target: dict[str, Any], answer: Refused, reason: Reason
) -> None:
    server.say(SUMMARY, summary(AccountAccessKeysPresent=1))
    server.say(REPORT, answer)
    assert through(server, target, Root).failure(ROOT, "access_keys").reason is reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Refused(), Reason.PERMISSION_DENIED),
        (Cut(), Reason.MALFORMED_RESPONSE),
        ({"SummaryMap": {}}, Reason.MALFORMED_RESPONSE),
    ],
)
def test_a_summary_that_cannot_be_read(
    server: Scripted,
    target: dict[str, Any],
    answer: Refused | Cut | dict[str, Any],
    reason: Reason,
) -> None:
    server.say(SUMMARY, answer)
    failure = through(server, target, Root).failure(ROOT, "access_keys")
    assert failure.reason is reason
    assert failure.permission == (SUMMARY if reason is Reason.PERMISSION_DENIED else "")


def test_a_summary_without_the_password_is_not_supported(target: dict[str, Any]) -> None:
    seen = see(Root, target)
    assert seen.failure(ROOT, "password").reason is Reason.NOT_SUPPORTED
    assert seen.facts(ROOT, "access_keys")["keys"]["complete"] is True
