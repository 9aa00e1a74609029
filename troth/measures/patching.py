"""Whether a machine has the security updates that were offered to it, from several dates.

Package lists of apt carry no dates of their updates. What can be said of the age of one then:
it was issued no later than the lists are dated, and after the last run that left nothing behind.
What lies between the two is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told, unproven
from troth.model import Failure, Reason

#: How far a machine's clock may be from ours before its own dates are no evidence.
OFF = timedelta(hours=1)
#: How far a vendor's date may lie ahead: lists are dated when they are made.
AHEAD = timedelta(days=1)
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_INSTALL = "install them, or let unattended-upgrades run, whose log tells when none was left"
_FETCH = "bring the package lists and look again"


@measure(
    "patched", per="resource", args=("max_age", "max_interval", "max_list_age"),
    yields=("installed", "recent", "restarted"),
)  # fmt: skip
def patched(inputs: Inputs) -> Iterator[Measured]:
    """Yield per machine whether updates were ``installed``, ``recent`` and ``restarted`` into.

    ``installed``: every security update that is offered was issued less than ``max_age`` ago, by
    lists no older than ``max_list_age``. ``recent``: a package was upgraded within
    ``max_interval``. ``restarted``: no restart is due for longer than ``max_age``. A date from a
    machine whose clock is wrong is no evidence, and neither is one that lies ahead.
    """
    for item in inputs.population.items:
        facts: dict[str, Any] = {}
        notes: list[str] = []
        for name, ask in (
            ("installed", _installed),
            ("recent", _recent),
            ("restarted", _restarted),
        ):
            try:
                facts[name] = ask(item, inputs, notes)
            except MissingFact as signal:
                facts[name] = signal.failure
        yield told(facts, item.id, tuple(notes))


def _installed(item: Item, inputs: Inputs, notes: list[str]) -> bool:
    limit = inputs.args["max_age"].before(inputs.as_of, inputs.zone)
    value = item.get("updates.pending")
    lists_at = _vendor(item, inputs)
    undated = [row for row in value["items"] if "issued_at" not in row]
    dates = sorted(_instant(row["issued_at"]) for row in value["items"] if "issued_at" in row)
    if dates and dates[0] < limit:
        notes.append(f"the oldest of {len(value['items'])} updates is of {dates[0]:%Y-%m-%d}")
        return False
    if undated and isinstance(lists_at, datetime) and lists_at < limit:
        notes.append(f"{len(undated)} updates are older than the lists, of {lists_at:%Y-%m-%d}")
        return False
    if isinstance(lists_at, Failure):
        raise MissingFact(lists_at)
    if lists_at < inputs.args["max_list_age"].before(inputs.as_of, inputs.zone):
        text = f"the package lists are of {lists_at:%Y-%m-%d}; {_FETCH}"
        raise MissingFact(Failure(Reason.STALE, text))
    item.items("updates.pending")
    if undated:
        clean = _clean_at(item, inputs)
        if clean is None or clean < limit:
            text = f"{len(undated)} updates are offered, and no list says since when; {_INSTALL}"
            raise unproven(text)
        notes.append(f"{len(undated)} updates are offered, all of them since {clean:%Y-%m-%d}")
    return True


def _clean_at(item: Item, inputs: Inputs) -> datetime | None:
    return _own(item, inputs, "automatic_updates.left_nothing_at")


def _recent(item: Item, inputs: Inputs, notes: list[str]) -> bool:
    limit = inputs.args["max_interval"].before(inputs.as_of, inputs.zone)
    last = _own(item, inputs, "patching.last_upgrade_at")
    if last is not None:
        notes.append(f"last upgraded on {last:%Y-%m-%d}")
        return bool(last >= limit)
    since = _own(item, inputs, "patching.history_from")
    if since is None or since >= limit:
        text = "no upgrade is recorded, and the records go back to a later day than is asked for"
        raise MissingFact(Failure(Reason.TOO_YOUNG, text))
    return False


def _restarted(item: Item, inputs: Inputs, notes: list[str]) -> bool:
    limit = inputs.args["max_age"].before(inputs.as_of, inputs.zone)
    own, asked = item.get("kernel.own"), item.get("kernel.restart_asked_at")
    if own != "older" and asked is None:
        return True
    started = _own(item, inputs, "kernel.booted_at")
    if started is not None and started >= limit:
        notes.append(f"a restart is due; it was last started on {started:%Y-%m-%d}")
        return True
    newest = _own(item, inputs, "kernel.restart_asked_at")
    if newest is not None and newest < limit:
        notes.append(f"a restart is due since {newest:%Y-%m-%d} or longer")
        return False
    raise unproven("a restart is due, and nothing says for how long; restart the machine")


def _own(item: Item, inputs: Inputs, path: str) -> datetime | None:
    """Return an instant by the machine's own clock; raises where that is no evidence."""
    value: datetime | None = item.get(path)
    if value is None:
        return None
    _check_clock(item)
    if not _FIRST <= value <= inputs.as_of + OFF:
        raise unproven(f"{path} is {value.isoformat()}: the machine's clock was wrong; set it")
    return value


def _check_clock(item: Item) -> None:
    try:
        machine, ours = item.get("clock.machine_at"), item.get("clock.our_at")
    except MissingFact:
        return  # a file tree has no clock; its dates are held against the time that is judged
    if abs(machine - ours) > OFF:
        text = f"the machine's clock says {machine.isoformat()}; set it by NTP and look again"
        raise unproven(text)


def _vendor(item: Item, inputs: Inputs) -> datetime | Failure:
    try:
        value: datetime = item.get("updates.lists_at")
    except MissingFact as signal:
        return signal.failure
    if value > inputs.as_of + AHEAD:
        text = f"the package lists are of {value.isoformat()}, which lies ahead; {_FETCH}"
        return Failure(Reason.UNPROVEN, text)
    return value


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
