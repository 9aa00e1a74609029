"""The IAM users of an AWS account.

The root is in :mod:`troth.checkers.aws.iam_root`. People who sign in through an identity provider
have no IAM user; they are found where that provider is looked at.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from troth.checker import (
    Facts,
    Listed,
    ObservationFailed,
    Resource,
    call,
    complete,
    demand,
    facet,
)
from troth.checkers.aws.family import Rows, instant, tags_of
from troth.checkers.aws.iam_report import (
    IamAccount,
    Report,
    column_instant,
    flag,
    max_age_days,
    report_of,
    whole,
)
from troth.model import Failure, Reason

#: The columns of the report that say whether a credential may be used now.
_CREDENTIALS = (
    "password_enabled",
    "access_key_1_active",
    "access_key_2_active",
    "cert_1_active",
    "cert_2_active",
)

_GLOBS = {"type": "array", "items": {"type": "string"}}


class Users(IamAccount):
    """IAM users, listed with ListUsers, judged mostly from one credential report.

    ``service_accounts`` and ``admin_accounts`` are globs on path and name (``/service/*``,
    ``/admin-*``): ListUsers gives no tags, and asking each user for them would cost a call each.
    """

    id = "aws.iam.account"
    kind = "account"
    options: ClassVar[Mapping[str, Any]] = {
        **IamAccount.options,
        "service_accounts": {
            **_GLOBS,
            "description": "globs on path and name of IAM users that no person signs in with",
        },
        "admin_accounts": {
            **_GLOBS,
            "description": "globs on path and name of a person's separate privileged IAM users",
        },
    }
    lists = ("users", "new_credential_report")

    @call("iam:ListUsers", actions=["iam:ListUsers"], per="partition")
    def users(self) -> Rows:
        """Return every IAM user, over all pages."""
        return self.pages("iam:ListUsers", "Users", require=["Arn", "UserName"], page_size=1000)

    @call("iam:ListAccessKeys", actions=["iam:ListAccessKeys"], per="resource")
    def access_keys_response(self, resource: Resource) -> Rows:
        """Return the access keys of one user; IAM never gives the secret again."""
        return self.pages("iam:ListAccessKeys", "AccessKeyMetadata", UserName=resource.name)

    @call("iam:ListUserTags", actions=["iam:ListUserTags"], per="resource")
    def tags_response(self, resource: Resource) -> Rows:
        """Return the tags of one user."""
        return self.pages("iam:ListUserTags", "Tags", UserName=resource.name)

    @call("iam:ListSSHPublicKeys", actions=["iam:ListSSHPublicKeys"], per="resource")
    def ssh_keys(self, resource: Resource) -> Rows:
        """Return the SSH public keys of one user; they open CodeCommit."""
        return self.pages("iam:ListSSHPublicKeys", "SSHPublicKeys", UserName=resource.name)

    @call("iam:ListSSHPublicKeys", actions=["iam:ListSSHPublicKeys"], per="key")
    def ssh_keys_of(self, user: str) -> Rows:
        """Return the SSH public keys of the user of this name."""
        return self.pages("iam:ListSSHPublicKeys", "SSHPublicKeys", UserName=user)

    @call("iam:GetSSHPublicKey", actions=["iam:GetSSHPublicKey"], per="key")
    def ssh_key(self, key: str) -> Any:
        """Return one SSH public key, by ``user name/key id``."""
        user, _, key_id = key.partition("/")
        return self.ask(
            "iam:GetSSHPublicKey",
            ["SSHPublicKey"],
            UserName=user,
            SSHPublicKeyId=key_id,
            Encoding="SSH",
        )

    @call(
        "iam:ListServiceSpecificCredentials",
        actions=["iam:ListServiceSpecificCredentials"],
        per="key",
    )
    def service_credentials(self, user: str) -> Any:
        """Return the passwords and keys that the user has at single services, never their value."""
        return self.ask(
            "iam:ListServiceSpecificCredentials", ["ServiceSpecificCredentials"], UserName=user
        )

    def resources(self) -> Iterator[Resource | Listed]:
        """Yield every IAM user."""
        self.renew_report()
        yield from self.listed(
            self.read("users"), lambda user: Resource(id=user["Arn"], name=user["UserName"])
        )

    def bare_users(self, resource: Resource) -> Iterator[str]:
        """Give the user's name if the report shows no credential; only then others are read."""
        row = report_of(self.read("credential_report")).row(resource.id)
        if not any(flag(row, column) for column in _CREDENTIALS):
            yield resource.name

    @facet(
        "identity",
        uses=["credential_report", "ssh_keys_of", "service_credentials"],
        keys="bare_users",
    )
    def owner(
        self, resource: Resource, report: Any, ssh: Mapping[str, Any], other: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return whose account it is.

        A user is human if it has a console password and no glob calls it a service account.
        IAM cannot disable a user: one without any usable credential counts as disabled.
        """
        row = report_of(report).row(resource.id)
        login = resource.id.partition(":user")[2]
        service = self._named(login, "service_accounts") or not flag(row, "password_enabled")
        return {
            "type": "service" if service else "human",
            "state": "enabled" if _usable(row, ssh, other) else "disabled",
            "role": "admin" if self._named(login, "admin_accounts") else "ordinary",
            "system": f"aws:{resource.id.split(':')[4]}",
            "login": resource.name,
        }

    def _named(self, login: str, option: str) -> bool:
        return any(fnmatchcase(login, glob) for glob in self.target.get(option, ()))

    @facet("password", uses=["credential_report", "password_policy"])
    def password(self, resource: Resource, report: Any, policy: Any) -> Facts | dict[str, Any]:
        """Return the state of the console password.

        ``sign_in`` is as of the moment at which IAM wrote the report. A password that must be
        changed because an administrator reset it reads as open: the report does not tell.
        """
        made = report_of(report)
        row = made.row(resource.id)
        age = max_age_days(policy)
        if not flag(row, "password_enabled"):
            return {
                "state": "none",
                "changed_at": None,
                "max_age_days": age,
                "sign_in": "blocked",
            }
        facts = {"state": "set", "max_age_days": age, "sign_in": _sign_in(made, row, policy, age)}
        changed_at = column_instant(row, "password_last_changed")
        if changed_at is None:
            why = Failure(Reason.NO_DATA, "the credential report has no time of the last change")
            return Facts(facts, missing={"changed_at": why})
        return facts | {"changed_at": changed_at}

    @facet("access_keys", uses=["access_keys_response"])
    def access_keys(self, resource: Resource, response: Rows) -> dict[str, Any]:
        """Return the access keys; a key is never renewed, only replaced by a new one."""
        keys = []
        for key in whole(response):
            keys.append(
                {
                    "id": f"…{demand(key, 'AccessKeyId')[-4:]}",
                    "state": "active" if demand(key, "Status") == "Active" else "inactive",
                    "created_at": instant(demand(key, "CreateDate")),
                }
            )
        return {"keys": complete(keys)}

    def ssh_key_ids(self, resource: Resource) -> Iterator[str]:
        """Give ``user name/key id`` of each SSH key that may be used now."""
        for key in whole(self.read("ssh_keys", resource)):
            if demand(key, "Status") == "Active":
                yield f"{resource.name}/{demand(key, 'SSHPublicKeyId')}"

    @facet("public_keys", uses=["ssh_keys", "ssh_key"], keys="ssh_key_ids")
    def public_keys(
        self, resource: Resource, listed: Rows, keys: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the SHA-256 fingerprints of the active SSH keys, as ssh-keygen prints them."""
        bodies = [demand(key, "SSHPublicKey", "SSHPublicKeyBody") for key in keys.values()]
        return {"fingerprints": complete(_fingerprint(body) for body in bodies)}

    @facet("tags", uses=["tags_response"])
    def tags(self, resource: Resource, response: Rows) -> dict[str, str]:
        """Return the user's tags."""
        return tags_of(whole(response))


def _usable(row: Mapping[str, str], ssh: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether any credential may be used now; ``ssh`` and ``other`` are of bare users only."""
    if any(flag(row, column) for column in _CREDENTIALS):
        return True
    found = [key for rows in ssh.values() for key in whole(rows)]
    for answer in other.values():
        found += demand(answer, "ServiceSpecificCredentials")
    return any(demand(key, "Status") == "Active" for key in found)


def _sign_in(made: Report, row: Mapping[str, str], policy: Any, age: int | None) -> str:
    ends_at = column_instant(row, "password_next_rotation")
    if age is None or ends_at is None:
        return "open"
    if datetime.fromisoformat(ends_at) > datetime.fromisoformat(made.generated_at):
        return "open"
    hard = demand(policy, "PasswordPolicy").get("HardExpiry", False)
    return "blocked" if hard else "blocked-until-changed"


def _fingerprint(body: str) -> str:
    """Return ``SHA256:…`` of an OpenSSH public key line (RFC 4253, section 6.6)."""
    parts = body.split()
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (IndexError, ValueError):
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, "iam:GetSSHPublicKey answered with no OpenSSH key"
        ) from None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"
