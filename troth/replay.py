"""Replay: the same judge over a run's recorded facts, offline, years later.

Only the run folder is read: its copies of the policies, controls, kinds and waivers, and its
observations. With the same versions the results are the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from troth import canonical, config, record, waivers
from troth.catalogue.content import Library
from troth.catalogue.controls import read_control
from troth.catalogue.kinds import read_kinds
from troth.catalogue.policies import read_policy
from troth.definitions import Policy
from troth.errors import InputError, IntegrityError
from troth.measures import registry
from troth.plan import Chosen, choose
from troth.run import Setup, judged, results_digest
from troth.verdicts import Results


@dataclass(frozen=True)
class Replayed:
    """A replay: the results judged now, and everything that differs from what was recorded."""

    results: Results
    digest: str
    differences: tuple[str, ...]


def replay(folder: Path, *, what_if: bool = False) -> Replayed:
    """Judge a run folder again; with ``what_if`` its files were changed on purpose.

    Raises :class:`~troth.errors.IntegrityError` if it is not a run or was changed so that it
    cannot be judged, and :class:`~troth.errors.InputError` if its own inputs cannot be read.
    """
    envelope = record.get_envelope(folder)
    changed = record.verify(folder, envelope["files"])
    try:
        setup = setup_of(folder, envelope["clauses"])
        as_of = datetime.fromisoformat(envelope["as_of"])
        outcome = judged(setup, folder, as_of, partial=envelope["state"] == "partial")
    except (InputError, LookupError, TypeError, ValueError, AttributeError) as error:
        if what_if or not changed:
            raise
        text = "\n".join([*changed, f"it can no longer be judged: {error}"])
        raise IntegrityError(text) from error
    body = b"".join(canonical.dumps(finding) + b"\n" for finding in outcome.findings)
    outcome.summary["findings"] = {
        "count": len(outcome.findings),
        "digest": canonical.digest_of(body),
    }
    digest = results_digest(outcome)
    if digest != envelope["results_digest"]:
        changed.append(f"the results are {digest}, the run recorded {envelope['results_digest']}")
    changed += _other_results(folder, digest, outcome)
    return Replayed(outcome, digest, tuple(changed))


def _other_results(folder: Path, digest: str, outcome: Results) -> Iterator[str]:
    """Yield which of the folder's own results are not those that judging now gives.

    The envelope's digest may be right and the file that people read another; one that is missing
    is told already.
    """
    results, findings = folder / record.RESULTS, folder / record.FINDINGS
    wanted = outcome.summary["findings"]["digest"]
    if (
        results.is_file()
        and canonical.digest_of(results.read_bytes().removesuffix(b"\n")) != digest
    ):
        yield f"{record.RESULTS} does not hold the results that the facts give"
    if findings.is_file() and canonical.digest_of(findings.read_bytes()) != wanted:
        yield f"{record.FINDINGS} does not hold the findings that the facts give"


def setup_of(folder: Path, clauses: dict[str, list[str]]) -> Setup:
    """Return what a run was judged with, read from its own copies."""
    inputs = folder / record.INPUTS
    library = _library(inputs)
    settings = config.load(inputs / "troth.yaml", None)
    globs = [f"{policy}/{clause}" for policy, names in clauses.items() for clause in names]
    chosen: tuple[Chosen, ...] = choose(settings, library.policies, library.controls, globs)
    return Setup(settings, library, chosen, _waivers(inputs, library.policies))


def _library(inputs: Path) -> Library:
    """Return the kinds, controls and policies of a run."""
    if not (inputs / "troth.yaml").is_file():
        text = f"{inputs.parent}: there is no inputs/troth.yaml; this is not a run folder"
        raise IntegrityError(text)
    kinds = read_kinds(sorted((inputs / "kinds").glob("*.yaml")))
    measures = registry()
    controls = {
        control.id: control
        for control in (
            read_control(path, kinds, measures, path.name)
            for path in sorted((inputs / "controls").glob("*.yaml"))
        )
    }
    policies = {
        policy.id: policy
        for policy in (
            read_policy(path, controls, path.name)
            for path in sorted((inputs / "policies").glob("*.yaml"))
        )
    }
    return Library(kinds, controls, policies, measures)


def _waivers(inputs: Path, policies: Mapping[str, Policy]) -> tuple[waivers.Waiver, ...]:
    kept = inputs / "waivers.yaml"
    return waivers.load(kept, policies) if kept.is_file() else ()
