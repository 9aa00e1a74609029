"""OSCAL, NIST's language of assessments, for tools that auditors and authorities read with.

=========================  =========================================================
assessment-results.json    what was observed, and the verdict on every clause
assessment-plan.json       what was to be looked at
catalog.json               the documents, clause by clause
profile.json               the chosen clauses and the values they were judged with
component-definition.json  which control decides which clause
poam.json                  accepted exceptions; only where a waiver was used
=========================  =========================================================

All refer to each other by these names, and every reference resolves inside the set. They are made
by hand from dicts: the model libraries bring forty packages and check little more than the schema,
which the tests do. Source: NIST OSCAL 1.1.3, JSON reference of each model.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from troth.catalogue.schemas import unknown
from troth.errors import UsageError
from troth.report.account import Account
from troth.report.oscal.catalog import catalog, profile
from troth.report.oscal.components import definition, plan
from troth.report.oscal.results import results
from troth.report.oscal.risks import milestones
from troth.report.oscal.source import DEFAULT, VERSIONS, Layout, Source
from troth.report.oscal.stream import Open, chunks

__all__ = ["DEFAULT", "VERSIONS", "Layout", "write", "write_set"]

RESULTS = "assessment-results.json"
PLAN = "assessment-plan.json"
CATALOG = "catalog.json"
PROFILE = "profile.json"
COMPONENTS = "component-definition.json"
MILESTONES = "poam.json"


def write(account: Account, out: TextIO, version: str = DEFAULT) -> None:
    """Write the assessment results alone, with the objectives they speak of.

    Files of the run are named relative to its folder. Raises
    :class:`~troth.errors.UsageError` for a version that there is not.
    """
    source = Source(account, _known(version), alone=True)
    _write(results(source, plan=""), out)


def write_set(
    account: Account, folder: Path, version: str = DEFAULT, layout: Layout | None = None
) -> tuple[Path, ...]:
    """Write all documents into a folder, which is made if need be, and return their paths.

    They are readable by their owner only. ``layout`` says where the run's files lie for a reader.
    Raises :class:`~troth.errors.UsageError` for a version that there is not and for a folder that
    cannot be written.
    """
    source = Source(account, _known(version), layout or Layout())
    documents = {
        CATALOG: catalog(source),
        PROFILE: profile(source, CATALOG),
        COMPONENTS: definition(source, PROFILE),
        PLAN: plan(source, PROFILE),
        RESULTS: results(source, PLAN),
    }
    if source.accepted:
        documents[MILESTONES] = milestones(source)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, document in documents.items():
            with open(folder / name, "w", encoding="utf-8", opener=_private) as out:
                _write(document, out)
    except OSError as error:
        text = f"{folder} cannot be written: {error.strerror}; choose another"
        raise UsageError(text) from None
    return tuple(folder / name for name in documents)


def _write(document: Open, out: TextIO) -> None:
    out.writelines(chunks(document))
    out.write("\n")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _known(version: str) -> str:
    if version not in VERSIONS:
        raise UsageError(unknown("OSCAL version", version, list(VERSIONS)))
    return version
