"""Which certificates and audit reports of the register are current, and what lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from troth.measures.base import Inputs, Measured, MissingFact, measure
from troth.measures.reading import Row, Rows, after, day, rows, today
from troth.measures.standards import EXTENDS, REMARKS, SUCCESSORS, canonical, form
from troth.params import Duration

_FACTS = (
    "row.type",
    "row.standard",
    "row.holder",
    "row.scope",
    "row.period_start",
    "row.period_end",
    "row.bridge_letter_until",
    "row.issued_on",
    "row.expires_on",
)
_ANY_PROVIDER = "any provider"


@dataclass(frozen=True)
class _Held:
    """What one holder has: rows by canonical standard, newest first, with what is wrong."""

    holder: str
    rows: dict[str, list[tuple[Row, str]]]

    @property
    def current(self) -> set[str]:
        return {name for name, held in self.rows.items() if any(not why for _, why in held)}

    def why_not(self, standard: str) -> str:
        """Return why the newest row of a standard is not current, or that there is none."""
        if standard in self.rows:
            return self.rows[standard][0][1]
        family = standard.partition(" ")[0]
        near = sorted(
            {
                str(held[0][0]["row.standard"])
                for name, held in self.rows.items()
                if name.partition(" ")[0] == family
            }
        )
        return f"no row; there is {', '.join(near)}" if near else "no row"


@measure(
    "current-certificates",
    per="population",
    args=(
        "standards",
        "holder",
        "holder_names",
        "min_certificates",
        "every_listed",
        "service",
        "months_since_period_end",
        "months_since_issue",
        "validity_years",
    ),
    yields=("lacking", "short"),
    on_empty=True,
)
def current_certificates(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``lacking``, what each holder has no current row for, and ``short``, who has too few.

    A report (SOC) is current until ``months_since_period_end`` after its period or while a bridge
    letter runs; a questionnaire, assessment or attestation of compliance until
    ``months_since_issue`` after its date; a certificate until it expires, but no longer than
    ``validity_years`` after its issue. Rows of another holder never count. A row that was not
    read could be the one that lacks, or of a further provider.
    """
    read = rows(inputs.population, *_FACTS)
    try:
        holders = [_held(name, held, inputs) for name, held in _groups(read, inputs).items()]
    except MissingFact as missing:
        yield Measured({}, missing=dict.fromkeys(("lacking", "short"), missing.failure))
        return
    lacking = [text for held in holders for text in _lacking(held, inputs)]
    needed = inputs.args["min_certificates"]
    short = [
        f"{held.holder}: {len(held.current)} of {needed}"
        for held in holders
        if len(held.current) < needed
    ]
    # With rows unread there may be further holders or standards, unless all of them were named.
    named = inputs.args["holder"] != "provider" or bool(inputs.args["holder_names"])
    closed = named and not inputs.args["every_listed"]
    first = read.or_missing({"lacking": lacking}, definite=closed and not lacking)
    second = read.or_missing({"short": short}, definite=named and not short)
    yield Measured(
        first["facts"] | second["facts"],
        missing=first.get("missing", {}) | second.get("missing", {}),
        notes=tuple(sorted({note for held in holders for note in _notes(held, inputs)})),
    )


def _groups(read: Rows, inputs: Inputs) -> dict[str, list[Row]]:
    """Return the rows that count by holder; own, gateways and providers stay apart."""
    kind, names = inputs.args["holder"], inputs.args["holder_names"]
    by_holder: dict[str, list[Row]] = {}
    for row in read.known:
        by_holder.setdefault(str(row["row.holder"]).strip().casefold(), []).append(row)
    if kind == "own":
        return {"own": by_holder.get("own", [])}
    if names:
        others = {name: held for name, held in by_holder.items() if name != "own"}
        return {name: others.get(name.strip().casefold(), []) for name in sorted(names)}
    if kind == "gateway":
        return {"gateway": by_holder.get("gateway", [])}
    found = {
        str(held[0]["row.holder"]).strip(): held
        for name, held in sorted(by_holder.items())
        if name not in ("own", "gateway")
    }
    return found or {_ANY_PROVIDER: []}


