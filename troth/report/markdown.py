"""A run as Markdown for people: what is broken and how to fix it first, then what is unknown.

Whatever a scanned system or a policy says goes through :mod:`troth.report.marked`: it can be no
link, no HTML, no mention, and no end of a list or table.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TextIO

from troth.model import POPULATION, Reason, Verdict
from troth.report.account import Account
from troth.report.brief import TEXT, Row, cut, distinct, explain, is_broken, shortened
from troth.report.marked import code, words
from troth.report.words import LABELS, plural

#: How many findings of a clause are written out before the rest is counted.
SHOWN = 10
_COLUMNS = (*Verdict, None)


def write(account: Account, out: TextIO) -> None:
    """Write the run as Markdown, a clause at a time."""
    out.writelines(blocks(account, SHOWN))


def blocks(account: Account, shown: int) -> Iterator[str]:
    """Return the report in pieces, each of which may be the last; the most important first.

    ``shown`` findings of a clause are written out.
    """
    yield from _head(account)
    broken = [row for row in account.clauses if row["verdict"] == Verdict.FAIL]
    unknown = [row for row in account.clauses if row["verdict"] == Verdict.UNKNOWN]
    waits = [_waits(account, row) for row in unknown]
    waiting = list(itertools.compress(unknown, waits))
    undecided = list(itertools.compress(unknown, map(operator.not_, waits)))
    unwaived = [row for row in broken if not row["waived"]]
    for title, rows, tell in (
        ("Broken", unwaived, _broken),
        ("Unknown", undecided, _unknown),
        ("Broken and waived", [row for row in broken if row["waived"]], _waived),
        ("Unknown: no control is written yet", waiting, _named),
        ("Kept", _with(account, Verdict.PASS), _named),
        ("Not applicable", _with(account, Verdict.NOT_APPLICABLE), _named),
        ("Informative", _with(account, None), _named),
    ):
        yield from _section(account, title, rows, tell, shown)
    yield from _waivers(account)


_Tell = Callable[[Account, Row, int], str]


def _with(account: Account, verdict: Verdict | None) -> list[Row]:
    return [row for row in account.clauses if row["verdict"] == verdict]


def _waits(account: Account, clause: Row) -> bool:
    """Tell whether nothing but a control that nobody wrote yet keeps a clause unknown."""
    if not clause["awaits"]:
        return False
    rows = account.findings.of(clause["policy"], clause["clause"])
    reasons = {row["reason"] for row in rows if row["verdict"] == Verdict.UNKNOWN}
    return reasons == {Reason.NO_CONTROL.value}


def _head(account: Account) -> Iterator[str]:
    name, version = account.envelope["id"], account.envelope["versions"]["troth"]
    yield "# What is promised, and what is kept\n\n"
    judged = code(account.summary["as_of"])
    yield f"Run {code(name)}, judged at {judged} by troth {code(version)}.\n"
    if account.summary["partial"]:
        yield "\n**This run was interrupted: what was not read is unknown.**\n"
    labels = [LABELS[verdict] for verdict in _COLUMNS]
    yield f"\n| clauses of | {' | '.join(labels)} | all |\n|---|{'---:|' * (len(labels) + 1)}\n"
    for policy, counts in account.counts().items():
        numbers = [counts[verdict] for verdict in _COLUMNS]
        cells = [str(number or "") for number in numbers] + [str(sum(numbers))]
        yield f"| {code(policy)} | {' | '.join(cells)} |\n"


def _section(
    account: Account, title: str, rows: Sequence[Row], tell: _Tell, shown: int
) -> Iterator[str]:
    if not rows:
        return
    yield f"\n## {title} ({plural(len(rows), 'clause')})\n"
    for policy in account.summary["policies"]:
        mine = [row for row in rows if row["policy"] == policy["id"]]
        if mine:
            yield f"\n### {code(policy['id'])} {words(cut(policy['title'], TEXT))}\n\n"
        for row in mine:
            yield tell(account, row, shown)


def _clause(account: Account, clause: Row) -> str:
    place = account.place(clause["policy"], clause["clause"])
    promise = words(cut(clause["promise"], TEXT))
    return f"- {code(clause['clause'])} {promise} ({code(f'{place.path}:{place.line}')})\n"


def _named(account: Account, clause: Row, shown: int) -> str:
    return _clause(account, clause)


def _broken(account: Account, clause: Row, shown: int) -> str:
    rows = account.findings.of(clause["policy"], clause["clause"])
    return (
        _clause(account, clause)
        + _findings(clause, filter(is_broken, rows), shown)
        + _beside(clause, account)
        + _fixes(account, clause)
    )


def _unknown(account: Account, clause: Row, shown: int) -> str:
    rows = account.findings.of(clause["policy"], clause["clause"])
    unknown = (row for row in rows if row["verdict"] == Verdict.UNKNOWN)
    return _clause(account, clause) + _findings(clause, unknown, shown)


def _waived(account: Account, clause: Row, shown: int) -> str:
    """Return a waived clause; what is unknown beside it counts, so it is told as well."""
    rows = account.findings.of(clause["policy"], clause["clause"])
    told = (row for row in rows if row["verdict"] in (Verdict.FAIL, Verdict.UNKNOWN))
    return _clause(account, clause) + _findings(clause, told, shown)


def _findings(clause: Row, rows: Iterable[Row], shown: int) -> str:
    rest = distinct(rows)
    first = itertools.islice(rest, shown)
    text = "".join(f"  - {_finding(shortened(row))}\n" for row in first)
    if more := sum(1 for _ in rest):
        command = code(explain(clause["policy"], clause["clause"]))
        text += f"  - … and {plural(more, 'more finding')}: {command}\n"
    return text


def _finding(row: Row) -> str:
    """Return a finding as one line: severity, control, where, reason, why, permission, waiver."""
    told = [f"**{row['severity']}**", code(row["control"])]
    if row["resource"] != POPULATION:
        told += [code(row["target"]), code(row["resource"])]
    if "reason" in row:
        told.append(f"is unknown, {code(row['reason'])}")
    # What was found is a value, not a sentence: whole, it reads better than in pieces.
    expected, found, value = row["why"].partition("; found ")
    told.append(f"{words(expected)}; found {code(value)}" if found else words(expected))
    if row.get("permission"):
        told.append(f"(permission {code(row['permission'])})")
    if waiver := row.get("waiver"):
        told.append(f"(waived until {code(waiver['expires_on'])}: {words(waiver['reason'])})")
    return " ".join(filter(None, told))


def _beside(clause: Row, account: Account) -> str:
    """Return what a broken clause has besides: unknown findings, and waived ones."""
    unknown = clause["findings"].get(Verdict.UNKNOWN, 0)
    rows = account.findings.of(clause["policy"], clause["clause"])
    waived = sum(1 for row in rows if "waiver" in row)
    said = [f"{plural(unknown, 'finding')} unknown"] if unknown else []
    said += [f"{plural(waived, 'finding')} waived"] if waived else []
    return f"  - besides: {', '.join(said)}\n" if said else ""


def _fixes(account: Account, clause: Row) -> str:
    """Return how to fix what is broken, from the controls that are."""
    rows = account.findings.of(clause["policy"], clause["clause"])
    names = dict.fromkeys(row["control"] for row in rows if is_broken(row))
    return "".join(
        f"  - Fix ({words(place)}): {words(cut(text, 2000))}\n"
        for name in names
        if name in account.controls
        for place, text in account.controls[name].fix.items()
    )


def _waivers(account: Account) -> Iterator[str]:
    """Return the waivers of the selected clauses, each with its end and what became of it."""
    selected = {(row["policy"], row["clause"]) for row in account.clauses}
    rows = [row for row in account.summary["waivers"] if (row["policy"], row["clause"]) in selected]
    if rows:
        yield f"\n## Waivers ({len(rows)})\n\n"
    for row in rows:
        clause = f"{row['policy']}/{row['clause']}"
        yield (
            f"- {code(row['id'])} of {code(clause)}: {words(row['state'])} until "
            f"{code(row['expires_on'])}, approved by {code(row['approver'])}: "
            f"{words(cut(row['reason'], TEXT))}\n"
        )
