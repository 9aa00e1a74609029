"""Who acknowledged which rules: the version in force, and undertakings of confidentiality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from troth.measures.base import Inputs, Item, Measured, MissingFact, measure
from troth.measures.outcomes import told
from troth.measures.people import absence, has_role, plain
from troth.measures.reading import Rows, after, day, rows, today
from troth.model import Failure, Reason

_ACKNOWLEDGED = ("meant", "acknowledged")
_BOUND = ("current", "signed")
#: Who signed which version of which document; all as they are compared.
_Signed = set[tuple[str, str, str]]


@measure(
    "acknowledged-versions", per="resource", args=("documents", "roles", "delay", "grace"),
    yields=_ACKNOWLEDGED,
)  # fmt: skip
def acknowledged_versions(inputs: Inputs) -> Iterator[Measured]:
    """Yield per person of the staff register ``meant`` and ``acknowledged``.

    ``meant``: works here now, is not on leave, and has one of ``roles`` (with none named,
    everybody is meant). ``acknowledged``: of each of ``documents`` the person acknowledged a
    version in force that is at least as new as the newest that has been in force for longer than
    ``grace``. Nobody is late up to ``delay`` after the first day. A version that was not read may
    be newer, so ``acknowledged`` is then missing; so it is where a document has no version in
    force, and where the row of an acknowledgement that lacks may be unread.
    """
    signed, unread = _signed(inputs)
    wanted = _wanted(inputs)
    for person in inputs.population.items:
        try:
            yield _person(person, inputs, wanted, signed, unread)
        except MissingFact as signal:
            yield told(dict.fromkeys(_ACKNOWLEDGED, signal.failure), person.id)


def _signed(inputs: Inputs) -> tuple[_Signed, Failure | None]:
    names = ("person_id", "document", "version", "acknowledged_on")
    read = rows(inputs.needs["register.acknowledgements"], *(f"row.{name}" for name in names))
    now = today(inputs).isoformat()
    return {
        (row["row.person_id"], _name(row["row.document"]), _name(row["row.version"]))
        for row in read.known
        if row["row.acknowledged_on"] <= now
    }, read.failure


def _wanted(inputs: Inputs) -> Mapping[str, set[str]] | Failure:
    """Return by document the versions that will do; none if none is due yet."""
    paths = ("row.policy", "row.version", "row.effective_on")
    read = rows(inputs.needs["register.policy-versions"], *paths)
    try:
        wanted = {name: _versions(name, read, inputs) for name in sorted(_documents(inputs))}
    except MissingFact as signal:
        return read.failure or signal.failure
    return read.failure or wanted


def _documents(inputs: Inputs) -> set[str]:
    return plain(inputs.args["documents"])


def _versions(name: str, read: Rows, inputs: Inputs) -> set[str]:
    now, grace = today(inputs), inputs.args["grace"]
    in_force: dict[str, date] = {}
    for row in read.known:
        effective = row["row.effective_on"]
        if _name(row["row.policy"]) == name and effective is not None and day(effective) <= now:
            in_force[_name(row["row.version"])] = day(effective)
    if not in_force:
        text = f"register.policy-versions has no version of {name} in force; enter it with its day"
        raise MissingFact(Failure(Reason.NO_DATA, text))
    due = [effective for effective in in_force.values() if after(effective, grace) < now]
    return {version for version, at in in_force.items() if due and at >= max(due)}


def _person(
    person: Item,
    inputs: Inputs,
    wanted: Mapping[str, set[str]] | Failure,
    signed: _Signed,
    unread: Failure | None,
) -> Measured:
    why = absence(person, inputs)
    if not why and inputs.args["roles"] and not has_role(person, inputs.args["roles"]):
        why = f"has none of the roles {', '.join(inputs.args['roles'])}"
    if why or isinstance(wanted, Failure):
        return told({"meant": not why, "acknowledged": wanted if not why else False},
                    person.id, (why,) if why else ())  # fmt: skip
    who = person.get("row.person_id")
    lacking = [
        name for name, versions in wanted.items()
        if versions and not any((who, name, version) in signed for version in versions)
    ]  # fmt: skip
    started = day(person.get("row.start_date"))
    if lacking and today(inputs) <= after(started, inputs.args["delay"]):
        note = f"{', '.join(lacking)} not acknowledged yet; started on {started}"
        return told({"meant": True, "acknowledged": True}, person.id, (note,))
    notes = (f"{', '.join(lacking)}: the version in force is not acknowledged",) if lacking else ()
    return told({"meant": True, "acknowledged": not lacking or unread or False}, person.id, notes)


@measure("undertakings", per="resource", args=("documents",), yields=_BOUND)
def undertakings(inputs: Inputs) -> Iterator[Measured]:
    """Yield per row of the data handlers ``current`` and ``signed``.

    ``current``: access was approved by today and has not ended before. ``signed``: the person
    acknowledged one of ``documents``, in whatever version, by today.
    """
    signed, unread = _signed(inputs)
    people = {who for who, name, _ in signed if name in _documents(inputs)}
    for item in inputs.population.items:
        try:
            held = item.get("row.person_id") in people
            facts = {"current": _current(item, inputs), "signed": held or unread or False}
            yield told(facts, item.id)
        except MissingFact as signal:
            yield told(dict.fromkeys(_BOUND, signal.failure), item.id)


def _current(item: Item, inputs: Inputs) -> bool:
    now, ended = today(inputs).isoformat(), item.get("row.ended_on")
    return bool(item.get("row.approved_on") <= now and (ended is None or ended >= now))


def _name(text: str) -> str:
    return text.strip().casefold()