def _held(holder: str, held: list[Row], inputs: Inputs) -> _Held:
    by_standard: dict[str, list[tuple[Row, str]]] = {}
    for row in sorted(held, key=lambda row: (row["row.issued_on"], row.id), reverse=True):
        standard = canonical(row["row.standard"])
        by_standard.setdefault(standard, []).append((row, _why_not(row, inputs)))
    return _Held(holder, by_standard)


def _lacking(held: _Held, inputs: Inputs) -> Iterator[str]:
    wanted = {canonical(name): name for name in inputs.args["standards"]}
    if inputs.args["every_listed"]:
        wanted = {
            name: rows_of[0][0]["row.standard"] for name, rows_of in held.rows.items()
        } | wanted
    for standard, name in sorted(wanted.items()):
        accepted, base = SUCCESSORS.get(standard, (standard, ""))[0], EXTENDS.get(standard, "")
        if accepted not in held.current:
            reason = held.why_not(accepted)
            if standard in SUCCESSORS:
                reason = f"{reason} for {accepted}; {SUCCESSORS[standard][1]}"
            yield f"{name} ({held.holder}): {reason}"
        elif base and base not in held.current:
            yield f"{name} ({held.holder}): it extends {base}, which is not current"


def _notes(held: _Held, inputs: Inputs) -> Iterator[str]:
    now = today(inputs).isoformat()
    for wanted in inputs.args["standards"]:
        name = canonical(wanted)
        accepted = SUCCESSORS.get(name, (name, ""))[0]
        if name in SUCCESSORS and accepted in held.current:
            yield f"{accepted} was accepted for {wanted}: {SUCCESSORS[name][1]}"
        if name in REMARKS:
            yield REMARKS[name]
        for row, why in held.rows.get(accepted, []):
            bridge = row["row.bridge_letter_until"]
            if not why and bridge is not None and bridge >= now:
                yield f"{row['row.standard']} has a bridge letter until {bridge}"


def _why_not(row: Row, inputs: Inputs) -> str:
    """Return why a row shows nothing today, or an empty string."""
    standard, scope = canonical(row["row.standard"]), str(row["row.scope"]).strip()
    service = str(inputs.args["service"]).strip() if inputs.args["holder"] == "own" else ""
    shown = form(standard, row["row.type"])
    if standard in SUCCESSORS:
        return SUCCESSORS[standard][1]
    if row["row.type"] not in shown.types:
        return f"it takes type {' or '.join(shown.types)}, the row is of type {row['row.type']}"
    if not scope:
        return "it names no scope"
    if service.casefold() not in scope.casefold():
        return f"its scope does not name {service}"
    if row["row.issued_on"] > today(inputs).isoformat():
        return f"it is issued on {row['row.issued_on']} only"
    checks = {"expiry": _expiry, "period": _period, "issue": _issue}
    return checks[shown.basis](row, inputs)


def _expiry(row: Row, inputs: Inputs) -> str:
    ends, now = row["row.expires_on"], today(inputs)
    if ends is None:
        return "it has no date of expiry"
    if ends < now.isoformat():
        return f"it expired on {ends}"
    years = inputs.args["validity_years"]
    if _after(row["row.issued_on"], 12 * years) < now:
        return f"it was issued on {row['row.issued_on']}, more than {years} years ago"
    return ""


def _period(row: Row, inputs: Inputs) -> str:
    starts, ends, now = row["row.period_start"], row["row.period_end"], today(inputs)
    if starts is None or ends is None or starts >= ends:
        return "it names no period that it reports on"
    if ends > now.isoformat():
        return f"its period ends on {ends} only"
    bridge = row["row.bridge_letter_until"]
    if bridge is not None and bridge >= now.isoformat():
        return ""
    late = _after(ends, inputs.args["months_since_period_end"]) < now
    return f"its period ended on {ends} and no bridge letter runs" if late else ""


def _issue(row: Row, inputs: Inputs) -> str:
    late = _after(row["row.issued_on"], inputs.args["months_since_issue"]) < today(inputs)
    return f"it was issued on {row['row.issued_on']}" if late else ""


def _after(text: str, months: int) -> date:
    return after(day(text), Duration(f"P{months}M", months, 0, timedelta(), at_most=True))
