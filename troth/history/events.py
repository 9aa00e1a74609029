"""The events of a night: each step that matters, told in a sentence; the same of many told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from troth.history.changes import Change, Event
from troth.history.compare import State
from troth.history.findings import Step
from troth.history.resources import Inventory, Owner

#: Characters of a sentence before it is cut.
LENGTH = 600
#: How many names a sentence gives before it counts the rest.
NAMES = 5

#: Told once for all like findings of a clause at a target: a refused call has thousands.
_TOGETHER = frozenset({Change.COVERAGE_LOST, Change.COVERAGE_REGAINED})

_ORDER = {change: at for at, change in enumerate(Change)}


def of_steps(steps: Iterable[Step]) -> list[Event]:
    """Return the events of steps, gravest first, and in the findings' order among equals."""
    together: dict[tuple[object, ...], list[Step]] = {}
    found: list[Event] = []
    for step in steps:
        if step.change in _TOGETHER:
            together.setdefault(_alike(step), []).append(step)
        else:
            found.append(_single(step, _sentence(step)))
    found += [_joined(group) for group in together.values()]
    return sorted(found, key=lambda event: _ORDER[event.change])


def of_resources(inventory: Inventory) -> Iterator[Event]:
    """Yield an event for every resource that came or went."""
    for change, owners in (
        (Change.RESOURCE_GONE, inventory.gone),
        (Change.RESOURCE_ADDED, inventory.added),
    ):
        word = "is gone" if change is Change.RESOURCE_GONE else "is new"
        for owner in owners:
            yield _resource(change, owner, f"{owner.key} at {owner.unit[0]} {word}")


def of_definitions(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Event]:
    """Yield an event for whatever the verdicts rest on that is not what it was.

    Both are the ``definitions`` of a recorded run: digests by name in ``documents``, ``policies``,
    ``controls`` and ``kinds``, the ``versions``, and the digests ``config`` and ``clauses``.
    """
    for what, change, told in _DEFINITIONS:
        names = _differing(before.get(what, {}), now.get(what, {}))
        if change is Change.CONTROL_CHANGED:
            if names:
                yield Event(change, f"{told}: {_listed(names)}")
            continue
        for name in names:
            yield Event(change, f"{told} {name} is another than before", policy=name)
    for what, text in _SCOPE:
        if before.get(what) != now.get(what):
            yield Event(Change.SCOPE_CHANGED, text)


_DEFINITIONS = (
    ("documents", Change.DOCUMENT_CHANGED, "the document behind policy"),
    ("policies", Change.POLICY_CHANGED, "the file of policy"),
    ("controls", Change.CONTROL_CHANGED, "controls changed"),
    ("kinds", Change.CONTROL_CHANGED, "kinds changed"),
    ("versions", Change.CONTROL_CHANGED, "versions changed"),
)
_SCOPE = (
    ("config", "troth.yaml is another than before"),
    ("clauses", "other clauses are selected than before"),
)


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names that are new, gone or have another value."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


def _single(step: Step, text: str) -> Event:
    about = step.about
    return Event(
        step.change, cut(text), about.policy, about.clause, about.control, about.key,
        about.target, about.kind, about.resource, _severity(step), _verdict(step.before),
        _verdict(step.now),
    )  # fmt: skip


def _alike(step: Step) -> tuple[object, ...]:
    """Return what findings share that are told as one: never a broken one with one that is not."""
    about, was, now = step.about, step.before, step.now
    shared = (about.policy, about.clause, about.control, about.target, _severity(step))
    seen = (now.verdict, now.reason, now.waived) if now else ("", "", False)
    # What is found first where a list cannot be had stands with what was kept there.
    return (step.change, *shared, bool(was and was.failing), *seen)


def _joined(group: Sequence[Step]) -> Event:
    """Return one event for findings that share clause, control, target and reason."""
    first = _single(group[0], _sentence(group[0]))
    if len(group) == 1:
        return first
    before = max(_verdict(step.before) for step in group)
    names = sorted({step.about.resource for step in group})
    text = f"{len(group)} findings: {_listed(names)}; {_sentence(group[0])}"
    return first._replace(text=cut(text), finding="", resource="", before=before)


def _resource(change: Change, owner: Owner, text: str) -> Event:
    return Event(change, cut(text), target=owner.unit[0], kind=owner.kind, resource=owner.key)


def _sentence(step: Step) -> str:
    if step.change is Change.COVERAGE_REGAINED and step.now and step.now.failing:
        return f"can be judged again; still broken: {step.why}"
    if step.why:
        return step.why
    return _SENTENCES.get(step.change, "") or _missing(step)


_SENTENCES = {
    Change.FIXED: "passes now",
    Change.COVERAGE_REGAINED: "can be judged again",
    Change.NO_LONGER_ASKED: "was broken, and no clause asks it of this resource any more",
}


def _missing(step: Step) -> str:
    if step.now is None or step.now.dropped:
        return "is not looked at any more"
    return f"could not be looked at ({step.now.reason})"


def _severity(step: Step) -> str:
    state = step.now or step.before
    return state.severity if state else ""


def _verdict(state: State | None) -> str:
    return state.verdict if state else ""


def cut(text: str) -> str:
    """Return a text, shortened where nobody would read on."""
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"
