"""The documents as an OSCAL catalog, and the clauses that were chosen as a profile of it.

A clause is OSCAL's control: its promise is the statement, what our controls ask is the objective,
and the figures are parameters. The catalog holds what the document and the reading of it say; the
profile sets the values that were judged with, the user's own among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from troth import record
from troth.definitions import Binding, Clause, Policy
from troth.model import Assess
from troth.report.oscal import ids
from troth.report.oscal.source import Row, Source
from troth.report.oscal.stream import Open
from troth.report.oscal.text import escaped, filled, prop, props, prose, values

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def catalog(source: Source) -> Open:
    """Return the catalog: a group per document, a control per clause of it, chosen or not."""
    names = [row["id"] for row in source.account.summary["policies"]]
    files = [_file(name) for name in names]
    body = Open(
        **source.document("catalog", "Promises"),
        groups=(_group(source, source.account.policies[name]) for name in names),
        **{"back-matter": Open(resources=source.back_matter(files))},
    )
    return Open(catalog=body)


def _file(policy: str) -> str:
    return f"{record.INPUTS}/policies/{policy}.yaml"


def _group(source: Source, policy: Policy) -> dict[str, Any]:
    chosen = {row["clause"]: row for row in source.clauses if row["policy"] == policy.id}
    told = props(language=policy.language, timezone=policy.timezone, source_digest=policy.digest)
    return filled(
        id=policy.id,
        class_="document",
        title=prose(policy.title),
        props=told,
        links=[{"href": source.resource(_file(policy.id)), "rel": "reference"}],
        controls=[_control(source, policy, one, chosen.get(one.id)) for one in policy.clauses],
    )


def _control(source: Source, policy: Policy, clause: Clause, row: Row | None) -> dict[str, Any]:
    statement = {
        "id": ids.statement_id(policy.id, clause.id),
        "name": "statement",
        "prose": prose(clause.promise),
    }
    judged = clause.assess is not Assess.INFORMATIVE
    return filled(
        id=ids.control_id(policy.id, clause.id),
        class_=clause.assess.value,
        title=prose(clause.promise, 100),
        params=list(_parameters(source, policy.id, clause, row)),
        props=[{"name": "label", "value": clause.id}, *_properties(clause)],
        parts=[statement, *([objective(source, policy.id, clause, row)] if judged else [])],
    )


def _properties(clause: Clause) -> list[dict[str, str]]:
    told = props(source_digest=clause.digest, source_lines=", ".join(map(str, clause.lines)))
    told += [prop("interpretation", name) for name in clause.interpretation]
    return told + [prop("awaits", name) for name in clause.awaits]


def _parameters(source: Source, policy: str, clause: Clause, row: Row | None) -> Iterator[Any]:
    """Yield a parameter per setting; with its value, unless that is the user's own."""
    for binding in clause.bindings:
        for name in binding.settings:
            setting = _setting(row, binding, name)
            own = setting["source"] == "yours"
            yield filled(
                id=ids.parameter_id(policy, clause.id, binding.name, name),
                props=[] if own else props(source=setting["source"]),
                label=prose(f"{binding.control}: {name}"),
                values=[] if own else values(setting["value"]),
            )


def _setting(row: Row | None, binding: Binding, name: str) -> Row:
    """Return a parameter's value as it was judged with; nothing for a clause that was not."""
    for bound in row["controls"] if row else ():
        if bound["binding"] == binding.name and name in bound["settings"]:
            made: Row = bound["settings"][name]
            return made
    return {"value": None, "source": ""}


def objective(source: Source, policy: str, clause: Clause, row: Row | None) -> dict[str, Any]:
    """Return the part that says what has to be so, a sentence per control that is bound."""
    asked = [_asked(source, policy, clause, binding, row) for binding in clause.bindings]
    asked += [f"Decided by a control that is not written yet: {one}" for one in clause.awaits]
    return {
        "id": ids.objective_id(policy, clause.id),
        "name": "assessment-objective",
        "prose": ". ".join(asked) or prose(clause.promise),
    }


def _asked(source: Source, policy: str, clause: Clause, binding: Binding, row: Row | None) -> str:
    """Return a control's title with its parameters: to be inserted, or as they are.

    OSCAL's way to insert a parameter needs the catalog; results written alone hold the values.
    """
    pieces = _PLACEHOLDER.split(source.account.controls[binding.control].title)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            pieces[index] = escaped(piece)
        elif source.alone:
            pieces[index] = prose(", ".join(values(_setting(row, binding, piece)["value"])))
        elif piece in binding.settings:
            name = ids.parameter_id(policy, clause.id, binding.name, piece)
            pieces[index] = f"{{{{ insert: param, {name} }}}}"
    return "".join(pieces)


def profile(source: Source, catalog: str) -> Open:
    """Return the profile: the chosen clauses of ``catalog``, with the values judged with."""
    chosen = [ids.control_id(row["policy"], row["clause"]) for row in source.clauses]
    named = {"href": catalog, "include-controls": [{"with-ids": chosen}]}
    body = Open(
        **source.document("profile", "Promises that were judged"),
        imports=[named if chosen else {"href": catalog}],
        merge={"as-is": True},
        modify=Open({"set-parameters": settings(source.clauses)}),
    )
    return Open(profile=body)


def settings(rows: Any) -> Iterator[dict[str, Any]]:
    """Yield each parameter of some clauses with its value and who gave it, unless it is empty."""
    for row in rows:
        for bound in row["controls"]:
            for name, setting in bound["settings"].items():
                if made := values(setting["value"]):
                    yield {
                        "param-id": ids.parameter_id(
                            row["policy"], row["clause"], bound["binding"], name
                        ),
                        "props": props(source=setting["source"]),
                        "values": made,
                    }
