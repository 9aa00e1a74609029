"""Status pages: where the portal stands, and whether it shows the incidents that there were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from troth.measures.base import Inputs, Item, Measured, MissingFact, Population, measure
from troth.measures.outcomes import nothing, told
from troth.measures.pages import named, published
from troth.measures.reading import Row, rows
from troth.model import Failure, Reason

_FACTS = ("id", "occurred_at", "service_restored_at", "resolved_at", "impact", "report_ref")
_YIELDS = ("visible", "shown", "in_time", "over", "resolution_shown")


@measure("status-portal", per="population", args=("topic",), yields=("published",), on_empty=True)
def status_portal(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``published`` as ``published-topics`` does, with a note on where the portal stands.

    The note tells which other names of the kind ``dns-name`` lead to an address of the portal's
    host: whatever brings them down may bring it down as well.
    """
    topic = inputs.args["topic"]
    pages, _ = named(inputs.population, topic)
    hosts = {urlsplit(page.id).hostname or "" for page in pages}
    found = published(inputs.population, topic)
    notes = tuple(_neighbours(sorted(hosts), inputs.needs["dns-name"])) if hosts else ()
    yield found._replace(notes=found.notes + notes)


def _neighbours(hosts: list[str], names: Population) -> Iterator[str]:
    places: dict[str, set[str]] = {}
    for item in names.items:
        try:
            found = item.items("addresses.found")
        except MissingFact:
            continue
        places[item.id.rstrip(".").casefold()] = {each["address"] for each in found}
    for host in hosts:
        if host not in places:
            yield f"where {host} stands was not looked at: it is none of the names asked"
            continue
        for name, addresses in sorted(places.items()):
            if name not in hosts and addresses & places[host]:
                shared = ", ".join(sorted(addresses & places[host]))
                yield f"{host} stands at {shared} as {name} does, and may fail together with it"


@measure("status-history", per="population", args=("topic",), yields=("listed",), on_empty=True)
def status_history(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``listed``: every page named for ``topic`` gives its incidents, or says there are none.

    Where the list could not be read, ``listed`` is missing.
    """
    pages, failure = named(inputs.population, inputs.args["topic"])
    if not pages and failure is None:
        failure = nothing(f"no web address is named for {inputs.args['topic']}")
    for page in pages:
        try:
            page.get("incidents.reported")
        except MissingFact as signal:
            failure = failure or signal.failure
    yield told({"listed": failure or True})


@dataclass(frozen=True)
class _Reported:
    """Everything that the status pages report, and why that may not be all."""

    entries: tuple[Mapping[str, Any], ...]
    failure: Failure | None


@measure(
    "incidents-shown", per="population", args=("topic", "delay", "lookback"), yields=_YIELDS,
    on_empty=True,
)  # fmt: skip
def incidents_shown(inputs: Inputs) -> Iterator[Measured]:
    """Yield, under its id, what the pages named for ``topic`` show of each incident.

    Taken are rows of ``register.incidents`` with an impact that began at most ``lookback`` ago.
    ``shown`` is whether there is an entry for it, ``in_time`` whether its first post came at most
    ``delay`` after the incident began, ``over`` whether the incident ended more than ``delay``
    ago, and ``resolution_shown`` whether the entry has an end. An entry is for an incident if its
    key is the row's id or reference, or else if it began or was first posted within ``delay``
    around the incident. While ``delay`` still runs, nothing is missed. Without incidents
    ``visible`` is False.
    """
    reported = _reports(inputs)
    read = rows(inputs.needs["register.incidents"], *(f"row.{name}" for name in _FACTS))
    since = inputs.args["lookback"].before(inputs.as_of, inputs.zone)
    visible = [
        row
        for row in read.known
        if row["row.impact"] != "none" and since <= row["row.occurred_at"] <= inputs.as_of
    ]
    for row in visible:
        yield _shown(row, reported, inputs)
    if read.failure:
        yield told(dict.fromkeys(_YIELDS, read.failure))
    elif not visible:
        yield Measured(dict.fromkeys(_YIELDS, False))


def _reports(inputs: Inputs) -> _Reported:
    pages, failure = named(inputs.population, inputs.args["topic"])
    if not pages and failure is None:
        failure = nothing(f"no web address is named for {inputs.args['topic']}")
    entries: list[Mapping[str, Any]] = []
    for page in pages:
        found, gap = reports(page)
        entries += found
        failure = failure or gap
    return _Reported(tuple(entries), failure)


def reports(page: Item) -> tuple[list[Mapping[str, Any]], Failure | None]:
    """Return the incidents that a status page reports, and why they may not be all."""
    try:
        value = page.get("incidents.reported")
    except MissingFact as signal:
        return [], signal.failure
    if value.get("complete"):
        return list(value["items"]), None
    text = f"the incidents of {page.id} could only be read in part"
    unread = page.missing.get("incidents.reported")
    return list(value["items"]), unread or Failure(Reason.LISTING_INCOMPLETE, text)


def _shown(row: Row, reported: _Reported, inputs: Inputs) -> Measured:
    began = row["row.occurred_at"]
    until = inputs.args["delay"].after(began, inputs.zone)
    entries = _entries(row, reported, inputs)
    pending = inputs.as_of <= until
    over = _over(row, inputs)
    absent: bool | Failure = pending or reported.failure or False
    facts: dict[str, Any] = {"visible": True, "over": over, "shown": bool(entries) or absent}
    if not entries:
        return told(facts | {"in_time": absent, "resolution_shown": absent}, row["row.id"])
    first = min(entry["first_posted_at"] for entry in entries)
    # An earlier entry may be among those not read.
    late = reported.failure if first > until else None
    facts["in_time"] = late or _agreed(entry["first_posted_at"] <= until for entry in entries)
    facts["resolution_shown"] = _agreed(entry["resolved_at"] is not None for entry in entries)
    minutes = round((first - began) / timedelta(minutes=1))
    note = f"first posted {minutes} minutes after it began"
    return told(facts, row["row.id"], (note,))


def _agreed(answers: Iterable[bool]) -> bool | Failure:
    """Return what all entries that may be meant agree on."""
    found = set(answers)
    text = "several entries may be meant, and they differ; enter the key of one as report_ref"
    return found.pop() if len(found) == 1 else Failure(Reason.UNPROVEN, text)


def _over(row: Row, inputs: Inputs) -> bool:
    ended = row["row.service_restored_at"] or row["row.resolved_at"]
    return ended is not None and inputs.args["delay"].after(ended, inputs.zone) < inputs.as_of


def _entries(row: Row, reported: _Reported, inputs: Inputs) -> list[Mapping[str, Any]]:
    keys = {row["row.id"], row["row.report_ref"]}
    keyed = [entry for entry in reported.entries if entry["key"] in keys]
    if keyed:
        return keyed
    delay, zone = inputs.args["delay"], inputs.zone
    ended = row["row.service_restored_at"] or row["row.resolved_at"] or inputs.as_of
    first, last = delay.before(row["row.occurred_at"], zone), delay.after(ended, zone)
    return [
        entry
        for entry in reported.entries
        if first <= entry["first_posted_at"] <= last or first <= entry["started_at"] <= last
    ]
