"""A clause's tie to a control as a SARIF rule (section 3.49, reportingDescriptor)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from troth import params
from troth.definitions import Binding, Control
from troth.model import Severity
from troth.report import marked
from troth.report.account import Account
from troth.report.brief import Rule, cut, explain
from troth.report.sarif.text import doubled, literal
from troth.report.words import harmless

#: What GitHub shows of a rule: tags, characters of its name and of its descriptions.
TAGS, NAME, DESCRIPTION = 10, 255, 1024
#: Characters of one text in the help; a policy is nobody's novel.
_HELP = 2000
_ELSEWHERE = "Every finding is in what `troth report RUN -o markdown=FILE` writes."
LEVELS: Mapping[Severity, str] = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# GitHub: critical is above 9.0, high from 7.0, medium from 4.0, low from 0.1.
_SCORES = {
    Severity.LOW: "2.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}


#: The rule of the one result that stands for rules for which there is no room.
LEFT = Rule("troth", "more", "clauses", "")


class Rules:
    """Describes rules in the words of a run's policies and controls."""

    def __init__(self, account: Account) -> None:
        """Take the texts from the run's own copies of the files."""
        self._account = account

    def describe(self, rule: Rule, severity: Severity) -> dict[str, Any]:
        """Return the rule as SARIF has it; ``severity`` is that of its findings."""
        control = self._account.controls.get(rule.control)
        promise = self._promises[rule.policy, rule.clause]
        tags = list(dict.fromkeys(_tags(control)))
        return {
            "id": rule.id,
            "name": cut(rule.id, NAME - 40),
            "shortDescription": {"text": _description(f"{rule.policy} {rule.clause}: {promise}")},
            "fullDescription": {"text": _description(promise)},
            "help": {"text": self._help(rule, control), "markdown": self._markdown(rule, control)},
            "defaultConfiguration": {"level": LEVELS[severity]},
            "properties": {"tags": _most(tags), "security-severity": _SCORES[severity]},
        }

    def describe_left(self) -> dict[str, Any]:
        """Return the rule :data:`LEFT`, as GitHub wants every rule described."""
        told = "More is broken than there is room for in one file."
        return {
            "id": LEFT.id,
            "name": LEFT.id,
            "shortDescription": {"text": told},
            "fullDescription": {"text": told},
            "help": {"text": _ELSEWHERE, "markdown": _ELSEWHERE},
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["security"], "security-severity": _SCORES[Severity.CRITICAL]},
        }

    def _help(self, rule: Rule, control: Control | None) -> str:
        return literal("\n".join(f"{head}: {text}" for head, text in self._lines(rule, control)))

    def _markdown(self, rule: Rule, control: Control | None) -> str:
        lines = self._lines(rule, control)
        marked_up = (f"**{marked.words(head)}:** {marked.words(text)}" for head, text in lines)
        return doubled("\n\n".join(marked_up))

    def _lines(self, rule: Rule, control: Control | None) -> list[tuple[str, str]]:
        """Return the help as heads and texts: promise, control, fix, frameworks, what to run."""
        lines = [("Promise", self._promises[rule.policy, rule.clause])]
        if control:
            binding = self._bindings.get(rule[:3])
            title = params.fill(control.title, binding.values) if binding else control.title
            lines.append((f"Control {control.id}", title))
            lines += [(f"Fix ({place})", text) for place, text in control.fix.items()]
            lines += [(name, ", ".join(ids)) for name, ids in control.frameworks.items() if ids]
        lines.append(("All findings", explain(rule.policy, rule.clause)))
        return [(head, cut(text, _HELP)) for head, text in lines]

    @cached_property
    def _promises(self) -> dict[tuple[str, str], str]:
        rows = self._account.summary["clauses"]
        return {(row["policy"], row["clause"]): row["promise"] for row in rows}

    @cached_property
    def _bindings(self) -> dict[tuple[str, ...], Binding]:
        return {
            (chosen.policy.id, clause.id, binding.name): binding
            for chosen in self._account.setup.chosen
            for clause in chosen.clauses
            for binding in clause.bindings
        }


def _description(text: str) -> str:
    # Braces are doubled after the cut, and what was cut is said: the worst text doubles.
    return literal(cut(text, DESCRIPTION // 2 - 40))


def _tags(control: Control | None) -> Iterator[str]:
    yield "security"  # without it GitHub does not read the severity
    if control is None:
        return
    yield control.domain
    for name, ids in control.frameworks.items():
        yield from (harmless(cut(f"{name}/{one}", 60)) for one in ids)


def _most(tags: list[str]) -> list[str]:
    """Return as many tags as GitHub shows; the last then says how many the help has more."""
    if len(tags) <= TAGS:
        return tags
    return [*tags[: TAGS - 1], f"and {len(tags) - TAGS + 1} more in the help"]
