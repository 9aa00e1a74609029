"""What IAM tells about a whole account at once: its credential report and its password policy.

The calls stand in one mixin, so that every checker of the family shares one answer of each. The
report is a CSV file that IAM writes on request and keeps for four hours; see
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html for its columns.
"""

from __future__ import annotations

import contextlib
import csv
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from troth.checker import ABSENT, ObservationFailed, call, demand
from troth.checkers.aws.family import AwsAccountChecker, Rows
from troth.checkers.aws.family import instant as moment
from troth.model import Reason

#: What the report writes where it has no instant.
NO_INSTANT = frozenset({"N/A", "not_supported", "no_information", ""})

#: The error codes of GetCredentialReport that say: there is none to be had now.
NO_REPORT = ("ReportNotPresent", "ReportExpired", "ReportInProgress")

#: How often and how many seconds apart the state of a report in the making is asked for.
_TRIES, _PAUSE = 15, 2.0


class IamAccount(AwsAccountChecker):
    """The calls about one account's IAM as a whole; the base of the checkers of this area."""

    @call(
        "iam:GetCredentialReport",
        actions=["iam:GetCredentialReport"],
        per="partition",
        absent_on=NO_REPORT,
    )
    def credential_report(self) -> Any:
        """Return the report: ``Content`` as text and ``GeneratedTime`` as an ISO 8601 instant."""
        answer = self.ask("iam:GetCredentialReport", ["Content", "GeneratedTime"])
        return {
            "Content": bytes(answer["Content"]).decode("utf-8", "replace"),
            "GeneratedTime": moment(answer["GeneratedTime"]),
        }

    @call(
        "iam:GenerateCredentialReport",
        actions=["iam:GenerateCredentialReport"],
        per="partition",
        effect="job",
    )
    def new_credential_report(self) -> Any:
        """Have IAM write a report unless one is younger than four hours; wait until it is there.

        Raises ``timeout`` when IAM has not finished after half a minute.
        """
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_PAUSE)
            answer = self.ask("iam:GenerateCredentialReport", ["State"])
            if answer["State"] == "COMPLETE":
                return answer
        raise ObservationFailed(
            Reason.TIMEOUT, "iam:GenerateCredentialReport has not finished; run again later"
        )

    @call(
        "iam:GetAccountPasswordPolicy",
        actions=["iam:GetAccountPasswordPolicy"],
        per="partition",
        absent_on=["NoSuchEntity"],
    )
    def password_policy(self) -> Any:
        """Return ``PasswordPolicy``; ABSENT when the account never set one."""
        return self.ask("iam:GetAccountPasswordPolicy", ["PasswordPolicy"])

    def renew_report(self) -> None:
        """Have a fresh report written if the target allows jobs; a failure is left to the reader.

        Without a report :func:`report_of` tells the reader what to do, so nothing is lost here.
        """
        with contextlib.suppress(ObservationFailed):
            self.read("new_credential_report")


@dataclass(frozen=True)
class Report:
    """A credential report: one row per user by ARN, and the ISO 8601 instant it speaks for."""

    rows: Mapping[str, Mapping[str, str]]
    generated_at: str

    def row(self, arn: str) -> Mapping[str, str]:
        """Return the row of a user or of the root; raise ``no-data`` if there is none.

        A row with too many or too few columns counts as none: it costs that user alone.
        """
        if arn not in self.rows:
            raise ObservationFailed(
                Reason.NO_DATA,
                f"the credential report of {self.generated_at} has no readable row for {arn}; "
                "it may be older than the user: run again when the report is four hours old",
            )
        return self.rows[arn]


def report_of(response: Any) -> Report:
    """Return the parsed answer of ``credential_report``.

    Raises ``no-data`` with the next step when there is no report now, ``malformed-response`` when
    the CSV has no header that names its users.
    """
    if response is ABSENT:
        raise ObservationFailed(
            Reason.NO_DATA,
            "IAM has no credential report younger than four hours; put `allow: [job]` on the "
            "target, or run `aws iam generate-credential-report` before troth",
        )
    lines = csv.reader(io.StringIO(demand(response, "Content")))
    header = next(lines, [])
    if "arn" not in header or len(set(header)) != len(header):
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, "the credential report has no column arn; it may be cut off"
        )
    rows = [dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header)]
    return Report({row["arn"]: row for row in rows}, demand(response, "GeneratedTime"))


def flag(row: Mapping[str, str], column: str) -> bool:
    """Return a true/false column; raise ``malformed-response`` for anything else in it."""
    value = str(demand(row, column)).lower()
    if value not in ("true", "false"):
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, f"column {column} of the credential report says {value!r}"
        )
    return value == "true"


def column_instant(row: Mapping[str, str], column: str) -> str | None:
    """Return an instant column as ISO 8601 in UTC, or None where the report has none."""
    value = demand(row, column)
    if value in NO_INSTANT:
        return None
    try:
        return moment(datetime.fromisoformat(value))
    except ValueError:
        raise ObservationFailed(
            Reason.MALFORMED_RESPONSE, f"column {column} of the credential report is no instant"
        ) from None


def max_age_days(response: Any) -> int | None:
    """Return after how many days the account's passwords expire; None when they never do.

    Source: ``PasswordPolicy.{ExpirePasswords,MaxPasswordAge}`` of GetAccountPasswordPolicy. AWS
    leaves MaxPasswordAge out, or gives 0, when passwords never expire; an account without a
    policy has the default one, which never expires them.
    """
    if response is ABSENT:
        return None
    policy = demand(response, "PasswordPolicy")
    if not demand(policy, "ExpirePasswords"):
        return None
    days: int = demand(policy, "MaxPasswordAge")
    return days or None


def whole(rows: Rows) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of a list that is no use in part; raise why it is not whole."""
    if rows.failure:
        raise ObservationFailed(rows.failure.reason, rows.failure.message, rows.failure.permission)
    return rows.items
