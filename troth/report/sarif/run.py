"""What a SARIF file says of the run as a whole: which one it is, when, and what it leaves out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from troth import canonical
from troth.model import Verdict
from troth.report.account import Account
from troth.report.sarif.shares import Shares
from troth.report.words import plural

#: Characters of the scope in a run's id before a digest stands for it.
_SCOPE = 200


def automation(account: Account) -> dict[str, str]:
    """Return the run's identity (section 3.17): ``troth/<scope>/<run>``.

    What stands before the last slash is GitHub's category. Alerts close when a file of the same
    category no longer has them, so a run on other files, or on some of the clauses, has its own.
    """
    selected: Mapping[str, Any] = account.envelope["clauses"]
    scope = "+".join(sorted(selected))
    config = account.config
    if config != "troth.yaml":
        scope = f"{quote(config)}:{scope}"
    if not _is_whole(account):
        scope += "~" + canonical.digest(selected).removeprefix("sha256:")[:8]
    if len(scope) > _SCOPE:
        scope = hashlib.sha256(scope.encode()).hexdigest()[:16]
    return {"id": f"troth/{scope}/{account.envelope['id']}"}


def _is_whole(account: Account) -> bool:
    return all(
        set(account.policies[policy].by_id) == set(clauses)
        for policy, clauses in account.envelope["clauses"].items()
    )


def invocation(account: Account, shares: Shares, *, whole: bool) -> dict[str, Any]:
    """Return when it ran, and what the file leaves out; ``whole`` if that is nothing."""
    texts = [*_left_out(account, shares)] if not whole else []
    texts = [f"{text[0].upper()}{text[1:]}." for text in account.caveats().values()] + texts
    return {
        "executionSuccessful": not account.summary["partial"],
        "startTimeUtc": _utc(account.envelope["started_at"]),
        "endTimeUtc": _utc(account.envelope["finished_at"]),
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": text}} for text in texts
        ],
    }


def _left_out(account: Account, shares: Shares) -> Iterator[str]:
    unknown = sum(row["findings"].get(Verdict.UNKNOWN, 0) for row in account.summary["clauses"])
    if unknown:
        yield (
            f"What could not be decided is not in this file ({plural(unknown, 'finding')}), so "
            "an alert that closes need not be repaired; the format sarif-all has everything."
        )
    counted = sum(shares.more.values())
    if counted:
        rules = plural(len(shares.more), "rule")
        yield f"Counted and not listed: {plural(counted, 'broken finding')} of {rules}."
    if shares.lost:
        rules = plural(shares.left, "rule")
        yield f"Not listed at all: {plural(shares.lost, 'broken finding')} of {rules}."


def _utc(text: str) -> str:
    """Return an ISO 8601 instant as SARIF wants it: in UTC, with ``Z`` (section 3.9)."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
