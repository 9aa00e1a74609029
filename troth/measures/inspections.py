"""Inspections of sites: whether each topic was inspected lately, and what follows from defects."""

from __future__ import annotations

from collections.abc import Iterator

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import nothing, told
from troth.measures.people import plain
from troth.measures.reading import Row, Rows, after, day, rows, today
from troth.model import Failure

_YIELDS = ("lacking", "overdue")
_NONE = "none"


@measure(
    "topics-inspected", per="population", args=("topics", "sites", "within"), yields=_YIELDS,
    on_empty=True,
)  # fmt: skip
def topics_inspected(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking`` and ``overdue``: topics of a site never inspected, and inspected too early.

    Each of ``sites`` needs every one of ``topics``; with no site named, those of the register are
    meant. The newest inspection may lie ``within`` back, whatever it found; those to come do not
    count. One that was not read may be the one, or of a further site.
    """
    read = rows(inputs.population, "row.site", "row.topic", "row.inspected_on")
    named = plain(inputs.args["sites"])
    sites = named or plain(row["row.site"] for row in read.known)
    if not sites:
        why = read.failure or nothing("no inspection is entered; enter the last of each topic")
        yield told(dict.fromkeys(_YIELDS, why))
        return
    newest = _newest(read, today(inputs).isoformat())
    wanted = [(site, topic) for site in sorted(sites) for topic in sorted(plain(_topics(inputs)))]
    lacking = [f"{topic} at {site}" for site, topic in wanted if (site, topic) not in newest]
    try:
        overdue = [
            f"{topic} at {site}: {newest[site, topic]}"
            for site, topic in wanted
            if (site, topic) in newest
            and after(day(newest[site, topic]), inputs.args["within"]) < today(inputs)
        ]
    except MissingFact as signal:
        yield told(dict.fromkeys(_YIELDS, signal.failure))
        return
    whole = bool(named) and not lacking
    yield told(
        {
            "lacking": lacking if whole else (read.failure or lacking),
            "overdue": overdue if whole and not overdue else (read.failure or overdue),
        }
    )


def _topics(inputs: Inputs) -> list[str]:
    return list(inputs.args["topics"])


def _newest(read: Rows, now: str) -> dict[tuple[str, str], str]:
    newest: dict[tuple[str, str], str] = {}
    for row in read.known:
        key = (row["row.site"].strip().casefold(), row["row.topic"].strip().casefold())
        if row["row.inspected_on"] <= now:
            newest[key] = max(row["row.inspected_on"], newest.get(key, ""))
    return newest


@measure("defects-followed", per="resource", args=("topics",), yields=("defect", "followed"))
def defects_followed(inputs: Inputs) -> Iterator[Measured]:
    """Yield per inspection whether it found a ``defect`` in ``topics``, and if it is ``followed``.

    It is followed if it names an action of ``register.actions`` that is closed, not past its due
    date, or the decision that nothing has to be done. An action that was not read may be the one.
    """
    paths = (f"row.{name}" for name in ("id", "kind", "due_on", "closed_on"))
    read = rows(inputs.needs["register.actions"], *paths)
    for item in inputs.population.items:
        try:
            yield _inspection(item, read, inputs)
        except MissingFact as signal:
            yield told(dict.fromkeys(("defect", "followed"), signal.failure), item.id)


def _inspection(item: Item, read: Rows, inputs: Inputs) -> Measured:
    meant = plain([item.get("row.topic")]) & plain(_topics(inputs))
    past = item.get("row.inspected_on") <= today(inputs).isoformat()
    if item.get("row.result") != "fail" or not meant or not past:
        return told({"defect": False, "followed": False}, item.id)
    ref = item.get("row.action_ref")
    if ref is None:
        return told({"defect": True, "followed": False}, item.id, ("it names no action",))
    action = next((row for row in read.known if row["row.id"] == ref.strip()), None)
    if action is None:
        followed: bool | Failure = read.failure or False
        return told({"defect": True, "followed": followed}, item.id, (f"no action {ref} was read",))
    return told({"defect": True, "followed": _kept_up(action, inputs)}, item.id)


def _kept_up(action: Row, inputs: Inputs) -> bool:
    due, closed, now = action["row.due_on"], action["row.closed_on"], today(inputs)
    done = closed is not None and day(closed) <= now
    return action["row.kind"] == _NONE or done or (due is not None and day(due) >= now)
