"""SARIF 2.1.0 (OASIS): each broken promise at the clause's line in the policy file.

``sarif`` is for GitHub code scanning and holds what is broken and not waived, within GitHub's
limits. GitHub reads neither ``kind`` nor ``suppressions``, so anything else would be an alert.
``sarif-all`` is for other readers: without limits, unknown findings as ``open``, waived ones
suppressed.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TextIO

from troth.model import Severity, Verdict
from troth.report.account import Account
from troth.report.brief import Row, Rule, is_broken, severity
from troth.report.jsontext import line
from troth.report.sarif import results, run
from troth.report.sarif.rules import LEVELS, Rules
from troth.report.sarif.shares import Shares, everything, fair

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
#: GitHub takes 25,000 results and shows 5,000: what nobody sees is counted instead.
RESULTS = 5_000
#: GitHub takes 10 MB compressed.
BYTES = 9_500_000

_Result = Callable[[Account, Row, int], dict[str, Any]]


class _Choice(NamedTuple):
    """Which findings are written, how one is, and whether it is all that there is to say."""

    wanted: Callable[[Row], bool]
    result: _Result
    whole: bool


class _Contents(NamedTuple):
    """The rules in the order of the file with their findings' severity, and each one's share."""

    rules: dict[Rule, Severity]
    shares: Shares


def write(account: Account, out: TextIO) -> None:
    """Write what is broken and not waived, as GitHub takes it.

    What exceeds GitHub's limits is counted: in a result of its clause, and in a notification.
    """
    choice = _Choice(is_broken, results.result, whole=False)
    rules, counts = _count(account, choice)
    most = RESULTS
    # No more than these are held at once, some kilobytes each.
    chunks = list(_chunks(account, choice, _Contents(rules, fair(counts, most))))
    while most > 2 and _compressed(chunks) > BYTES:
        most //= 2
        chunks = list(_chunks(account, choice, _Contents(rules, fair(counts, most))))
    out.writelines(chunks)


def write_all(account: Account, out: TextIO) -> None:
    """Write everything that is not kept: broken, waived (suppressed) and unknown (open)."""
    choice = _Choice(_is_not_kept, results.of_any_verdict, whole=True)
    rules, counts = _count(account, choice)
    out.writelines(_chunks(account, choice, _Contents(rules, everything(counts))))


def _is_not_kept(row: Row) -> bool:
    return row["verdict"] in (Verdict.FAIL, Verdict.UNKNOWN)


def _count(account: Account, choice: _Choice) -> tuple[dict[Rule, Severity], dict[Rule, int]]:
    """Return the rules with their severity, the worst first, and how often each is broken."""
    rules: dict[Rule, Severity] = {}
    counts: Counter[Rule] = Counter()
    for row in account.findings:
        if choice.wanted(row):
            rule = Rule.of(row)
            rules[rule] = max(severity(row), rules.get(rule, Severity.LOW))
            counts[rule] += 1
    ordered = sorted(rules, key=lambda rule: -rules[rule])
    return {rule: rules[rule] for rule in ordered}, {rule: counts[rule] for rule in ordered}


def _compressed(chunks: Sequence[str]) -> int:
    """Return the size of the file in bytes once ``gzip`` has packed it."""
    packer = zlib.compressobj(wbits=31)
    return sum(len(packer.compress(chunk.encode())) for chunk in chunks) + len(packer.flush())


def _chunks(account: Account, choice: _Choice, contents: _Contents) -> Iterator[str]:
    """Return the file piece by piece, a result a line."""
    shares = contents.shares
    about = {
        "tool": {"driver": _driver(account, contents)},
        "automationDetails": run.automation(account),
        "columnKind": "unicodeCodePoints",
        "invocations": [run.invocation(account, shares, whole=choice.whole)],
    }
    yield f'{{"$schema":{line(SCHEMA)},"version":"2.1.0","runs":[{line(about)[:-1]},"results":['
    separator = "\n"
    for result in _results(account, choice, contents):
        yield separator + line(result)
        separator = ",\n"
    yield "\n]}]}\n"


def _driver(account: Account, contents: _Contents) -> dict[str, Any]:
    shares, rules = contents.shares, Rules(account)
    described = [rules.describe(rule, contents.rules[rule]) for rule in shares.shown]
    if shares.left:
        described.append(rules.describe_left())
    version = account.envelope["versions"]["troth"]
    return {"name": "troth", "version": version, "rules": described}


def _results(account: Account, choice: _Choice, contents: _Contents) -> Iterator[dict[str, Any]]:
    shares = contents.shares
    index = {rule: number for number, rule in enumerate(shares.shown)}
    room = dict(shares.shown)
    for row in account.findings:
        if choice.wanted(row) and room.get(rule := Rule.of(row)):
            room[rule] -= 1
            yield choice.result(account, row, index[rule])
    for rule, count in shares.more.items():
        level = LEVELS[contents.rules[rule]]
        yield results.more(account, rule, index[rule], level, count)
    if shares.left:
        first = next(iter(index))
        yield results.left(account, first, len(index), shares.left, shares.lost)
