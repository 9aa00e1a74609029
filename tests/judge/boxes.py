"""A small world to judge: boxes with a lock, seen at one or two targets, and a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.rules.boxes import DATA
from troth.definitions import Binding, Control, Need, Note, Part, Rule, Setting
from troth.judge.findings import Finding
from troth.judge.part import PartJudge
from troth.judge.question import Answer, Moment, Question, Seen
from troth.judge.scope import Scope
from troth.judge.subjects import Unit
from troth.kinds import Kind, kind_from
from troth.measures import Item, Measure
from troth.model import Failure, Listing, Proof, Reason, Severity
from troth.params import Parameter, parse
from troth.rules.fence import Surroundings, fence

AS_OF = datetime(2026, 11, 21, 9, tzinfo=UTC)
MOMENT = Moment(AS_OF, ZoneInfo("Asia/Tokyo"))
DENIED = Failure(Reason.PERMISSION_DENIED, "refused", "toy:Look")
BOX = kind_from(DATA)
SHELF = kind_from({**DATA, "id": "shelf"})
KINDS: dict[str, Kind] = {"box": BOX, "shelf": SHELF}
PARAMETERS = {
    "least": Parameter("least", "integer", "higher"),
    "within": Parameter("within", "duration", "lower"),
    "rooms": Parameter("rooms", "set", "superset"),
}


def rule(name: str, expect: str, proves: Proof = Proof.SETTING, when: str = "",
         yields: tuple[str, ...] = ()) -> Rule:  # fmt: skip
    around = Surroundings(BOX, ("lock", "place"), PARAMETERS, yields)
    reading, wrong = fence(expect, around)
    when_reading, wrong_when = fence(when or "true", around)
    assert wrong + wrong_when == []
    return Rule(name, expect, proves, reading, when, when_reading, f"{name} of {{least}}")


CLOSED = rule("closed", "facts.lock.closed", Proof.OUTCOME)
STRONG = rule("strong", "facts.lock.bits >= params.least")


def part(*rules: Rule, **more: Any) -> Part:
    return Part("locked", "box", ("lock",), rules or (CLOSED, STRONG), **more)


def box(
    name: str, target: str = "cellar", missing: Mapping[str, Failure] | None = None,
    tags: dict[str, str] | None = None, **lock: Any,
) -> Item:  # fmt: skip
    """Return a sound box with some facts changed; ``tags`` None means that they were not read."""
    facts: dict[str, Any] = {"lock": {"closed": True, "bits": 256, "opened_at": None, **lock}}
    gone = dict(missing or {})
    for path in gone:
        facet, _, fact = path.partition(".")
        if fact:
            facts[facet].pop(fact)
        else:
            facts.pop(facet, None)
    if tags is not None:
        facts["tags"] = tags
    return Item(name, facts, gone, target=target, digests={"lock": f"sha256:{name}"})


def seen(*items: Item, failure: Failure | None = None, target: str = "cellar",
         content_at: str = "") -> Seen:  # fmt: skip
    listing = Listing(len(items), failure, content_at)
    return Seen((Unit(target, "toy.box", "all", "box", listing),), items)


def both(one: Seen, other: Seen) -> Seen:
    return Seen(one.units + other.units, one.items + other.items)


def control(*parts: Part, severity: Severity = Severity.HIGH) -> Control:
    return Control("box-locked", "physical", "Locked", severity, PARAMETERS, parts, {}, {})


def binding(classes: tuple[str, ...] = (), **values: Any) -> Binding:
    raw = {"least": 128, "within": "P30D", "rooms": ["a", "b"], **values}
    settings = {name: Setting(parse(PARAMETERS[name], raw[name]), "stated") for name in raw}
    return Binding("box-locked", "box-locked", settings, classes)


def answer(
    made: Part, looked: Seen, *, scope: Scope | None = None, absent: str = "",
    measures: Mapping[str, Measure] | None = None, needs: Mapping[str, Seen] | None = None,
    kinds: Mapping[str, Kind] | None = None, moment: Moment = MOMENT,
) -> Answer:  # fmt: skip
    question = Question("acme", "1.1", binding(), control(made), made, scope or Scope(), absent)
    return PartJudge(question, kinds or KINDS, measures or {}, moment).answer(looked, needs or {})


def verdicts(made: Answer) -> dict[str, str]:
    return {finding.resource: finding.verdict.value for finding in made.findings}


def only(made: Answer) -> Finding:
    (finding,) = made.findings
    return finding


__all__ = ["Need", "Note", "replace"]
