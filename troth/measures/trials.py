"""Trials by hand in the register of drills: what the newest of each kind shows, if any does.

That nobody tried does not prove that a promise is broken: the fact is missing then. Only a trial
that failed, with none of its kind that passed on a later day, makes it False.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from troth.measures.base import Inputs, Measured, measure
from troth.measures.outcomes import nothing, told
from troth.measures.reading import Row, Rows, after, day, rows, today
from troth.model import Failure, Reason


@measure(
    "drills-held", per="population", args=("kind", "of", "within"), yields=("held",), on_empty=True
)
def drills_held(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``held`` for each name in ``of``, with the kind of drill ``kind:name`` as resource.

    It is True where the newest drill of that kind passed, at most ``within`` ago in local days,
    False where one failed on that day or later, and missing where nobody tried in time. A drill of
    ``kind`` alone that failed counts against every name, and one of ``kind:name:more`` against its
    own; that they passed shows nothing, unless ``of`` is empty. Drills with a date to come do not
    count; capitals make no difference.
    """
    yield from each_held(inputs, read_drills(inputs), Meaning())


@measure(
    "drills-cover", per="population", args=("kind", "of", "within", "percent"),
    yields=("covered",), on_empty=True,
)  # fmt: skip
def drills_cover(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``covered``: whether drills hold for at least ``percent`` of the names in ``of``.

    Each is judged as by ``drills-held``. One that failed makes it False. It is missing where too
    few were tried, and before any drill passed.
    """
    made = list(each_held(inputs, read_drills(inputs), Meaning()))
    gaps = [one.missing["held"] for one in made if one.missing]
    failed = [one.resource for one in made if one.facts.get("held") is False]
    good = len(made) - len(gaps) - len(failed)
    short = not good or good * 100 < inputs.args["percent"] * len(made)
    covered = gaps[0] if gaps and short and not failed else not (failed or short)
    yield told({"covered": covered}, notes=tuple(f"{kind} failed" for kind in failed))


@measure(
    "drills-enough", per="population", args=("kinds", "least", "within"), yields=("enough",),
    on_empty=True,
)  # fmt: skip
def drills_enough(inputs: Inputs) -> Iterator[Measured]:
    """Yield ``enough``: whether ``least`` names or more hold drills of each of ``kinds``.

    The register gives the names: a row of the kind ``kind:name``. With fewer it is False where a
    drill of one failed, and missing otherwise, for others may be there that nobody tried.
    """
    read, kinds = read_drills(inputs), inputs.args["kinds"]
    tried = [parts(row) for row in read.known]
    names = sorted({name for kind, name in tried if kind in kinds})
    answers = {
        name: [held(inputs, read, kind, name, Meaning()) for kind in kinds] for name in names
    }
    good = [name for name, each in answers.items() if name and all(one is True for one in each)]
    failed = any(one is False for each in answers.values() for one in each)
    enough: bool | Failure = len(good) >= max(inputs.args["least"], 1)
    if not (enough or failed):  # as after a row that could not be read
        text = f"{len(good)} of {inputs.args['least']} have drills of the kinds {', '.join(kinds)}"
        enough = read.failure or nothing(f"{text} that passed in time")
    yield told({"enough": enough}, notes=(f"counted: {', '.join(good)}",) if good else ())


@dataclass(frozen=True)
class Meaning:
    """How a row is read: the name behind ``kind:``, and what its result shows or refutes."""

    name: Callable[[str], str] = str
    shows: Callable[[Row], bool] = lambda row: True
    refutes: Callable[[Row], bool] = lambda row: True


def held(inputs: Inputs, read: Rows, kind: str, name: str, by: Meaning) -> bool | Failure:
    """Return whether the newest drill of ``kind:name`` held, as ``drills-held`` says."""
    if read.failure:  # the row that could not be read may be the newest
        return read.failure
    mine = _mine(inputs, read, kind, by)
    newest = _newest([row for of, row in mine if of == name.casefold()], by)
    against = [
        row for of, row in mine if not (of and name) or f"{of}:".startswith(f"{name.casefold()}:")
    ]
    if any(_failed(row, by) and row["row.held_on"] >= newest for row in against):
        return False
    if not newest:
        text = f"the register has no drill of kind {label(kind, name)} that passed and shows this"
        return nothing(text)
    if after(day(newest), inputs.args["within"]) < today(inputs):
        text = f"the newest drill of kind {label(kind, name)} that shows this was on {newest}"
        return Failure(Reason.UNPROVEN, f"{text}; hold one")
    return True


def _mine(inputs: Inputs, read: Rows, kind: str, by: Meaning) -> list[tuple[str, Row]]:
    """Return the rows of a kind that were held by today, each with its name."""
    now, mine = today(inputs).isoformat(), []
    for row in read.known:
        what, name = parts(row)
        if what == kind.casefold() and row["row.held_on"] <= now:
            mine.append((by.name(name), row))
    return mine


def _newest(mine: Sequence[Row], by: Meaning) -> str:
    """Return the date of the newest that passed and shows something, empty without one."""
    passed = (row for row in mine if row["row.result"] == "pass" and by.shows(row))
    return max((row["row.held_on"] for row in passed), default="")


def _failed(row: Row, by: Meaning) -> bool:
    return bool(row["row.result"] == "fail") and by.refutes(row)


def parts(row: Row) -> tuple[str, str]:
    """Return the two parts of a row's ``kind:name``, in small letters; the name may be empty."""
    kind, _, name = str(row["row.kind"]).casefold().partition(":")
    return kind.strip(), name.strip()


def read_drills(inputs: Inputs, *more: str) -> Rows:
    """Return the register's rows, with the facts ``more`` beside kind, date and result."""
    return rows(inputs.population, "row.kind", "row.held_on", "row.result", *more)


def each_held(inputs: Inputs, read: Rows, by: Meaning) -> Iterator[Measured]:
    """Yield ``held`` for each name of the argument ``of``, or for the kind alone without one."""
    kind = inputs.args["kind"]
    for name in inputs.args["of"] or [""]:
        yield told({"held": held(inputs, read, kind, name, by)}, label(kind, name))


def label(kind: str, name: str) -> str:
    """Return the kind of drill as a row has it."""
    return f"{kind}:{name}" if name else kind
