"""Where the SDK's own chain may look for credentials, as the plan tells it."""

from __future__ import annotations

from dataclasses import replace

from troth.checkers.aws.access import Door, host_of

#: Where the SDK looks for credentials, in its order, and the host that it asks. The container's
#: and the instance's addresses are those of the SDK; variables of the SDK can name others.
_SOURCES = (
    ("environment, files of the profile, and the roles, sign-on or program that it names", ""),
    ("container role, where AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set", "169.254.170.2:80"),
    ("container role, where AWS_CONTAINER_CREDENTIALS_FULL_URI is set (EKS)", "169.254.170.23:80"),
    (
        "instance role, where nothing else gives keys and AWS_EC2_METADATA_DISABLED is not true",
        "169.254.169.254:80",
    ),
)
_WEB = "web identity, where AWS_WEB_IDENTITY_TOKEN_FILE or the profile names one"


def credential_sources(door: Door) -> tuple[tuple[str, str, str], ...]:
    """Return ``(operation, permission, host:port)`` of all that obtaining credentials may touch.

    The same wherever it is asked for: neither the environment nor a file is looked at, so that a
    plan reviewed on one machine is the plan of another. Each row therefore says when it happens.
    What a profile names (further roles, single sign-on, a program) stands in files that only the
    run reads; such hosts cannot be told here.
    """
    rows = [(f"credentials: {words}", "", host) for words, host in _SOURCES]
    # The chain asks AWS itself, whatever address the target gives for its services.
    sts = host_of(replace(door, endpoint_url=""), "sts", door.home)
    rows.append((f"credentials: {_WEB}", "sts:AssumeRoleWithWebIdentity", sts))
    if door.role_arn:
        rows.append(("sts:AssumeRole", "sts:AssumeRole", host_of(door, "sts", door.home)))
    return tuple(rows)
